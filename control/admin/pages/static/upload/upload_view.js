// What the upload's page shows; it decides nothing.

import { percentOf, sizeText, TimeLeft } from "../shared/amounts.js";
import { text } from "../shared/page_data.js";
import { Announcer } from "./announcer.js";

const byId = (id) => document.getElementById(id);
const ROWS_MAX = 200;

export class UploadView {
  constructor() {
    this.onChosen = this.onDropped = this.onSend = this.onPause = () => undefined;
    this._announcer = new Announcer(byId("announcement"));
    this._timeLeft = new TimeLeft();
    this._rows = new Map();
    this._lastState = null;
    for (const id of ["folder", "archive"]) {
      byId(id).addEventListener("change", (event) => this.onChosen(event.target));
    }
    byId("send").addEventListener("click", () => this.onSend());
    byId("pause").addEventListener("click", () => this.onPause());
    this._watchDrops(byId("drop"));
  }

  /** What was chosen before this was loaded, or is still there after a step back; null: nothing. */
  get chosenInput() {
    return [byId("folder"), byId("archive")].find((input) => input.files.length > 0) ?? null;
  }

  get note() {
    return byId("note")?.value ?? "";
  }

  get edgeClass() {
    return byId("edge-class")?.value ?? "software";
  }

  showStage(stage, chosen) {
    document.body.dataset.stage = stage;
    for (const each of document.querySelectorAll("[data-stages]")) each.hidden = !each.dataset.stages.split(" ").includes(stage);
    const count = chosen?.files?.length ?? 1;
    byId("chosen").textContent = chosen ? (chosen.archive ? chosen.archive.name : text("upload.chosen", { count })) : "";
    byId("stage").textContent = text(`upload.stage-${stage}`);
    if (stage !== "choosing") this._announcer.say(text(`upload.stage-${stage}`));
    if (stage === "hashing") this._progress(0, 1, "");
    if (stage === "making") byId("progress").removeAttribute("value");
  }

  hashed(read, bytes) {
    this._progress(read, bytes, text("upload.of", { done: sizeText(read), all: sizeText(bytes) }));
  }

  planned(plan, base) {
    const amounts = { changed: plan.changed, total: plan.total, bytes: sizeText(plan.sendBytes), number: base?.number };
    const key = plan.blobs.length === 0 ? "nothing-to-send" : base ? "plan-changed" : "plan";
    const said = text(`upload.${key}`, amounts);
    byId("plan").textContent = said;
    byId("kept").textContent = plan.bytes > plan.sendBytes ? text("upload.kept", { bytes: sizeText(plan.bytes - plan.sendBytes) }) : "";
    this._progress(0, 1, "");
    this._announcer.say(said);
    byId("send").focus();
  }

  /** `transfer` begins. */
  sending(transfer) {
    this._announcer.restart();
    this._timeLeft.restart();
    const shown = transfer.blobs.slice(0, ROWS_MAX).map((blob) => {
      const row = byId("row").content.firstElementChild.cloneNode(true);
      row.querySelector("code").textContent = blob.path;
      row.querySelector(".size").textContent = sizeText(blob.size);
      const bar = row.querySelector("progress");
      bar.setAttribute("aria-label", blob.path);
      bar.max = blob.size || 1;
      this._rows.set(blob.digest, { row, bar });
      return row;
    });
    byId("rows").replaceChildren(...shown);
    const more = transfer.blobs.length - shown.length;
    byId("more").textContent = more > 0 ? text("upload.more", { count: more }) : "";
  }

  sent(transfer) {
    const { sentBytes } = transfer;
    const all = transfer.blobs.reduce((sum, { size }) => sum + size, 0);
    if (transfer.state === "sending") this._timeLeft.add(sentBytes, performance.now());
    else this._timeLeft.restart();
    const seconds = this._timeLeft.seconds(all - sentBytes);
    const figures = [text("upload.of", { done: sizeText(sentBytes), all: sizeText(all) })];
    if (seconds !== null) figures.push(text(seconds < 90 ? "upload.seconds-left" : "upload.minutes-left", { seconds: Math.ceil(seconds), minutes: Math.ceil(seconds / 60) }));
    this._progress(sentBytes, all, figures.join(" · "));
    for (const blob of transfer.blobs.slice(0, ROWS_MAX)) {
      const { row, bar } = this._rows.get(blob.digest);
      bar.value = blob.size ? transfer.offsetOf(blob.digest) : 1;
      row.dataset.done = String(transfer.offsetOf(blob.digest) >= blob.size);
    }
    this._announcer.percent(percentOf(sentBytes, all), (percent) => text("upload.percent-sent", { percent }));
    if (transfer.state !== this._lastState) this._stateChanged(transfer.state);
  }

  signedOut() {
    byId("signed-out").hidden = false;
    byId("pause").textContent = text("upload.resume");
  }

  answered() {
    byId("waiting").hidden = true;
  }

  unanswered() {
    byId("waiting").hidden = false;
  }

  fail(said) {
    byId("pause").textContent = text("upload.resume");
    byId("error").textContent = said;
    byId("error").hidden = false;
  }

  clearError() {
    byId("pause").textContent = text("upload.pause");
    byId("error").hidden = true;
    byId("error").textContent = "";
    byId("signed-out").hidden = true;
  }

  _stateChanged(state) {
    this._lastState = state;
    const halted = state === "paused" || state === "signed-out" || state === "failed";
    byId("pause").textContent = text(halted ? "upload.resume" : "upload.pause");
    byId("waiting").hidden = state !== "waiting";
    byId("stage").textContent = text(state === "paused" ? "upload.paused" : "upload.stage-sending");
    if (state === "paused" || state === "waiting") this._announcer.say(text(`upload.${state}`));
  }

  _progress(done, all, figures) {
    const bar = byId("progress");
    bar.max = 1;
    bar.value = all > 0 ? done / all : 1;
    byId("percent").textContent = figures ? `${percentOf(done, all)} %` : "";
    byId("figures").textContent = figures;
  }

  _watchDrops(zone) {
    const over = (on) => zone.classList.toggle("over", on);
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    zone.addEventListener("dragleave", () => over(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      this.onDropped(event.dataTransfer);
    });
  }
}
