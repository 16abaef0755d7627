import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonError, parse, valueOf, without, withValue } from "../../control/admin/pages/static/editor/json_source.js";
import { ShowroomDocument } from "../../control/admin/pages/static/editor/showroom_document.js";
import { freeName, misshapen, problemsOf } from "../../control/admin/pages/static/editor/showroom_rules.js";

const TEXT = `{
    "format": 1,
    "scenes": {
        "9": {"type": "model", "x-unknown": 1.50, "hotspots": [ {"id": "a", "radius": 0.250} ]},
        "1": {"type": "panorama", "big": 12345678901234567890}
    },
    "title": {"en": "A \\u00e9", "zh": "甲"}
}
`;

test("one value is changed, and not a byte of all else", () => {
  const changed = withValue(TEXT, ["scenes", "9", "hotspots", 0, "radius"], 0.3);
  assert.equal(changed, TEXT.replace("0.250", "0.3"));
  assert.deepEqual(valueOf(parse(TEXT)), JSON.parse(TEXT));
});

test("what is added stands at the end, indented as the text is", () => {
  assert.equal(
    withValue(TEXT, ["entryScene"], "9"),
    TEXT.replace('"甲"}\n', '"甲"},\n    "entryScene": "9"\n'),
  );
  const two = withValue(TEXT, ["scenes", "9", "hotspots", 1], { id: "b" });
  assert.equal(two, TEXT.replace("0.250} ]", '0.250}, {"id": "b"} ]'));
  const made = JSON.parse(withValue(TEXT, ["scenes", "1", "audio", "file"], "a.ogg"));
  assert.deepEqual(made.scenes[1].audio, { file: "a.ogg" });
});

test("what is removed takes its comma along", () => {
  assert.deepEqual(JSON.parse(without(TEXT, ["format"])).format, undefined);
  assert.deepEqual(JSON.parse(without(TEXT, ["title"])), { format: 1, scenes: JSON.parse(TEXT).scenes });
  assert.deepEqual(JSON.parse(without(TEXT, ["scenes", "9", "hotspots", 0])).scenes[9].hotspots, []);
});

test("any JSON comes through as the browser's own parser reads it, and what is none is told with its line", () => {
  const values = [0, -1.5e3, "a\"\\\n\u2028😀", true, null, [], {}, [[], {}], { a: [1, { b: "}" }] }];
  for (const value of values) {
    for (const indent of [0, 2, "\t"]) assert.deepEqual(valueOf(parse(JSON.stringify(value, null, indent))), value);
  }
  for (const wrong of ["", "{", "[1,]", "{'a': 1}", "01", '"\n"', "1 2", "{\"a\" 1}", "nul", "[".repeat(1000)]) {
    assert.throws(() => parse(wrong), JsonError, wrong);
  }
  assert.throws(() => parse('{\n  "a": x}'), (error) => error.line === 2 && error.column === 8);
});

test("steps are undone and done again; keys that are typed into one field are one step", () => {
  let ms = 0;
  const document = new ShowroomDocument(TEXT, undefined, () => ms);
  document.set(["title", "en"], "B");
  ms = 500;
  document.set(["title", "en"], "Br");
  ms = 5000;
  document.set(["title", "en"], "Branch");
  document.append(["scenes", "1", "hotspots"], { id: "new" });
  assert.deepEqual(document.get("scenes", "1", "hotspots", 0), { id: "new" });
  document.undo();
  document.undo();
  assert.equal(document.get("title", "en"), "Br");
  document.undo();
  assert.equal(document.text, TEXT);
  assert.ok(!document.isChanged && !document.canUndo);
  document.redo();
  document.redo();
  assert.equal(document.get("title", "en"), "Branch");
  document.saved(document.text);
  assert.ok(!document.isChanged && document.canRedo);
  document.set(["format"], 1);
  assert.ok(document.canRedo, "what is the same already is no step");
});

test("wrong fields are told with their places", () => {
  const text = { en: "A", zh: "甲" };
  const hotspot = { id: "Big", radius: 0, label: { en: "" , zh: "甲" }, position: [0, 1, 1e9], action: { type: "card", title: text, body: text, link: "http://x" } };
  const away = { id: "away", label: text, position: [0, 0, 0], action: { type: "scene", scene: "cellar" } };
  const scene = { type: "model", entryPoses: [{ name: "door", yawDeg: 400 }, { name: "door" }], hotspots: [hotspot, away] };
  const told = problemsOf({ title: text, scenes: { hall: scene } }).map(({ path, key }) => `${path.slice(2).join(".")} ${key.slice(13)}`);
  assert.deepEqual(told, [
    "entryPoses.1.name name-twice",
    "entryPoses.0.yawDeg number",
    "hotspots.0.id name",
    "hotspots.0.label.en text",
    "hotspots.0.position.2 number",
    "hotspots.0.radius number-above",
    "hotspots.0.action.link link",
    "hotspots.1.action.scene scene",
  ]);
  assert.equal(freeName("hotspot", ["hotspot", "hotspot-2"]), "hotspot-3");
});

test("what has another form than a showroom's is told by its place, whatever it is", () => {
  const shaped = { scenes: { hall: { type: "model", hotspots: [{ position: [0, 1, 2], label: {}, action: {} }] } } };
  assert.equal(misshapen(shaped), null);
  problemsOf(shaped);
  const places = [
    [7, "showroom.json"],
    [{ scenes: {} }, "scenes"],
    [{ scenes: { hall: null } }, "scenes.hall"],
    [{ scenes: { hall: { hotspots: {} } } }, "scenes.hall.hotspots"],
    [{ scenes: { hall: { entryPoses: [3] } } }, "scenes.hall.entryPoses.0"],
    [{ scenes: { hall: { hotspots: [{ position: "here" }] } } }, "scenes.hall.hotspots.0.position"],
    [{ scenes: { hall: { hotspots: [{ label: "A" }] } } }, "scenes.hall.hotspots.0.label"],
  ];
  for (const [value, place] of places) assert.equal(misshapen(value), place);
});
