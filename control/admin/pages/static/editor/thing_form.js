// The form of one entry or hotspot of a scene.

import { element, Fields } from "./fields.js";

const EMPTY = { en: "", zh: "" };

/**
 * `{form, fields}` for what is at `path`, `kind` "entry" or "hotspot". `actions` are the editor's: `place()` (by the
 * next click on the picture), `placeMiddle()`, `takeView()`, `show()`, `remove()`.
 */
export function thingForm(showroom, text, path, kind, actions) {
  const fields = new Fields(showroom, text);
  const thing = showroom.get(...path);
  const parts = kind === "entry" ? entryParts(fields, text, path, thing) : hotspotParts(fields, showroom, text, path, thing);
  const button = (key, action, className = "") => {
    const made = element("button", { type: "button", textContent: text(`editor.${key}`), className });
    made.dataset.action = key;
    made.addEventListener("click", action);
    return made;
  };
  const placing =
    kind === "entry"
      ? [button("take-view", actions.takeView, "main"), button("show-entry", actions.show)]
      : [button("place", actions.place, "main"), button("place-middle", actions.placeMiddle)];
  const bar = element("div", { className: "actions" }, ...placing, button("remove", actions.remove, "danger"));
  return { form: element("div", { className: "thing" }, bar, ...parts), fields };
}

function entryParts(fields, text, path, entry) {
  const parts = [fields.line(text("editor.name"), [...path, "name"])];
  if (entry.position) parts.push(fields.numbers(text("editor.position"), [...path, "position"], ["X", "Y", "Z"]));
  parts.push(angles(fields, text, path));
  return parts;
}

function angles(fields, text, path) {
  const yaw = fields.number(text("editor.yaw"), [...path, "yawDeg"], { step: 1 });
  return element("div", { className: "pair" }, yaw, fields.number(text("editor.pitch"), [...path, "pitchDeg"], { step: 1 }));
}

function hotspotParts(fields, showroom, text, path, hotspot) {
  const parts = [fields.both(text("editor.label"), [...path, "label"]), fields.line(text("editor.id"), [...path, "id"])];
  if (hotspot.position) {
    parts.push(fields.numbers(text("editor.position"), [...path, "position"], ["X", "Y", "Z"]));
    parts.push(fields.number(text("editor.radius"), [...path, "radius"], { fallback: 0.25 }));
  } else {
    parts.push(angles(fields, text, path), fields.number(text("editor.radius-deg"), [...path, "radiusDeg"], { step: 0.5, fallback: 4 }));
  }
  const at = [...path, "action"];
  const kinds = ["card", "scene"].map((type) => [type, text(`editor.action-${type}`)]);
  const scenes = showroom.keys("scenes");
  parts.push(fields.choice(text("editor.action"), [...at, "type"], kinds, (type) => showroom.set(at, emptyAction(type, scenes, hotspot))));
  if (hotspot.action?.type === "card") {
    parts.push(fields.both(text("editor.card-title"), [...at, "title"]), fields.both(text("editor.card-body"), [...at, "body"], { lines: 4 }));
    parts.push(fields.line(text("editor.link"), [...at, "link"], { optional: true, hint: text("editor.link-hint") }));
  } else if (hotspot.action?.type === "scene") {
    parts.push(fields.choice(text("editor.goes-to"), [...at, "scene"], scenes.map((name) => [name, name])));
  }
  return parts;
}

function emptyAction(type, scenes, hotspot) {
  if (type === "scene") return { type, scene: scenes[0] };
  return { type, title: hotspot.label ?? EMPTY, body: EMPTY };
}

// What visitors would read, in each of their languages.
const NEW_LABEL = { en: "New", zh: "新" };

/** A new hotspot where `located` is, with texts to be written. */
export function newHotspot(id, scene, located) {
  const label = NEW_LABEL;
  const action = { type: "card", title: label, body: label };
  return { id, ...placeOfHotspot(scene, located), ...(scene.type === "model" ? { radius: 0.25 } : {}), label, action };
}

const rounded = (value) => Math.round(value * 1000) / 1000;
const degrees = (radians) => Math.round((radians * 1800) / Math.PI) / 10;

/** The fields of a hotspot's place, from what the viewer says of a point; null where there is no surface. */
export function placeOfHotspot(scene, located) {
  if (scene.type !== "model") return { yawDeg: degrees(located.yaw), pitchDeg: degrees(located.pitch) };
  return located.point && { position: located.point.map(rounded) };
}

/** The fields of an entry that looks as `pose` does. */
export function placeOfEntry(scene, pose) {
  const looks = { yawDeg: degrees(pose.yaw), pitchDeg: Math.max(-89, Math.min(89, degrees(pose.pitch))) };
  return scene.type === "model" ? { position: pose.position.map(rounded), ...looks } : looks;
}

/** Where a hotspot or entry is, for a mark on the picture. */
export function markPlace(scene, thing) {
  if (scene.type === "model") return { position: thing.position };
  const [yaw, pitch] = [thing.yawDeg ?? 0, thing.pitchDeg ?? 0].map((angle) => (angle * Math.PI) / 180);
  return { direction: [-Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), -Math.cos(yaw) * Math.cos(pitch)] };
}
