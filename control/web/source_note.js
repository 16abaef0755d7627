// The note over the picture where a live scene's camera is not there: since when the picture stands still.

const NO_NOTE = ["playing", "ended"];

/** What is said of a source: `told` is the server's message, `pictureAt` when its last picture came, or null. */
export function noteOf(told, pictureAt, texts, language) {
  if (told === null || NO_NOTE.includes(told.state)) return "";
  if (pictureAt !== null) return texts.cameraLost(clockTime(pictureAt, language));
  return told.state === "connecting" ? texts.cameraConnecting : texts.cameraAway;
}

function clockTime(date, language) {
  return date.toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
}

export class SourceNote {
  constructor(panel, text) {
    this._panel = panel;
    this._text = text;
    this._told = null;
    this._pictureAt = null;
  }

  /** `source` came. The picture's age is told and not its time: the server's clock is another one. */
  told(message) {
    this._told = message;
    this._pictureAt = message.picture_age_s === null ? null : new Date(Date.now() - 1000 * message.picture_age_s);
    this._update();
  }

  /** We are somewhere else, or the connection is gone. */
  clear() {
    this._told = null;
    this._update();
  }

  setTexts(texts, language) {
    this._texts = texts;
    this._language = language;
    this._update();
  }

  _update() {
    const note = this._texts ? noteOf(this._told, this._pictureAt, this._texts, this._language) : "";
    this._panel.hidden = note === "";
    if (this._text.textContent !== note) this._text.textContent = note;
  }
}
