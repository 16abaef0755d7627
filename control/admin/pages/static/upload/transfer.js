// Sends all blobs of a plan, a few at a time, through pauses and lost connections. Owns how far they are.

import { ApiError, ConnectionLost } from "../shared/api.js";
import { backoffMs } from "../shared/backoff.js";
import { uploadBlob } from "./blob_upload.js";

const AT_A_TIME = 3;

/**
 * `state`: "sending", "waiting" (for the connection), "paused", "signed-out", "done" or "failed" (`error` says why).
 * `onChange()` is called whenever anything changes.
 */
export class Transfer {
  constructor(api, blobs, onChange, { wait = waitMs } = {}) {
    this._api = api;
    this._onChange = onChange;
    this._wait = wait;
    this._offsets = new Map(blobs.map(({ digest }) => [digest, 0]));
    this._waiting = [...blobs];
    this._lost = new Set();
    this.blobs = blobs;
    this.state = "sending";
    this.error = null;
  }

  get sentBytes() {
    return [...this._offsets.values()].reduce((sum, offset) => sum + offset, 0);
  }

  /** Of the blob with this digest. */
  offsetOf(digest) {
    return this._offsets.get(digest);
  }

  /** Send what is left. Returns true once the admin has all; false where it was paused, ended or failed. */
  async run() {
    this._abort = new AbortController();
    this._lost.clear();
    this._set("sending");
    const lanes = Array.from({ length: AT_A_TIME }, () => this._lane(this._abort));
    await Promise.all(lanes);
    if (this.state === "sending" || this.state === "waiting") this._set("done");
    return this.state === "done";
  }

  /** What is under way is given up; what came of it whole is kept. `run` goes on. */
  pause() {
    this._end("paused");
  }

  async _lane(abort) {
    for (let blob = this._waiting.shift(); blob && !abort.signal.aborted; blob = this._waiting.shift()) {
      if (await this._blob(blob, abort)) continue;
      this._waiting.unshift(blob);
      return;
    }
  }

  async _blob(blob, abort) {
    const { signal } = abort;
    let attempt = 0;
    const told = (offset) => {
      if (signal.aborted) return;
      this._offsets.set(blob.digest, offset);
      attempt = 0;
      this._lost.delete(blob.digest);
      this._set(this._lost.size ? "waiting" : "sending");
    };
    while (!signal.aborted) {
      try {
        await uploadBlob(this._api, blob, { told, signal, wait: this._wait });
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (!(error instanceof ConnectionLost)) {
          this.error = error;
          this._end(error instanceof ApiError && error.isSignedOut ? "signed-out" : "failed");
          return false;
        }
        this._lost.add(blob.digest);
        this._set("waiting");
        await this._wait(error.afterMs ?? backoffMs(attempt), signal);
        attempt += 1;
      }
    }
    return false;
  }

  _end(state) {
    this._set(state);
    this._abort.abort();
  }

  _set(state) {
    this.state = state;
    this._onChange();
  }
}

/** Until the time is over, the browser is online again, or `signal` says to end. */
export function waitMs(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
