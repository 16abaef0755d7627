// How one moves, said once to each browser.

const KEY = "edge-render-hint-seen";

export class Hint {
  /** `onRead()` when the visitor has read it. */
  constructor(box, button, onRead) {
    this._box = box;
    button.onclick = () => this._read(onRead);
  }

  show() {
    let seen = null;
    try {
      seen = localStorage.getItem(KEY);
    } catch {
      // Storage may be forbidden; then the hint comes each time.
    }
    this._box.hidden = seen !== null;
  }

  _read(onRead) {
    this._box.hidden = true;
    onRead();
    try {
      localStorage.setItem(KEY, "1");
    } catch {
      // As above.
    }
  }
}
