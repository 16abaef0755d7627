// The picture: two video elements, so that a new visit's first picture takes the old one's place and nothing is black
// between them.

export class Screen {
  /**
   * `onPicture(shown, nowMs, metadata)` for each picture of what is shown (`shown` true) and of what is to be; what it is
   * called with is of requestVideoFrameCallback.
   */
  constructor([one, other], onPicture) {
    this._shown = other;
    this._next = one;
    this._onPicture = onPicture;
  }

  /** The element that is seen. */
  get video() {
    return this._shown;
  }

  get size() {
    return { width: this._shown.videoWidth, height: this._shown.videoHeight };
  }

  start() {
    for (const video of [this._shown, this._next]) this._watch(video);
  }

  /** Have a stream ready beside what is seen. */
  prepare(stream) {
    this._next.srcObject = stream;
    this._next.play().catch(() => undefined); // autoplay of muted video may be refused until a touch
  }

  /** What was prepared is not needed. */
  drop() {
    this._next.srcObject = null;
  }

  /** Show what was prepared, of which a picture is there. */
  swap() {
    [this._shown, this._next] = [this._next, this._shown];
    this._shown.dataset.shown = "";
    delete this._next.dataset.shown;
    this.drop();
  }

  /** The connection is about to be closed: keep its last picture, it would go black. */
  freeze() {
    this._shown.pause();
  }

  _watch(video) {
    video.requestVideoFrameCallback((nowMs, metadata) => {
      // What was dropped may have a picture on its way still.
      if (video.srcObject !== null) this._onPicture(video === this._shown, nowMs, metadata);
      this._watch(video);
    });
  }
}
