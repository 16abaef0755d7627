// When a visit that has to move begins to: its renderer is to go, and another one will show the same from then on. Pure;
// time is an argument (milliseconds).
//
// The new visit begins where the eye is now. Who walks or travels meanwhile would arrive somewhere else, so that it waits
// for them to stand, if there is time for that.

import { delayMs } from "./backoff.js";

/** Of the time that there is, the first part in which somebody who moves is waited for. */
const WAITED_SHARE = 0.5;

export class HandOver {
  constructor(withinMs, nowMs) {
    this._waitUntilMs = nowMs + WAITED_SHARE * withinMs;
    this._notBeforeMs = nowMs;
    this._attempt = 0;
  }

  /** Whether the new visit should begin now. `busy`: the visitor walks, travels or waits for an answer. */
  due(nowMs, busy) {
    return nowMs >= this._notBeforeMs && (!busy || nowMs >= this._waitUntilMs);
  }

  /** It came to nothing; the visitor is still where they were. `retryAfterMs`: what the server says, or null. */
  failed(nowMs, retryAfterMs = null) {
    this._notBeforeMs = nowMs + (retryAfterMs ?? delayMs(this._attempt));
    this._attempt += 1;
  }

  /** The visitor has gone elsewhere meanwhile: again, at once. */
  outdated(nowMs) {
    this._notBeforeMs = nowMs;
  }
}
