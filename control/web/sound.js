// The scene's sound: the visitor's choice, what the browser allows, and the button that shows both.
// Nothing is sent by the server until it is told that the visitor listens.

const KEY = "edge-render-sound";

function remembered() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false; // Storage may be forbidden; then sound is off at first, each time.
  }
}

function remember(wanted) {
  try {
    localStorage.setItem(KEY, wanted ? "on" : "off");
  } catch {
    // As above.
  }
}

export class Sound {
  /** `tell(on)` tells the server whether the visitor listens. */
  constructor(element, button, tell) {
    this._element = element;
    this._button = button;
    this._tell = tell;
    this._wanted = remembered();
    this._scene = null;
    this.listening = false;
    button.onclick = () => this._choose(!this.listening);
    // Browsers let a page sound only once it was touched: a choice of an earlier visit waits for the first touch.
    for (const gesture of ["pointerup", "keydown"]) {
      window.addEventListener(gesture, (event) => !button.contains(event.target) && this._update(), true);
    }
  }

  /** The sound of a new connection. */
  setStream(stream) {
    this._element.srcObject = stream;
    this._update();
  }

  /** The visit goes on at another server, and with it the sound: `stream` is the new one, null where there is none. */
  move(stream) {
    this._element.srcObject = stream;
    if (!this.listening) return;
    this._tell(true);
    this._element.play().catch(() => undefined); // it has played before
  }

  /** What the server says of the scene's sound: `{title}`, or null. From then on it can be told. */
  setScene(info) {
    this._scene = info;
    this._button.hidden = info === null;
    this._update();
  }

  /** The connection is gone, and with it what the server was told. */
  lost() {
    this._scene = null;
    this._element.srcObject = null;
    this._update();
  }

  setTexts(texts, language) {
    this._button.setAttribute("aria-label", texts.sound);
    this._button.title = this._scene?.title?.[language] ?? texts.sound;
  }

  _choose(wanted) {
    this._wanted = wanted;
    remember(wanted);
    this._update();
  }

  _update() {
    const listen = this._wanted && this._scene !== null && this._element.srcObject !== null;
    if (listen === this.listening) return;
    this._set(listen);
    if (listen) this._element.play().catch((error) => error.name === "NotAllowedError" && this._set(false));
    else this._element.pause();
  }

  _set(listening) {
    if (listening === this.listening) return;
    this.listening = listening;
    this._button.setAttribute("aria-pressed", String(listening));
    this._tell(listening);
  }
}
