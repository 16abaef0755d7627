// The way to another renderer, made before the old one is broken: joins again, begins a visit at this very pose, and keeps
// what that one says until it takes over. Where that fails, the visitor stays where they are, and it is tried again.

import { HandOver } from "./hand_over.js";

/** How often it is looked whether a visitor who walks has come to stand. */
const LOOK_MS = 100;

export class Moving {
  /**
   * `join(signal)` gives what to enter with, `begin(admission)` the Visit; `drop()` says that its picture is not wanted.
   * `possible()`: there is a picture to go on from; `busy()`: the visitor walks, travels or waits for an answer.
   */
  constructor(withinMs, { join, begin, drop, possible, busy }) {
    this._plan = new HandOver(withinMs, performance.now());
    this._join = join;
    this._begin = begin;
    this._drop = drop;
    this._possible = possible;
    this._busy = busy;
    this._stopped = new AbortController();
    this._trying = false;
    this._forget();
    this._timer = setInterval(() => this._look(), LOOK_MS);
  }

  /** The visitor has gone elsewhere in the old visit: the new one would show another place. */
  outdated() {
    if (this.visit === null) return;
    this._giveUp();
    this._plan.outdated(performance.now());
  }

  /** The new visit was refused or lost. */
  failed(error) {
    this._giveUp();
    this._plan.failed(performance.now(), error?.retryAfterMs);
  }

  /** The new visit is somebody else's from now on. */
  release() {
    this._end();
    const { visit, messages, sound } = this;
    this._forget();
    return { visit, messages, sound };
  }

  /** The visitor leaves, or their visit was lost. */
  stop() {
    this._end();
    this._giveUp();
  }

  _forget() {
    /** The new visit; what it has said; its sound; whether a picture of it is there. */
    this.visit = null;
    this.messages = [];
    this.sound = null;
    this.ready = false;
  }

  _end() {
    clearInterval(this._timer);
    this._stopped.abort();
  }

  _giveUp() {
    const { visit } = this;
    this._trying = false;
    this._forget();
    if (visit === null) return;
    this._drop();
    visit.leave();
  }

  async _look() {
    if (this._trying || !this._possible() || !this._plan.due(performance.now(), this._busy())) return;
    this._trying = true;
    const { signal } = this._stopped;
    try {
      const admission = await this._join(signal);
      if (!signal.aborted) this.visit = this._begin(admission);
    } catch (error) {
      if (!signal.aborted) this.failed(error);
    }
  }
}
