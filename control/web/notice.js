// What is said in the middle of the page where there is no picture: why, and what happens next.

/** States in which who followed a guided visit may go on by themselves. */
const GUIDE_OVER = ["guideEnded", "noGuide"];

export class Notice {
  /** `page` is told the state, for the style; `text` says it, `alone` is the button to go on without a guide. */
  constructor(page, { text, alone }) {
    this._page = page;
    this._text = text;
    this._alone = alone;
    this._detail = {};
    this.state = "connecting";
  }

  /** `detail`: `texts` of the server ({en, zh}) or null, `position` in line. */
  show(state, detail = {}) {
    const ended = state !== this.state && GUIDE_OVER.includes(state);
    this.state = state;
    this._detail = detail;
    this._page.dataset.state = state;
    this._alone.hidden = !GUIDE_OVER.includes(state);
    if (ended) this._alone.focus();
  }

  setTexts(texts, language) {
    const said = this._said(texts, language);
    // A screen reader says it once, though we may be told the same place again.
    if (this._text.textContent !== said) this._text.textContent = said;
    this._alone.textContent = texts.alone;
  }

  _said(texts, language) {
    if (this.state === "live") return "";
    if (this.state === "full") return this._detail.texts?.[language] ?? texts.full;
    if (this.state === "queued") return this._detail.position ? texts.queued(this._detail.position) : texts.full;
    return texts[this.state];
  }
}
