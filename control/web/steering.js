// Tells the server where the visitor looks and how they walk, in step with the display; keys that are held turn them.

// Input travels unreliably: the state after the last change is repeated, so that a stop is never lost.
const REPEAT_MS = [50, 150, 350];
const STEP_MAX_S = 0.1;

export class Steering {
  /** `send(message)`: false where it can't be sent; `clock` is told what was (see FrameClock). */
  constructor(walk, clock, send) {
    this._walk = walk;
    this._clock = clock;
    this._send = send;
    this._seq = 0;
    this._scheduled = false;
    this._turnedAtMs = null;
    this._repeats = [];
  }

  /** The state has changed, or has to be told anew. */
  changed() {
    if (this._scheduled) return;
    this._scheduled = true;
    requestAnimationFrame((nowMs) => this._tell(nowMs));
  }

  _tell(nowMs) {
    this._scheduled = false;
    if (this._walk.turning) {
      if (this._turnedAtMs !== null) this._walk.advance(Math.min(STEP_MAX_S, (nowMs - this._turnedAtMs) / 1000));
      this._turnedAtMs = nowMs;
      this.changed();
    } else {
      this._turnedAtMs = null;
    }
    this._seq += 1;
    const message = { type: "input", seq: this._seq, ...this._walk.snapshot() };
    if (!this._send(message)) return;
    this._clock.inputSent(this._seq, performance.now());
    for (const timer of this._repeats) clearTimeout(timer);
    this._repeats = REPEAT_MS.map((ms) => setTimeout(() => this._send(message), ms));
  }
}
