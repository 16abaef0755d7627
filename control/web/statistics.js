// The statistics panel, key i. What the node knows is asked for only while the panel is open.

import { statisticsGroups } from "./statistics_groups.js";
import { labelOf, valueOf } from "./statistics_texts.js";

const REFRESH_MS = 1000;

function element(tag, text, properties = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...properties });
}

export class Statistics {
  constructor(panel, button, clock, freezes) {
    this._panel = panel;
    this._button = button;
    this._clock = clock;
    this._freezes = freezes;
    this._visit = null;
    this._replaced = null;
    this._language = "en";
    this._forget();
    setInterval(() => this.open && this._refresh(), REFRESH_MS);
  }

  get open() {
    return !this._panel.hidden;
  }

  /** The visit whose statistics are shown. */
  setVisit(visit) {
    this._visit = visit;
    this._replaced = null;
    this._forget();
  }

  /** Messages can be sent: a new connection does not know yet that the panel is open. */
  connected() {
    if (this.open) this._watch();
  }

  /** A `server_stats` message came. */
  told(message) {
    this._before.server = this._server;
    this._server = message;
  }

  /** An `encoder` message came: one failed, and another goes on. */
  encoderReplaced(message) {
    this._replaced = message;
  }

  setLanguage(language, label) {
    this._language = language;
    this._panel.setAttribute("aria-label", label);
    this._button.setAttribute("aria-label", label);
    if (this.open) this._refresh();
  }

  toggle() {
    this._panel.hidden = !this._panel.hidden;
    this._button.setAttribute("aria-expanded", String(this.open));
    this._forget();
    this._watch();
    if (this.open) this._refresh();
  }

  _watch() {
    this._visit?.channel.send({ type: "watch_stats", on: this.open });
  }

  _forget() {
    this._server = null;
    this._before = { reports: [], server: null };
  }

  async _refresh() {
    const visit = this._visit;
    const reports = (await visit?.receiverReports()) ?? [];
    if (visit !== this._visit) return;
    const transport = visit?.channel.transport ?? "none";
    const page = { clock: this._clock, freezes: this._freezes, transport, replaced: this._replaced };
    const groups = statisticsGroups({ reports, server: this._server, before: this._before, ...page });
    this._before.reports = reports;
    this._panel.replaceChildren(...groups.map((group) => this._table(group)));
  }

  _table({ key, name, rows }) {
    const table = document.createElement("table");
    const caption = element("caption", labelOf(key, this._language));
    if (name) caption.append(" ", element("code", name));
    table.append(caption);
    for (const { key: rowKey, name: standardName, value } of rows) {
      const head = element("th", labelOf(rowKey, this._language), { scope: "row" });
      if (standardName) head.append(" ", element("code", standardName));
      const line = table.insertRow();
      line.append(head, element("td", valueOf(value, this._language)));
    }
    return table;
  }
}
