// The preview visit in a frame beside the forms: starts it, asks it where things are, marks them. The frame's page is
// the viewer; docs/protocol.md says what goes between the two.

import { ConnectionLost } from "../shared/api.js";

const LOOK_MS = 700;
const NO_PLACE_MS = 3000;
const STILL_THERE_MS = 10_000;

export class LivePicture {
  /**
   * `box` takes the frame. `onState(state, figure)`: "starting", "waiting" (all previews are in use, or the admin does
   * not answer), "opening" (0..1 of it), "ready", "ended" (why);
   * `onPicked(located)` (null: nothing is known of that point), `onScene(name)`, `onPose(pose)`, `onKey(event)` of keys
   * that are pressed in it.
   */
  constructor(api, version, box, handlers) {
    this._api = api;
    this._version = version;
    this._box = box;
    this._handlers = handlers;
    this._frame = null;
    this._markers = [];
    this._picking = false;
    this._asking = []; // who waits for the pose of now
    this._starts = 0;
    this._wanted = null;
    this.pose = null;
    this.scene = null;
    window.addEventListener("message", (event) => this._heard(event));
  }

  /** Show the newest revision, from the same view as now; the old picture stays until the new one is there. */
  async start(place = this._placeNow()) {
    const start = (this._starts += 1);
    const isNewest = () => start === this._starts;
    this._handlers.onState("starting");
    try {
      let preview = await this._begun(isNewest);
      while (isNewest() && preview.state !== "ready" && preview.state !== "ended") {
        this._handlers.onState("opening", preview.opened);
        await after(LOOK_MS);
        preview = await this._looked(preview);
      }
      if (!isNewest()) return;
      if (preview.state === "ended") this._handlers.onState("ended", preview.reason);
      else this._show(preview.url, place);
      await this._watch(preview, isNewest);
    } catch (error) {
      if (isNewest()) this._handlers.onState("ended", error.message);
    }
  }

  /** Be elsewhere: `scene`, and `x`, `z` (metres), `yaw`, `pitch` (radians) in it. */
  goTo(place) {
    if (this._url) this._show(this._url, place);
    else this._wanted = place;
  }

  /** See "mark" of the protocol. */
  mark(markers) {
    this._markers = markers;
    this._post({ edgeRender: "mark", markers });
  }

  /** While on, a tap on the picture says what is there, and does nothing else. */
  pick(on) {
    this._picking = on;
    this._post({ edgeRender: "pick", on });
  }

  /** What is at the middle of the picture comes as if it was tapped. */
  pickMiddle() {
    const { width, height } = this._box.getBoundingClientRect();
    this._post({ edgeRender: "locate", request: "middle", x: width / 2, y: height / 2 });
  }

  /** Where the picture is now; null without one. `pose` is of when it last came to rest, on a busy node seconds ago. */
  poseNow() {
    if (!this._frame) return Promise.resolve(null);
    return new Promise((resolve) => {
      this._asking.push(resolve);
      this._post({ edgeRender: "pose", request: "now" });
    });
  }

  focus() {
    this._frame?.contentDocument?.getElementById("stage")?.focus();
  }

  /** A preview that is there or starts; waits for one where there is none to have now. */
  async _begun(isNewest) {
    for (;;) {
      try {
        return await this._api.send("POST", `versions/${this._version}/preview`, {});
      } catch (error) {
        if (!(error instanceof ConnectionLost) || !isNewest()) throw error;
        this._handlers.onState("waiting");
        await after(error.afterMs ?? NO_PLACE_MS);
      }
    }
  }

  /** A preview ends after a while, and with the admin: then begin another one from the same view. */
  async _watch(preview, isNewest) {
    let shown = preview;
    while (isNewest() && shown.state !== "ended") {
      await after(STILL_THERE_MS);
      if (document.hidden) continue; // who is away does not keep the session
      try {
        shown = await this._looked(shown);
      } catch (error) {
        if (error.status !== 404) throw error;
        shown = { state: "ended" };
      }
    }
    if (isNewest() && preview.state !== "ended") await this.start();
  }

  async _looked(preview) {
    try {
      return await this._api.get(`previews/${preview.token}`);
    } catch (error) {
      if (error instanceof ConnectionLost) return preview;
      throw error;
    }
  }

  _placeNow() {
    if (!this.pose) return {};
    const { scene, position, yaw, pitch } = this.pose;
    return { scene, x: position[0], z: position[2], yaw, pitch };
  }

  _show(url, place) {
    this._url = url;
    const old = this._frame;
    const frame = document.createElement("iframe");
    frame.title = this._box.dataset.title;
    frame.src = `${url}?${new URLSearchParams(this._wanted ?? place)}`;
    this._wanted = null;
    this._coming?.remove();
    this._coming = frame;
    if (old) frame.className = "coming";
    this._box.append(frame);
  }

  /** The new visit has its first picture: it takes the place of the old one. */
  _arrived(frame) {
    if (frame !== this._coming) return;
    this._coming = null;
    frame.className = "";
    this._frame?.remove();
    this._frame = frame;
    frame.contentWindow.addEventListener("keydown", (event) => this._handlers.onKey(event), true);
    this._handlers.onState("ready");
    this.mark(this._markers);
    this.pick(this._picking);
    if (this._asking.length) this._post({ edgeRender: "pose", request: "now" }); // the old one does not answer any more
  }

  _heard({ source, origin, data }) {
    if (origin !== location.origin || !data?.edgeRender) return;
    if (data.edgeRender === "pose" && data.pose && source === this._coming?.contentWindow) this._arrived(this._coming);
    if (source !== this._frame?.contentWindow) return;
    if (data.request === "now") for (const resolve of this._asking.splice(0)) resolve(data.pose);
    if (data.edgeRender === "pose" && data.pose) {
      this.pose = data.pose;
      this._noteScene(data.pose.scene);
      this._handlers.onPose(data.pose);
    } else if (data.edgeRender === "scene") {
      this._noteScene(data.scene);
    } else if (data.edgeRender === "picked" || (data.edgeRender === "located" && data.request === "middle")) {
      this._handlers.onPicked(data);
    } else if (data.edgeRender === "refused") {
      this._handlers.onPicked(null);
    }
  }

  _noteScene(scene) {
    if (scene === this.scene) return;
    this.scene = scene;
    this._handlers.onScene(scene);
  }

  _post(message) {
    this._frame?.contentWindow.postMessage(message, location.origin);
  }
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
