// Joins what the server says of each frame with when the browser showed it. Pure; time is an argument (milliseconds).
//
// Input-to-photon delay: from sending an input to the display callback of the first frame that shows it. A frame
// that shows several new inputs counts once, for the newest of them. Frames that show no new input don't count.

export const SAMPLES_KEPT = 600;
const FRAMES_KEPT = 240;
const INPUTS_KEPT = 1000;

/** The p-th percentile (0..100) of numbers, by the nearest rank; null of none. */
export function percentile(values, p) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
}

function keepNewest(map, count) {
  while (map.size > count) map.delete(map.keys().next().value);
}

export class FrameClock {
  constructor() {
    this.inputToPhotonMs = [];
    this.stages = {};
    this.framesShown = 0;
    this.framesSkipped = 0;
    this.lastFrame = null;
    /** Of the newest picture on the screen, described or not. */
    this.shownRtp = null;
    /** The newest description, whether its picture has been shown or not. */
    this.newest = null;
    this._inputs = new Map();
    this._described = new Map();
    this._shown = new Map();
    this._newestSeq = -1;
    this._presented = null;
  }

  /** A new connection begins: frames and sequence numbers start anew, the samples stay. */
  restart() {
    this._inputs.clear();
    this._described.clear();
    this._shown.clear();
    this._newestSeq = -1;
    this._presented = null;
    this.shownRtp = null;
    this.newest = null;
  }

  inputSent(seq, atMs) {
    this._inputs.set(seq, atMs);
    keepNewest(this._inputs, INPUTS_KEPT);
  }

  /** A `frame` message came; it may come before or after the frame is shown. */
  described(message) {
    this.newest = message;
    this._described.set(message.rtp, message);
    keepNewest(this._described, FRAMES_KEPT);
    this._join(message.rtp);
  }

  /** requestVideoFrameCallback ran. `presentedFrames` counts frames that it skipped too. */
  shown(rtp, atMs, presentedFrames) {
    if (this._presented !== null) this.framesSkipped += Math.max(0, presentedFrames - this._presented - 1);
    this._presented = presentedFrames;
    this.framesShown += 1;
    if (rtp === undefined) return;
    this.shownRtp = rtp;
    this._shown.set(rtp, atMs);
    keepNewest(this._shown, FRAMES_KEPT);
    this._join(rtp);
  }

  _join(rtp) {
    const message = this._described.get(rtp);
    const atMs = this._shown.get(rtp);
    if (message === undefined || atMs === undefined) return;
    this._described.delete(rtp);
    this._shown.delete(rtp);
    this.lastFrame = message;
    if (message.seq <= this._newestSeq) return;
    this._newestSeq = message.seq;
    const sentMs = this._inputs.get(message.seq);
    if (sentMs === undefined) return;
    const totalMs = atMs - sentMs;
    this._keep(this.inputToPhotonMs, totalMs);
    let serverMs = 0;
    for (const [name, ms] of Object.entries(message.stages)) {
      this._keep((this.stages[name] ??= []), ms);
      serverMs += ms;
    }
    this._keep((this.stages.network_and_display ??= []), totalMs - serverMs);
  }

  _keep(samples, value) {
    samples.push(value);
    if (samples.length > SAMPLES_KEPT) samples.shift();
  }
}
