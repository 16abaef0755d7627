// One connection to the server, from the first request until it is lost.

import { ControlChannel } from "./control_channel.js";
import { LossWatch, TICK_MS } from "./loss_watch.js";
import { askAfterVisit, beginVisit, endVisit } from "./signalling.js";

const CONNECT_MS = 10000;

export class Visit {
  /**
   * `admission`: what Joining gave to enter with. `events`: onPicture(stream), onSound(stream), onMessage(message),
   * onOpen(), onEntered(), onLost(error, reason): why the server refused the visit or ended it; else null. The
   * picture stands still by then, and goes black after it.
   */
  constructor(admission, events) {
    this._events = events;
    this._token = admission?.token ?? null;
    /** Lost, or left. */
    this.over = false;
    /** By which the visit is taken up again; null without a gateway, and before the answer. */
    this.resume = null;
    /** Since when it is suspected that the renderer is lost; null while it is heard. */
    this.suspectedAtMs = null;
    this._wasLost = false;
    this._opened = false;
    this._path = null;
    this._pings = 0;
    this._watch = null;
    this._asking = new AbortController();
    this._connection = new RTCPeerConnection(admission?.connection ?? { iceServers: [] });
    this._connection.ontrack = ({ track }) => {
      const stream = new MediaStream([track]);
      if (track.kind === "audio") events.onSound(stream);
      else events.onPicture(stream);
    };
    this._connection.onconnectionstatechange = () => {
      if (["failed", "disconnected", "closed"].includes(this._connection.connectionState)) this._lost(null);
    };
    this.channel = new ControlChannel(this._connection, {
      onMessage: (message) => {
        this.heard();
        if (message.type === "closing") this._lost(null, message.reason);
        else events.onMessage(message);
      },
      onOpen: () => {
        this.heard();
        this._opened = true;
        this._listen();
        events.onOpen();
      },
    });
    this._deadline = setTimeout(() => this._opened || this._lost(null), CONNECT_MS);
  }

  async begin(place) {
    let begun;
    try {
      begun = await beginVisit(this._connection, place, this._token);
    } catch (error) {
      this._lost(error);
      return;
    }
    this._path = begun.path;
    if (this.over) {
      this.end();
      return;
    }
    this.resume = begun.resume;
    this._events.onEntered();
    this._listen();
    const address = new URL(`visits/${this.id}/control`, location.href);
    this.channel.fallBackTo(address.href.replace(/^http/, "ws"));
  }

  get id() {
    return this._path?.split("/").at(-1) ?? null;
  }

  /** The server gave a sign of life. */
  heard() {
    this._watch?.heard(performance.now());
    this.suspectedAtMs = null;
  }

  async receiverReports() {
    return [...(await this._connection.getStats()).values()];
  }

  /** The visitor leaves. */
  leave() {
    if (!this.over) {
      this.channel.send({ type: "goodbye" });
      this._stop();
      this._close();
    }
    this.end();
  }

  /** As if the network had been lost. */
  lose() {
    this._lost(null);
  }

  /** Have the server free the visit's place, where it has not done so. */
  end() {
    if (this._path !== null) endVisit(this._path, this._wasLost);
    this._path = null;
  }

  /** From the answer on the renderer may be lost. */
  _listen() {
    if (this._timer !== undefined) return;
    this._watch = new LossWatch(this._token !== null, performance.now());
    this._timer = setInterval(() => this._tick(), TICK_MS);
  }

  _tick() {
    const { ping, ask, lost } = this._watch.tick(performance.now());
    if (ping) this.channel.send({ type: "ping", id: this._pings++ % 1e9 });
    // A connection that is being made has its own deadline.
    if (lost && this._opened) this._lost(null);
    else if (ask && this.id !== null) this._ask();
  }

  async _ask() {
    this.suspectedAtMs ??= performance.now();
    if ((await askAfterVisit(this.id, this._asking.signal)) === "gone") this._lost(null);
  }

  _lost(error, reason = null) {
    if (this.over) return;
    this._wasLost = true;
    this._stop();
    this._events.onLost(error, reason);
    this._close();
  }

  _stop() {
    this.over = true;
    clearInterval(this._timer);
    clearTimeout(this._deadline);
    this._asking.abort();
  }

  _close() {
    this.channel.close();
    this._connection.close();
  }
}
