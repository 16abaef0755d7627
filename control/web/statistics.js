// The statistics overlay, key i.

import { percentile } from "./frame_clock.js";

const REFRESH_MS = 1000;
const STAGE_ORDER = ["wait", "draw", "capture", "queue", "encode", "send", "network_and_display"];

export class Statistics {
  constructor(panel, button, clock) {
    this._panel = panel;
    this._button = button;
    this._clock = clock;
    this._before = null;
    this.visit = null;
    setInterval(() => !panel.hidden && this._refresh(), REFRESH_MS);
  }

  toggle() {
    this._panel.hidden = !this._panel.hidden;
    this._button.setAttribute("aria-expanded", String(!this._panel.hidden));
    this._before = null;
    if (!this._panel.hidden) this._refresh();
  }

  async _refresh() {
    const reports = (await this.visit?.receiverReports()) ?? [];
    const inbound = reports.find((report) => report.type === "inbound-rtp" && report.kind === "video");
    const codec = reports.find((report) => report.id === inbound?.codecId);
    const rows = [];
    if (inbound) {
      const now = { ms: inbound.timestamp, bytes: inbound.bytesReceived, frames: inbound.framesDecoded ?? 0,
        lost: inbound.packetsLost, packets: inbound.packetsReceived };
      const before = this._before ?? now;
      const seconds = Math.max(1e-3, (now.ms - before.ms) / 1000);
      const lost = now.lost - before.lost;
      const packets = now.packets - before.packets + lost;
      rows.push(["fps", ((now.frames - before.frames) / seconds).toFixed(1)]);
      rows.push(["bitrate", `${((8 * (now.bytes - before.bytes)) / seconds / 1e6).toFixed(2)} Mbit/s`]);
      rows.push(["loss", `${(packets > 0 ? (100 * lost) / packets : 0).toFixed(1)} %`]);
      rows.push(["picture", `${inbound.frameWidth ?? 0} × ${inbound.frameHeight ?? 0} ${codec?.mimeType.split("/")[1] ?? ""}`]);
      this._before = now;
    }
    const clock = this._clock;
    const ms = (value) => (value === null ? "–" : `${value.toFixed(1)} ms`);
    rows.push(["input to photon, median", ms(percentile(clock.inputToPhotonMs, 50))]);
    rows.push(["input to photon, 95 %", ms(percentile(clock.inputToPhotonMs, 95))]);
    for (const name of STAGE_ORDER) {
      if (clock.stages[name]) rows.push([`· ${name.replaceAll("_", " ")}`, ms(percentile(clock.stages[name], 50))]);
    }
    rows.push(["frames shown / not seen", `${clock.framesShown} / ${clock.framesSkipped}`]);
    rows.push(["control", this.visit?.channel.transport ?? "none"]);
    const table = document.createElement("table");
    for (const [name, value] of rows) {
      const row = table.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = name;
      row.append(head);
      row.insertCell().textContent = value;
    }
    this._panel.replaceChildren(table);
  }
}
