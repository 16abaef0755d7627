// One connection to the server, from the first request until it is lost.

import { ControlChannel } from "./control_channel.js";
import { beginVisit, endVisit } from "./signalling.js";

const PING_MS = 1000;
const SILENT_MS = 2500;
const CONNECT_MS = 10000;

export class Visit {
  /**
   * `events`: onPicture(stream), onSound(stream), onMessage(message), onOpen(), onLost(error, reason): why the server
   * refused the visit or ended it; else null.
   */
  constructor(events) {
    this._events = events;
    /** Lost, or left. */
    this.over = false;
    this._wasLost = false;
    this._path = null;
    this._pings = 0;
    this._heardMs = performance.now();
    this._connection = new RTCPeerConnection({ iceServers: [] });
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
        events.onOpen();
        this._timer ??= setInterval(() => this._beat(), PING_MS);
      },
    });
    this._deadline = setTimeout(() => this._timer ?? this._lost(null), CONNECT_MS);
  }

  async begin(place) {
    try {
      this._path = await beginVisit(this._connection, place);
    } catch (error) {
      this._lost(error);
      return;
    }
    if (this.over) {
      endVisit(this._path, this._wasLost);
      return;
    }
    const address = new URL(`visits/${this.id}/control`, location.href);
    this.channel.fallBackTo(address.href.replace(/^http/, "ws"));
  }

  get id() {
    return this._path?.split("/").at(-1) ?? null;
  }

  /** The server gave a sign of life. */
  heard() {
    this._heardMs = performance.now();
  }

  async receiverReports() {
    return [...(await this._connection.getStats()).values()];
  }

  /** The visitor leaves. */
  leave() {
    this.channel.send({ type: "goodbye" });
    this._free();
  }

  /** As if the network had been lost. */
  lose() {
    this._lost(null);
  }

  _beat() {
    this.channel.send({ type: "ping", id: this._pings++ % 1e9 });
    if (performance.now() - this._heardMs > SILENT_MS) this._lost(null);
  }

  _lost(error, reason = null) {
    if (this.over) return;
    this._wasLost = true;
    this._free();
    this._events.onLost(error, reason);
  }

  _free() {
    this.over = true;
    clearInterval(this._timer);
    clearTimeout(this._deadline);
    this.channel.close();
    this._connection.close();
    if (this._path) endVisit(this._path, this._wasLost);
  }
}
