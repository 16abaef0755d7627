// Whether the other end is still there, by what is heard of it. Pure; time is an argument (milliseconds).
//
// Silence on a link has two causes. A link that stands still for a while (a phone changes its cell, a burst of losses)
// comes back by itself, and tearing the visit down would only make it longer. A renderer that died never comes back, and
// each second of waiting is lost. The page can't tell them apart, but a gateway can, which watches the renderers from
// near by: so a short silence only makes the page ask, and a long one is a loss as it is without a gateway.
//
// Silence is the time in which the page listened: a browser that stops a page's clocks (a tab in the background, a
// laptop that slept) stops what it receives as well, and the pongs that wait are heard only after the clock's late tick.

/** The clock of the page: `tick` is to be called so often. */
export const TICK_MS = 200;
/** Of that, one in so many is a ping: where there is a gateway to ask, and where there is none. */
const PING_EVERY_MS = { gateway: 400, plain: 1000 };
/** The pings are answered: after so long something has been missed. */
export const SUSPECTED_MS = 800;
const ASK_AGAIN_MS = 400;
/** Nobody answers any more, whatever the gateway says. */
export const LOST_MS = 3000;
/** A tick that comes later than this counts as one that came now: the page was asleep. */
const LATE_TICK_MS = 600;

export class LossWatch {
  /** `gateway`: whether there is one that can be asked. */
  constructor(gateway, nowMs) {
    this._gateway = gateway;
    this._tickMs = nowMs;
    this._pingMs = -Infinity;
    this._askedMs = -Infinity;
    /** For how long nothing has been heard. */
    this.silentMs = 0;
  }

  /** Something came from the other end. */
  heard(nowMs) {
    this.silentMs = 0;
    this._tickMs = nowMs;
  }

  /** The page's clock ticks. What is to be done: `ping` and `ask` (the gateway), or it is `lost`. */
  tick(nowMs) {
    this.silentMs += Math.min(LATE_TICK_MS, nowMs - this._tickMs);
    this._tickMs = nowMs;
    const lost = this.silentMs > LOST_MS;
    // A tick is never quite on time: half of one too early is better than one too late.
    const ping = nowMs - this._pingMs >= PING_EVERY_MS[this._gateway ? "gateway" : "plain"] - TICK_MS / 2;
    if (ping) this._pingMs = nowMs;
    const ask = this._gateway && this.silentMs >= SUSPECTED_MS && nowMs - this._askedMs >= ASK_AGAIN_MS;
    if (ask) this._askedMs = nowMs;
    return { ping, ask, lost };
  }
}
