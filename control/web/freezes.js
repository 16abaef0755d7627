// Freezes of a picture that should have moved. Pure; time is an argument (milliseconds).
//
// W3C webrtc-stats (freezeCount) calls it a freeze where a picture stands for longer than three times the mean of the last
// ones, and than that mean plus 150 ms. It can't know that nothing moved: a visitor who stands still is sent no pictures,
// and browsers count a rest of a second as a freeze. The node says of each picture whether it shows a rest (`resting`):
// what stood before or after one of these does not count, nor does what stood beside one that nothing is known of. Its
// message may come after the picture, so that the time between two pictures is judged when a third is shown.

const MEAN_OF = 30;
const KEPT = 240;

export class Freezes {
  constructor() {
    this.restart();
  }

  /** A new connection begins, and with it another visit. */
  restart() {
    this.count = 0;
    this.totalMs = 0;
    this._durations = [];
    this._moving = new Map();
    this._last = null;
    this._stood = null;
  }

  /** Whether pictures were judged at all; a follower's page is not told of each. */
  get known() {
    return this._durations.length > 0;
  }

  /** A `frame` message came. */
  described({ rtp, resting }) {
    this._moving.set(rtp, !resting);
    if (this._moving.size > KEPT) this._moving.delete(this._moving.keys().next().value);
  }

  /** A picture was shown. */
  shown(rtp, atMs) {
    const stood = this._stood;
    if (stood !== null && this._moving.get(stood.before) && this._moving.get(stood.after)) this._judge(stood.durationMs);
    if (this._last !== null) this._stood = { before: this._last.rtp, after: rtp, durationMs: atMs - this._last.atMs };
    this._last = { rtp, atMs };
  }

  _judge(durationMs) {
    if (this._durations.length === MEAN_OF) {
      const meanMs = this._durations.reduce((sum, one) => sum + one, 0) / MEAN_OF;
      if (durationMs > Math.max(3 * meanMs, meanMs + 150)) {
        this.count += 1;
        this.totalMs += durationMs;
      }
      this._durations.shift();
    }
    this._durations.push(durationMs);
  }
}
