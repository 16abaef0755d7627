// What is wrong with the fields of showroom.json that the editor knows; docs/package-format.md has the rules. Pure. The
// admin's validation has the last word.

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const NUMBER_BOUNDS = {
  radius: [0, 10, true],
  radiusDeg: [0, 60, true],
  yawDeg: [-360, 360, false],
  hotspotPitchDeg: [-90, 90, false],
  pitchDeg: [-89, 89, false],
  position: [-10_000, 10_000, false],
};

/** How a scene names its entries: walk-in scenes have poses, those that are seen from one point have views. */
export function entriesKey(scene) {
  return scene.type === "model" ? "entryPoses" : "entryViews";
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Where a manifest has not the form that the editor can show, such as a number in place of a list; null: nowhere. */
export function misshapen(showroom) {
  if (!isObject(showroom)) return "showroom.json";
  if (!isObject(showroom.scenes) || Object.keys(showroom.scenes).length === 0) return "scenes";
  for (const [name, scene] of Object.entries(showroom.scenes)) {
    if (!isObject(scene)) return `scenes.${name}`;
    for (const key of ["entryPoses", "entryViews", "hotspots"]) {
      const wrong = misshapenList(scene[key] ?? [], `scenes.${name}.${key}`);
      if (wrong) return wrong;
    }
  }
  return null;
}

function misshapenList(things, place) {
  if (!Array.isArray(things)) return place;
  const isPosition = (value) => Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
  for (const [index, thing] of things.entries()) {
    if (!isObject(thing)) return `${place}.${index}`;
    if ("position" in thing && !isPosition(thing.position)) return `${place}.${index}.position`;
    for (const key of ["label", "action"]) if (key in thing && !isObject(thing[key])) return `${place}.${index}.${key}`;
  }
  return null;
}

/** `[{path, key, values}]`: `key` and `values` are a text's, `path` is the field's. */
export function problemsOf(showroom) {
  const found = [];
  const tell = (path, key, values = {}) => found.push({ path, key: `editor.wrong-${key}`, values });
  const scenes = showroom.scenes ?? {};
  text(showroom.title, ["title"], tell);
  for (const [name, scene] of Object.entries(scenes)) {
    const above = ["scenes", name];
    const entries = scene[entriesKey(scene)] ?? [];
    names(entries, "name", [...above, entriesKey(scene)], tell);
    entries.forEach((entry, index) => entryOf(entry, [...above, entriesKey(scene), index], tell));
    const hotspots = scene.hotspots ?? [];
    names(hotspots, "id", [...above, "hotspots"], tell);
    hotspots.forEach((hotspot, index) => hotspotOf(hotspot, [...above, "hotspots", index], scenes, tell));
  }
  return found;
}

function entryOf(entry, path, tell) {
  number(entry.yawDeg ?? 0, "yawDeg", [...path, "yawDeg"], tell);
  number(entry.pitchDeg ?? 0, "pitchDeg", [...path, "pitchDeg"], tell);
  position(entry.position, path, tell);
}

function hotspotOf(hotspot, path, scenes, tell) {
  text(hotspot.label, [...path, "label"], tell);
  position(hotspot.position, path, tell);
  if ("radius" in hotspot) number(hotspot.radius, "radius", [...path, "radius"], tell);
  if ("radiusDeg" in hotspot) number(hotspot.radiusDeg, "radiusDeg", [...path, "radiusDeg"], tell);
  if ("yawDeg" in hotspot) number(hotspot.yawDeg, "yawDeg", [...path, "yawDeg"], tell);
  if ("pitchDeg" in hotspot) number(hotspot.pitchDeg, "hotspotPitchDeg", [...path, "pitchDeg"], tell);
  const action = hotspot.action ?? {};
  const at = [...path, "action"];
  if (action.type === "card") {
    text(action.title, [...at, "title"], tell);
    text(action.body, [...at, "body"], tell);
    if (action.link !== undefined && action.link !== null && !/^https:\/\/.{0,492}$/.test(action.link)) tell([...at, "link"], "link");
  } else if (action.type === "scene" && !(action.scene in scenes)) {
    tell([...at, "scene"], "scene");
  }
}

function text(value, path, tell) {
  for (const language of ["en", "zh"]) {
    const said = value?.[language] ?? "";
    if (typeof said !== "string" || said.length < 1 || said.length > 4000) tell([...path, language], "text");
  }
}

function position(value, path, tell) {
  if (value === undefined) return;
  value.forEach((part, axis) => number(part, "position", [...path, "position", axis], tell));
}

function number(value, kind, path, tell) {
  const [least, most, above] = NUMBER_BOUNDS[kind];
  const fits = Number.isFinite(value) && value <= most && (above ? value > least : value >= least);
  if (!fits) tell(path, above ? "number-above" : "number", { least, most });
}

function names(things, field, path, tell) {
  const seen = new Set();
  things.forEach((thing, index) => {
    if (!NAME.test(thing[field] ?? "")) tell([...path, index, field], "name");
    else if (seen.has(thing[field])) tell([...path, index, field], "name-twice");
    seen.add(thing[field]);
  });
}

/** A name that is not taken yet: `stem`, `stem-2` and so on. */
export function freeName(stem, taken) {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? stem : `${stem}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
