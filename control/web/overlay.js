// What lies over the video: labels of hotspots, the list of products, cards.

import { labelPoint, toPage } from "./geometry.js";

const LABEL_RANGE_M = 10;
const LABEL_LIFT_M = 0.34;

export class Overlay {
  constructor(onActivate, onCardClosed) {
    this._onActivate = onActivate;
    this._labels = document.getElementById("labels");
    this._list = document.getElementById("products");
    this._card = document.getElementById("card");
    this._buttons = new Map();
    this._widths = new Map();
    this.hotspots = [];
    document.getElementById("card-close").onclick = () => this._card.close();
    this._card.onclose = onCardClosed;
    this._card.onclick = (event) => event.target === this._card && this._card.close();
  }

  setHotspots(hotspots, language) {
    this.hotspots = hotspots;
    this._language = language;
    this._labels.replaceChildren();
    this._list.replaceChildren();
    this._buttons.clear();
    this._widths.clear();
    for (const hotspot of hotspots) {
      const button = this._button(hotspot);
      button.style.visibility = "hidden";
      this._buttons.set(hotspot.id, button);
      this._labels.append(button);
      const item = document.createElement("li");
      item.append(this._button(hotspot));
      this._list.append(item);
    }
  }

  _button(hotspot) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = hotspot.label[this._language];
    button.dataset.hotspot = hotspot.id;
    button.onclick = () => this._onActivate(hotspot.id);
    return button;
  }

  /** Put the labels where the shown frame has their things; of labels that would overlap, the nearer is shown. */
  place(frame, box, video, fit) {
    const taken = [];
    const places = this.hotspots.map((hotspot) => {
      return { button: this._buttons.get(hotspot.id), at: toPage(labelPoint(hotspot, frame, LABEL_LIFT_M), frame, box, video, fit) };
    });
    places.sort((a, b) => (a.at?.depth ?? Infinity) - (b.at?.depth ?? Infinity));
    for (const { button, at } of places) {
      const half = (this._widths.get(button) ?? this._measure(button)) / 2;
      const inside = at !== null && at.depth < LABEL_RANGE_M && at.x > 0 && at.x < box.width && at.y > 60 && at.y < box.height;
      const free = inside && taken.every((one) => Math.abs(one.x - at.x) > one.half + half || Math.abs(one.y - at.y) > 46);
      button.style.visibility = free ? "" : "hidden";
      if (!free) continue;
      taken.push({ x: at.x, y: at.y, half });
      button.style.transform = `translate(calc(${at.x.toFixed(1)}px - 50%), calc(${at.y.toFixed(1)}px - 100%))`;
    }
  }

  /** Show no labels: where their things are is not known of each picture. */
  hideLabels() {
    for (const button of this._buttons.values()) button.style.visibility = "hidden";
  }

  _measure(button) {
    this._widths.set(button, button.offsetWidth);
    return button.offsetWidth;
  }

  showCard(id, texts) {
    const card = this.hotspots.find((hotspot) => hotspot.id === id)?.card;
    if (!card) return;
    const language = this._language;
    document.getElementById("card-title").textContent = card.title[language];
    document.getElementById("card-body").textContent = card.body[language];
    const facts = document.getElementById("card-facts");
    facts.replaceChildren();
    for (const [key, value] of card.facts ?? []) {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = key[language];
      detail.textContent = value[language];
      facts.append(term, detail);
    }
    const link = document.getElementById("card-link");
    link.hidden = !card.link;
    if (card.link) link.href = card.link;
    link.textContent = texts.more;
    if (!this._card.open) this._card.showModal();
  }
}
