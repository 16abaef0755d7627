// What the editor's page shows around the forms; it decides nothing.

import { text } from "../shared/page_data.js";
import { element } from "./fields.js";

const byId = (id) => document.getElementById(id);
const UNDO_KEYS = { z: "onUndo", y: "onRedo", s: "onSave" };

export class EditorView {
  constructor() {
    for (const name of ["onScene", "onThing", "onAdd", "onCancelPlacing", "onPlaceMiddle", "onSave", "onUndo", "onRedo", "onText", "onRestart", "onOverwrite"]) {
      this[name] = () => undefined;
    }
    this.pictureBox = byId("picture");
    this._placing = false;
    byId("scene").addEventListener("change", (event) => this.onScene(event.target.value));
    for (const [id, handler] of Object.entries({
      save: () => this.onSave(),
      undo: () => this.onUndo(),
      redo: () => this.onRedo(),
      restart: () => this.onRestart(),
      overwrite: () => this.onOverwrite(),
      "cancel-placing": () => this.onCancelPlacing(),
      "add-entry": () => this.onAdd("entry"),
      "add-hotspot": () => this.onAdd("hotspot"),
      "place-middle": () => this.onPlaceMiddle(),
      "apply-text": () => this._applyText(),
    })) {
      byId(id).addEventListener("click", handler);
    }
    addEventListener("keydown", (event) => this.onKey(event));
  }

  /** Of this page and of the picture's. */
  onKey(event) {
    if (this._placing && event.key === "Escape") this.onCancelPlacing();
    else if (this._placing && event.key === "Enter" && event.target.tagName !== "BUTTON") this.onPlaceMiddle();
    else if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key in UNDO_KEYS && event.target.id !== "text") this[UNDO_KEYS[event.key]]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  announce(said) {
    byId("announcement").textContent = said;
    byId("told").textContent = said;
  }

  showPicture(state, figure) {
    document.body.dataset.picture = state;
    const said = { starting: text("editor.picture-starting"), waiting: text("editor.picture-waiting"), opening: text("editor.picture-opening"), ready: "", ended: text("editor.picture-ended", { reason: figure ?? "" }) }[state];
    byId("picture-state").textContent = said;
    byId("picture-note").hidden = said === "";
    byId("restart").hidden = state !== "ended";
    const bar = byId("picture-progress");
    bar.hidden = state === "ended";
    if (state === "opening" && figure > 0) bar.value = figure;
    else bar.removeAttribute("value");
  }

  showPose({ position, yaw, pitch }) {
    const turn = (radians, positive, negative) => {
      const degrees = Math.round((radians * 180) / Math.PI);
      return text(degrees < 0 ? negative : positive, { degrees: Math.abs(degrees) });
    };
    const place = position.map((part) => part.toFixed(2)).join(", ");
    const turned = { yaw: turn(yaw, "editor.left", "editor.right"), pitch: turn(pitch, "editor.up", "editor.down") };
    byId("pose").textContent = text("editor.pose", { place, ...turned });
  }

  showPlacing(on) {
    this._placing = on;
    document.body.dataset.placing = String(on);
    byId("placing").hidden = !on;
    if (!on) return;
    this.announce(text("editor.placing"));
    this.pictureBox.scrollIntoView({ block: "nearest" });
  }

  showSteps(canUndo, canRedo) {
    byId("undo").disabled = !canUndo;
    byId("redo").disabled = !canRedo;
  }

  showSaving(state, reason = "") {
    document.body.dataset.saving = state;
    byId("save").disabled = state === "saved" || state === "saving" || state === "conflict";
    byId("saving").textContent = text(`editor.${state}`, { reason });
    const conflict = byId("conflict");
    const isNew = conflict.hidden && state === "conflict";
    conflict.hidden = state !== "conflict";
    if (isNew) conflict.scrollIntoView({ block: "nearest" }); // the button that was pressed stays in sight further down
  }

  showProblems(count) {
    byId("problems").textContent = count ? text("editor.problems", { count }) : "";
  }

  showScenes(names, shown) {
    const options = names.map((name) => element("option", { value: name, textContent: name, selected: name === shown }));
    byId("scene").replaceChildren(...options);
  }

  showThings(lists, chosen, isWrong) {
    for (const [kind, things] of Object.entries(lists)) {
      const list = byId(kind === "entry" ? "entries" : "hotspots");
      const focused = list.contains(document.activeElement);
      list.replaceChildren(...things.map((thing, index) => this._thing(thing, kind, index, chosen, isWrong(kind, index))));
      if (focused) list.querySelector('[aria-current="true"]')?.focus();
    }
    byId("thing-title").textContent = chosen ? this._nameOf(lists[chosen.kind][chosen.index]) : "";
    byId("thing").hidden = chosen === null;
  }

  showForm(form) {
    byId("thing-form").replaceChildren(...(form ? [form] : []));
  }

  focusForm() {
    byId("thing-title").focus();
  }

  showText(source) {
    if (document.activeElement !== byId("text")) byId("text").value = source;
  }

  fail(said) {
    byId("error").textContent = said;
    byId("error").hidden = false;
    byId("forms").hidden = true;
  }

  _thing(thing, kind, index, chosen, wrong) {
    const isChosen = chosen?.kind === kind && chosen.index === index;
    const button = element("button", { type: "button", textContent: this._nameOf(thing) });
    button.dataset.thing = thing.id ?? thing.name;
    if (isChosen) button.setAttribute("aria-current", "true");
    if (wrong) button.append(element("span", { className: "badge bad", textContent: text("editor.wrong") }));
    button.addEventListener("click", () => this.onThing({ kind, index }));
    return element("li", {}, button);
  }

  _nameOf(thing) {
    const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
    return thing.name ?? (thing.label?.[language] || thing.id || "?");
  }

  _applyText() {
    const error = byId("text-error");
    try {
      this.onText(byId("text").value);
      error.hidden = true;
      byId("text").removeAttribute("aria-invalid");
      this.announce(text("editor.text-applied"));
    } catch (wrong) {
      error.textContent = text("editor.text-wrong", { reason: wrong.message });
      error.hidden = false;
      byId("text").setAttribute("aria-invalid", "true");
    }
  }
}
