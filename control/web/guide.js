// A guided visit, as its page sees it: who leads one shows its code, who follows one shows whom. `?guide=new` leads
// (`&name=` says who), `?follow=CODE` follows.

const COPIED_MS = 2000;
// Of codes and names, as the server takes them.
const LONGEST = 40;

/** What of guided visits the page's address asks for: {follow}, {guide: "new"} or nothing. */
export function wishOf(search) {
  const query = new URLSearchParams(search);
  const follow = query.get("follow");
  if (follow !== null) return { follow: follow.slice(0, LONGEST) };
  return query.get("guide") === "new" ? { guide: "new" } : {};
}

export class Guide {
  /** `clipboard` is the browser's, undefined where it gives none. */
  constructor(search, { panel, text, copy }, clipboard) {
    const { follow = null, guide } = wishOf(search);
    this._panel = panel;
    this._text = text;
    this._copy = copy;
    this._clipboard = clipboard;
    this._follow = follow;
    this._leads = guide !== undefined;
    this._name = new URLSearchParams(search).get("name")?.slice(0, LONGEST);
    this._leader = null;
    this._guiding = null;
    copy.onclick = () => this._copyLink();
  }

  /** Somebody else steers the picture. */
  get following() {
    return this._follow !== null;
  }

  get code() {
    return this._guiding?.code ?? null;
  }

  /** What a gateway must know to find the renderer. */
  get wish() {
    if (this.following) return { follow: this._follow };
    return this._leads ? { guide: this.code ?? "new" } : {};
  }

  /** What the renderer must know to let us in. */
  get query() {
    if (this.following) return { follow: this._follow };
    if (!this._leads) return {};
    const led = this._guiding ? { guide: this._guiding.code, key: this._guiding.key } : { guide: "new" };
    return this._name ? { ...led, name: this._name } : led;
  }

  /** `guiding` came: we lead. */
  led(message, texts) {
    this._guiding = message;
    this.setTexts(texts);
  }

  /** `follows` of `welcome`: we follow. */
  followed(leader, texts) {
    this._leader = leader;
    this.setTexts(texts);
  }

  /** The guided visit is over, or never was; from now on this is a visit like any other. */
  goOnAlone() {
    this._follow = null;
    this._leader = null;
    history.replaceState(null, "", location.pathname);
    this._panel.hidden = true;
  }

  setTexts(texts) {
    let text = "";
    if (this._guiding) text = texts.leading(readable(this._guiding.code), this._guiding.followers);
    else if (this._leader) text = texts.following(this._leader.name);
    this._panel.hidden = text === "";
    this._text.textContent = text;
    // The clipboard is for secure contexts alone; the code can be read out anywhere.
    this._copy.hidden = !this._guiding || !this._clipboard;
    this._copyText = texts.copyLink;
    this._copiedText = texts.copied;
    this._copy.textContent = texts.copyLink;
  }

  async _copyLink() {
    try {
      await this._clipboard.writeText(new URL(`?follow=${this._guiding.code}`, location.href).href);
    } catch {
      return; // forbidden by the browser: the button says nothing that is not so
    }
    this._copy.textContent = this._copiedText;
    setTimeout(() => (this._copy.textContent = this._copyText), COPIED_MS);
  }
}

/** A code in groups, as people read it out. */
export function readable(code) {
  return code.replace(/(.{4})(?=.)/g, "$1-");
}
