// Freezes of a picture that should have moved. Pure; time is an argument (milliseconds).
//
// W3C webrtc-stats (freezeCount) calls it a freeze where a picture stands for longer than three times the mean of the last
// ones, and than that mean plus 150 ms. It can't know that nothing moved: a visitor who stands still is sent no pictures,
// and browsers count a rest of a second as a freeze. The node says of each picture whether a rest may follow (`resting`);
// what stands after one of these does not count, nor does what stands after one that nothing is known of.

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
  }

  /** A `frame` message came. */
  described({ rtp, resting }) {
    this._moving.set(rtp, !resting);
    if (this._moving.size > KEPT) this._moving.delete(this._moving.keys().next().value);
  }

  /** A picture was shown. */
  shown(rtp, atMs) {
    if (this._last !== null && this._moving.get(this._last.rtp)) this._stood(atMs - this._last.atMs);
    this._last = { rtp, atMs };
  }

  _stood(durationMs) {
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
