// The way to a scene that the node has to load first: how far it is, or that it can't be.

const FAILURE_SHOWN_MS = 8000;

export class SceneLoading {
  constructor({ box, text, bar }, timers = { set: (run, ms) => setTimeout(run, ms), clear: (id) => clearTimeout(id) }) {
    this.box = box;
    this.text = text;
    this.bar = bar;
    this.timers = timers;
    this.timer = null;
    this.state = null;
  }

  /** The visitor is on the way to another scene. */
  get travelling() {
    return this.state === "loading" || this.state === "standing";
  }

  // A `loading` message came.
  told(message, texts) {
    this.timers.clear(this.timer);
    this.state = message.failed !== null ? "failed" : message.stands_still ? "standing" : "loading";
    this.bar.value = message.done;
    if (this.state === "failed") this.timer = this.timers.set(() => this.over(), FAILURE_SHOWN_MS);
    this.setTexts(texts);
  }

  // The visitor has arrived, somewhere.
  over() {
    this.timers.clear(this.timer);
    this.state = null;
    this.box.hidden = true;
  }

  setTexts(texts) {
    if (this.state === null) return;
    const said = { loading: texts.sceneLoading, standing: texts.sceneLoadingStands, failed: texts.sceneFailed }[this.state];
    // A screen reader says it once, not with every step of the bar.
    if (this.text.textContent !== said) this.text.textContent = said;
    this.bar.hidden = this.state === "failed";
    this.bar.setAttribute("aria-label", texts.sceneLoading);
    this.box.hidden = false;
  }
}
