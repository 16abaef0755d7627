// For an editor that embeds this page: where a click lies in the scene, where the visitor is, and marks on the picture.
// docs/protocol.md says what goes between the two pages.

export class Editing {
  /**
   * `send(message)` sends a message of the protocol, false where it can't; `nextRequest()` is its id; `pose()` what is
   * seen now, or null; `toPicture(x, y)` a point of this page (CSS pixels) as fractions of the picture, or null; `rtp()`
   * names the picture that is seen. `page` is this window, `markers` draws marks.
   */
  constructor(page, markers, { send, nextRequest, pose, toPicture, rtp }) {
    this._page = page;
    this._markers = markers;
    this._send = send;
    this._nextRequest = nextRequest;
    this._pose = pose;
    this._toPicture = toPicture;
    this._rtp = rtp;
    this._waiting = new Map();
    this._origin = null;
    /** Taps ask what is there, and do nothing. */
    this.picking = false;
  }

  /** Whether the node runs for editing. */
  get on() {
    return this._origin !== null;
  }

  /** `welcome` came: `editor` is null where nobody can edit. */
  welcomed({ editor, scene }) {
    if (editor && !this.on) {
      this._origin = editor.origin ?? this._page.location.origin;
      this._page.addEventListener("message", (event) => this._onMessage(event));
    }
    if (editor) this._post({ edgeRender: "scene", scene });
  }

  /** What is at a point of this page. Rejects where the node says nothing of it. */
  locate(x, y) {
    const point = this._toPicture(x, y);
    const id = this._nextRequest();
    return new Promise((resolve, reject) => {
      if (!point || !this._send({ type: "locate", id, ...point, rtp: this._rtp() })) {
        reject(new Error("there is no picture yet"));
        return;
      }
      this._waiting.set(id, { resolve, reject });
    });
  }

  /** The visitor has tapped while `picking`. */
  async picked(x, y) {
    await this._answer("picked", null, this.locate(x, y));
  }

  /** `located` came. */
  told(message) {
    this._waiting.get(message.id)?.resolve(message);
    this._waiting.delete(message.id);
  }

  /** `error` came; it may be for a question of ours. */
  refused(message) {
    this._waiting.get(message.id)?.reject(new Error(message.message));
    this._waiting.delete(message.id);
  }

  /** The connection is lost: nothing that was asked is answered any more. */
  lost() {
    for (const { reject } of this._waiting.values()) reject(new Error("the connection was lost"));
    this._waiting.clear();
  }

  /** The view has come to rest. */
  rested() {
    if (this.on) this._post({ edgeRender: "pose", pose: this._pose() });
  }

  /** See Markers.show. */
  mark(markers) {
    this._markers.show(markers);
  }

  _onMessage(event) {
    if (event.origin !== this._origin || event.source !== this._page.parent) return;
    const { edgeRender, request = null, x, y, markers, on } = event.data ?? {};
    if (edgeRender === "locate") this._answer("located", request, this.locate(x, y));
    else if (edgeRender === "pose") this._post({ edgeRender: "pose", request, pose: this._pose() });
    else if (edgeRender === "mark" && Array.isArray(markers)) this.mark(markers);
    else if (edgeRender === "pick") this.picking = Boolean(on);
  }

  async _answer(what, request, question) {
    try {
      this._post({ edgeRender: what, request, ...(await question) });
    } catch (error) {
      this._post({ edgeRender: "refused", request, message: error.message });
    }
  }

  _post(message) {
    if (this._page.parent !== this._page) this._page.parent.postMessage(message, this._origin);
  }
}
