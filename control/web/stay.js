// The visitor's stay, over any number of visits: enters, comes back after a loss, moves to another renderer.

import { STEADY_MS } from "./backoff.js";
import { Moving } from "./moving.js";
import { setback } from "./setback.js";
import { Visit } from "./visit.js";

/** An answer that does not come for so long is not waited for. */
const ANSWER_MS = 1000;
const QUESTIONS = ["tap", "activate", "locate"];
const ANSWERS = ["tapped", "located", "error"];
const TOKEN_CODES = ["bad-token", "expired-token", "used-token"];

export class Stay {
  /**
   * `joining`: see joining.js; `screen`: see screen.js. `scene`: what the page knows of where we are: `wish()` is what to
   * join for, `place()` where to enter, `wasIn()` whether we have been inside, `busy()` whether the visitor walks or
   * travels. `events`: onState(state, detail), onBegin(visit) (what comes is of this visit), onLost(), onMessage(message),
   * onOpen(), onSound(stream), onMoved(stream) (the sound that goes on, or null), onLive(), onPicture(nowMs, metadata).
   */
  constructor(joining, screen, scene, events) {
    this._joining = joining;
    this._screen = screen;
    this._scene = scene;
    this._events = events;
    /** The visit that is seen, or is to be; null where there is none. */
    this.visit = null;
    /** The visit whose pictures are on the screen. */
    this._shown = null;
    this._moving = null;
    this._timer = null;
    this._leaving = new AbortController();
    this._attempt = 0;
    this._lostAtMs = null;
    this._shownSinceMs = null;
    this._unended = [];
    this._questions = new Map();
    /** For benches, when the newest loss was suspected and known, and when we had joined, were let in, were connected and
     * saw a picture again; milliseconds of the epoch. */
    this.recovery = null;
    /** How often the visit was handed over. */
    this.moves = 0;
  }

  /** Whether a picture is seen that goes on. */
  get live() {
    return this._shownSinceMs !== null;
  }

  /** Enter, now. */
  async enter() {
    clearTimeout(this._timer);
    const { signal } = (this._leaving = new AbortController());
    try {
      let waited = false;
      const onPlace = (position) => {
        waited = true;
        this._events.onState("queued", { position });
      };
      const admission = await this._joining.join(this._scene.wish(), { onPlace, signal });
      if (signal.aborted) return;
      this._note("joinedMs");
      if (waited) this._events.onState(this._scene.wasIn() ? "reconnecting" : "connecting");
      this.visit = this._make(admission);
      this._events.onBegin(this.visit);
      this.visit.begin(this._scene.place());
    } catch (error) {
      if (!signal.aborted) this._setBack(error, null);
    }
  }

  /** Leave, for good or until `enter`. */
  leave() {
    clearTimeout(this._timer);
    this._leaving.abort();
    this._moving?.stop();
    this._moving = null;
    this.visit?.leave();
    this._endLost();
    this.visit = null;
    this._shownSinceMs = this._lostAtMs = null;
  }

  /** Send a message; false where it can't be. Where the visitor looks and how they walk is told to both visits. */
  send(message) {
    if (message.type === "input") this._moving?.visit?.channel.send(message);
    const sent = this.visit?.channel.send(message) ?? false;
    if (sent && QUESTIONS.includes(message.type)) this._questions.set(message.id, performance.now());
    return sent;
  }

  /** A picture is there: of what is shown, or of what is to be. See Screen. */
  onPicture(shown, nowMs, metadata) {
    if (!shown && this._moving?.visit) {
      this._moving.ready = true;
      this._takeOverIfReady();
      if (this._moving !== null) return;
    } else if (!shown && this.visit !== null && !this.visit.over) {
      this._show();
    }
    // One that is closed shows one more picture, a black one, and may do so when the next one has begun.
    if (this.visit === null || this.visit.over || this.visit !== this._shown) return;
    this.visit.heard();
    if (!this.live) {
      this._goLive(nowMs);
    } else if (nowMs - this._shownSinceMs > STEADY_MS) {
      this._attempt = 0;
    }
    this._events.onPicture(nowMs, metadata);
  }

  _goLive(nowMs) {
    this._shownSinceMs = nowMs;
    this._lostAtMs = null;
    this._note("pictureMs");
    this._events.onLive();
  }

  // --- what visits tell ------------------------------------------------------------------------------

  _make(admission) {
    const visit = new Visit(admission, {
      onEntered: () => this._onEntered(visit),
      onOpen: () => this._onOpen(visit),
      onPicture: (stream) => this._is(visit) && this._screen.prepare(stream),
      onSound: (stream) => this._onSound(visit, stream),
      onMessage: (message) => this._onMessage(visit, message),
      onLost: (error, reason) => this._onLost(visit, error, reason),
    });
    return visit;
  }

  _is(visit) {
    return visit === this.visit || visit === this._moving?.visit;
  }

  _onOpen(visit) {
    if (visit === this.visit) this._note("openedMs");
    if (this._is(visit)) this._events.onOpen();
  }

  _onEntered(visit) {
    if (visit !== this.visit) return;
    this._note("enteredMs");
    this._joining.entered(visit.resume);
    // It takes the place of those, where it is at the same renderer; elsewhere they would be there until they are missed.
    this._endLost();
  }

  _onSound(visit, stream) {
    if (visit === this.visit) this._events.onSound(stream);
    else if (visit === this._moving?.visit) this._moving.sound = stream;
  }

  _onMessage(visit, message) {
    if (visit === this._moving?.visit) {
      this._moving.messages.push(message);
      return;
    }
    if (visit !== this.visit) return;
    if (message.type === "move") {
      this._move(message.within_ms);
      return;
    }
    if (ANSWERS.includes(message.type)) this._questions.delete(message.id);
    // Somewhere else, or at another place in the same scene: the new visit would show the old one.
    if (message.type === "welcome" || (message.type === "tapped" && message.hit === "floor")) this._moving?.outdated();
    this._events.onMessage(message);
    this._takeOverIfReady();
  }

  _onLost(visit, error, reason) {
    if (visit === this._moving?.visit) {
      this._moving.failed(error);
      return;
    }
    if (visit !== this.visit) return;
    this._screen.freeze();
    if (visit.resume === null) visit.end();
    else this._unended.push(visit);
    this._questions.clear();
    this._lostAtMs ??= performance.now();
    this._shownSinceMs = null;
    if (this._scene.wasIn() && error === null) {
      this.recovery = { suspectedMs: epoch(visit.suspectedAtMs), lostMs: epoch(performance.now()) };
    }
    this._events.onLost();
    if (this._moving?.visit) {
      const { ready } = this._moving;
      this._takeOver();
      this._events.onState("reconnecting");
      if (ready) {
        // It may rest, so that no other picture comes.
        this._show();
        this._goLive(performance.now());
      }
      return;
    }
    // Whether a token is good is known when we ask for the next one.
    this._setBack(TOKEN_CODES.includes(error?.code) ? null : error, reason);
  }

  _setBack(error, reason) {
    const moving = this._moving !== null;
    this._moving?.stop();
    this._moving = null;
    this.visit = null;
    if (error?.place) this._joining.queued(error.place);
    const now = performance.now();
    const lostForMs = this._lostAtMs === null ? 0 : now - this._lostAtMs;
    const { state, afterMs } = setback({ error, reason, attempt: this._attempt, wasIn: this._scene.wasIn(), lostForMs, moving });
    this._attempt += 1;
    this._events.onState(state, { texts: error?.texts ?? null, code: error?.code ?? null, position: error?.place?.position });
    if (afterMs === 0) this.enter();
    else if (afterMs !== null) this._timer = setTimeout(() => this.enter(), afterMs);
  }

  _endLost() {
    for (const visit of this._unended.splice(0)) visit.end();
  }

  // --- moving ----------------------------------------------------------------------------------------

  _move(withinMs) {
    if (this._moving !== null) return; // told again
    this._moving = new Moving(withinMs, {
      join: (signal) => this._joining.join(this._scene.wish(), { signal }),
      begin: (admission) => {
        const visit = this._make(admission);
        visit.begin(this._scene.place());
        return visit;
      },
      drop: () => this._screen.drop(),
      // There is one screen to prepare a picture on.
      possible: () => this.live,
      busy: () => this._scene.busy() || this._waitsForAnswer(),
    });
  }

  _waitsForAnswer() {
    const now = performance.now();
    for (const [id, sentMs] of this._questions) if (now - sentMs > ANSWER_MS) this._questions.delete(id);
    return this._questions.size > 0;
  }

  _takeOverIfReady() {
    if (!this._moving?.ready || this._waitsForAnswer()) return;
    const old = this.visit;
    this._takeOver();
    this._show();
    this.moves += 1;
    old.leave();
  }

  _show() {
    this._shown = this.visit;
    this._screen.swap();
  }

  /** The visit that comes is ours from now on. */
  _takeOver() {
    const { visit, messages, sound } = this._moving.release();
    this._moving = null;
    this.visit = visit;
    this._joining.entered(visit.resume);
    this._events.onBegin(visit);
    this._events.onMoved(sound);
    for (const message of messages) this._onMessage(visit, message);
  }

  _note(name) {
    if (this.recovery !== null) this.recovery[name] ??= epoch(performance.now());
  }
}

/** performance.now() as milliseconds of the epoch. */
function epoch(ms) {
  return ms === null ? null : performance.timeOrigin + ms;
}
