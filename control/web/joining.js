// How one comes in: a gateway is asked for a token, and says where one waits if all places are taken.
//
// A node without a gateway has nothing to join: it takes visitors as they come. Which of the two a page talks to is found
// out by the first request, and kept.

import { delayMs } from "./backoff.js";
import { valuesOf } from "./ndjson.js";
import { checked, Refused } from "./refused.js";

/** Of a follower who comes back, a gateway waits for the presenter to open the guided visit elsewhere. */
const ANSWER_MS = 10000;
/** A queue says the place every few seconds, also where nobody moves. */
const QUEUE_SILENT_MS = 15000;
const NO_GATEWAY = [204, 404, 405];
/** What a gateway means by 404; a node without one has no such page. */
const GATEWAYS_404 = ["no-showroom", "no-guide"];
/** What we came with can't be used any more, and without it we may be let in. */
const WORN_OUT = ["bad-token", "expired-token", "used-token"];

/** A wait that an AbortSignal ends early. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

function admissionOf({ token, ice_servers: iceServers = [], ice_transport_policy: iceTransportPolicy = "all" }) {
  return { token, connection: { iceServers, iceTransportPolicy } };
}

export class Joining {
  /** `invitation`: the token that the page's address brought, or null. `memory`: see join_memory.js. */
  constructor(memory, invitation) {
    this._memory = memory;
    // Who is invited anew does not go on with what was before.
    if (invitation !== null) memory.clear();
    this._invitation = invitation;
    this._gateway = null;
    this._early = null;
  }

  /** Ask already now what the first `join` will ask. */
  askEarly(wish) {
    this._early = this._request(wish, new AbortController().signal);
    this._early.catch(() => undefined); // `join` will say so
  }

  /** A visit has begun, and this is how it can be taken up again. */
  entered(resume) {
    this._memory.resume = resume;
    this._memory.ticket = null;
  }

  /** What the last visit was is not to be taken up again. */
  forget() {
    this._memory.clear();
  }

  /** A renderer was full; the next `join` waits at this place. */
  queued({ ticket }) {
    this._memory.ticket = ticket;
  }

  /**
   * What to enter with: {token, connection}, the latter for RTCPeerConnection; null where there is no gateway. `wish` says
   * for what (see docs/protocol.md). `onPlace(position)` while one waits in line. Throws Refused, or what fetch throws.
   */
  async join(wish, { onPlace = () => undefined, signal }) {
    while (this._gateway !== false) {
      try {
        return await this._ask(wish, onPlace, signal);
      } catch (error) {
        if (!(error instanceof Refused) || !WORN_OUT.includes(error.code)) throw error;
        // The place in line goes first: it says less of who we are than the visit that we come back to.
        if (this._memory.ticket !== null) this._memory.ticket = null;
        else if (this._memory.resume !== null) this._memory.resume = null;
        else throw error;
      }
    }
    return null;
  }

  async _ask(wish, onPlace, signal) {
    const asked = this._early ?? this._request(wish, signal);
    this._early = null;
    const response = await asked;
    if (this._gateway === null && NO_GATEWAY.includes(response.status)) {
      const body = await response.clone().json().catch(() => null);
      this._gateway = GATEWAYS_404.includes(body?.error?.code);
      if (!this._gateway) return null;
    }
    this._gateway = true;
    // An invitation is good for one attempt: whether it was used or refused, it is so no more.
    this._invitation = null;
    const told = await (await checked(response)).json();
    return response.status === 202 ? await this._wait(told, onPlace, signal) : admissionOf(told);
  }

  _request(wish, signal) {
    const { resume, ticket } = this._memory;
    const headers = this._invitation === null ? {} : { Authorization: `Bearer ${this._invitation}` };
    return this._post("join", { ...wish, ...(resume && { resume }), ...(ticket && { ticket }) }, headers, signal);
  }

  /** Stand in line until it is our turn. A stream that breaks is taken up again by the ticket: any gateway knows it. */
  async _wait({ ticket, position }, onPlace, signal) {
    this._memory.ticket = ticket;
    onPlace(position);
    for (let attempt = 0; ; attempt += 1) {
      try {
        for await (const told of this._places(ticket, signal)) {
          attempt = 0;
          if (told.error) throw Refused.of(told, "queue", delayMs(0));
          if (told.token) return admissionOf(told);
          onPlace(told.position);
        }
      } catch (error) {
        // All else is a broken stream: its gateway is gone, or the way to it.
        if (signal.aborted || error instanceof Refused) throw error;
      }
      await pause(delayMs(attempt), signal);
      signal.throwIfAborted();
    }
  }

  async *_places(ticket, signal) {
    const silence = new AbortController();
    const stop = () => silence.abort();
    signal.addEventListener("abort", stop);
    let timer = setTimeout(stop, QUEUE_SILENT_MS);
    try {
      const response = await checked(await this._post("queue", { ticket }, {}, silence.signal));
      for await (const told of valuesOf(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(stop, QUEUE_SILENT_MS);
        yield told;
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      stop();
    }
  }

  /** Relative, as all that the page asks for: it may be shown below another address. */
  async _post(path, body, headers, signal) {
    const late = new AbortController();
    const stop = () => late.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener("abort", stop);
    const timer = setTimeout(() => late.abort(), ANSWER_MS);
    try {
      return await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
        signal: late.signal,
      });
    } finally {
      // The head has come; from here on the caller's signal is for the body.
      clearTimeout(timer);
    }
  }
}
