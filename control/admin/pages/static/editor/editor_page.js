// The editor: the live picture, the scenes with their entries and hotspots, and the text of showroom.json. Which scene
// and which thing are chosen has one owner, this module; the text's is ShowroomDocument.

import { Api } from "../shared/api.js";
import { pageData, text } from "../shared/page_data.js";
import { EditorView } from "./editor_view.js";
import { parse, valueOf } from "./json_source.js";
import { LivePicture } from "./live_picture.js";
import { Saving } from "./saving.js";
import { ShowroomDocument } from "./showroom_document.js";
import { entriesKey, freeName, misshapen, problemsOf } from "./showroom_rules.js";
import { markPlace, newHotspot, placeOfEntry, placeOfHotspot, thingForm } from "./thing_form.js";

const api = Api.ofPage();
const view = new EditorView();
const picture = new LivePicture(api, pageData.version, view.pictureBox, {
  onState: (state, figure) => view.showPicture(state, figure),
  onKey: (event) => view.onKey(event),
  onPicked,
  onScene: (scene) => scene !== sceneName && showroom?.get("scenes", scene) && chooseScene(scene, false),
  onPose: () => view.showPose(picture.pose),
});
const saving = new Saving(api, pageData, (state, reason) => view.showSaving(state, reason));

let showroom = null;
let sceneName = null;
let chosen = null; // {kind: "entry" | "hotspot", index}
let placing = null; // null, "chosen" or "new"
let form = null;

const scene = () => showroom.get("scenes", sceneName);
const listPath = (kind) => ["scenes", sceneName, kind === "entry" ? entriesKey(scene()) : "hotspots"];
const pathOf = ({ kind, index }) => [...listPath(kind), index];
const things = (kind) => showroom.get(...listPath(kind)) ?? [];

function changed() {
  if (!showroom.get("scenes", sceneName)) sceneName = firstScene();
  if (chosen && !showroom.get(...pathOf(chosen))) chosen = null;
  saving.changed(showroom.isChanged);
  show();
}

function firstScene() {
  const scenes = showroom.keys("scenes");
  const entry = showroom.get("entryScene");
  return scenes.includes(entry) ? entry : scenes[0];
}

// --- what is chosen -------------------------------------------------------------------------------

function chooseScene(name, alsoInPicture = true) {
  sceneName = name;
  chosen = null;
  place(null);
  if (alsoInPicture && picture.scene !== name) picture.goTo({ scene: name });
  show();
}

function choose(thing, focus = true) {
  chosen = thing;
  place(null);
  show();
  if (focus) view.focusForm();
}

function show() {
  const problems = problemsOf(showroom.get());
  view.showSteps(showroom.canUndo, showroom.canRedo);
  view.showScenes(showroom.keys("scenes"), sceneName);
  view.showThings({ entry: things("entry"), hotspot: things("hotspot") }, chosen, (kind, index) => problemOf(problems, { kind, index }));
  showForm(problems);
  view.showText(showroom.text);
  view.showProblems(problems.length);
  mark();
}

const problemOf = (problems, thing) => {
  const above = `${pathOf(thing).join(".")}.`;
  return problems.some(({ path }) => `${path.join(".")}.`.startsWith(above));
};

/** The form is made anew only where it is another's: what is typed into keeps the focus. */
function showForm(problems) {
  const key = chosen && JSON.stringify([pathOf(chosen), showroom.get(...pathOf(chosen)).action?.type]);
  if (form?.key !== key) {
    const actions = { place: () => place("chosen"), placeMiddle, takeView, show: showEntry, remove };
    form = chosen && { key, ...thingForm(showroom, text, pathOf(chosen), chosen.kind, actions) };
    view.showForm(form?.form ?? null);
  }
  form?.fields.refresh();
  form?.fields.tell(problems, showroom.isChanged ? [] : pageData.findings);
}

function mark() {
  const marks = (kind) =>
    things(kind)
      .filter((thing) => scene().type !== "model" || thing.position)
      .map((thing, index) => ({
        id: `${kind}-${index}`,
        kind,
        label: kind === "entry" ? thing.name : thing.label?.[document.documentElement.lang.startsWith("zh") ? "zh" : "en"],
        selected: chosen?.kind === kind && chosen.index === index,
        ...markPlace(scene(), thing),
      }));
  picture.mark(picture.scene === sceneName ? [...marks("entry"), ...marks("hotspot")] : []);
}

// --- placing --------------------------------------------------------------------------------------

function place(what) {
  placing = what;
  picture.pick(what !== null);
  view.showPlacing(what !== null);
  if (what) picture.focus();
}

function placeMiddle() {
  placing ??= "chosen";
  picture.pickMiddle();
}

function onPicked(located) {
  const what = placing;
  if (what === null) return;
  const fields = located && located.scene === sceneName ? placeOfHotspot(scene(), located) : null;
  if (!fields) {
    view.announce(text("editor.nothing-there"));
    return;
  }
  place(null);
  if (what === "new") {
    const taken = things("hotspot").map(({ id }) => id);
    const id = freeName(nameOf(located.node), taken);
    const index = showroom.append(listPath("hotspot"), newHotspot(id, scene(), located));
    choose({ kind: "hotspot", index });
  } else {
    showroom.assign(pathOf(chosen), fields);
  }
  view.announce(text("editor.placed"));
}

/** A name from what an artist called the thing there, if anything. */
function nameOf(node) {
  return (node ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "hotspot";
}

async function takeView() {
  const path = pathOf(chosen);
  const pose = await picture.poseNow();
  if (pose?.scene !== sceneName || !showroom.get(...path)) return view.announce(text("editor.other-scene"));
  showroom.assign(path, placeOfEntry(scene(), pose));
  return view.announce(text("editor.view-taken"));
}

function showEntry() {
  const { position, yawDeg = 0, pitchDeg = 0 } = showroom.get(...pathOf(chosen));
  const there = position ? { x: position[0], z: position[2] } : {};
  picture.goTo({ scene: sceneName, ...there, yaw: (yawDeg * Math.PI) / 180, pitch: (pitchDeg * Math.PI) / 180 });
}

async function addEntry() {
  const pose = await picture.poseNow();
  if (pose?.scene !== sceneName) return view.announce(text("editor.other-scene"));
  const name = freeName("view", things("entry").map((entry) => entry.name));
  return choose({ kind: "entry", index: showroom.append(listPath("entry"), { name, ...placeOfEntry(scene(), pose) }) });
}

function remove() {
  const path = pathOf(chosen);
  if (chosen.kind === "entry" && things("entry").length === 1) return view.announce(text("editor.last-entry"));
  chosen = null;
  showroom.remove(path);
  return view.announce(text("editor.removed"));
}

// --- saving ---------------------------------------------------------------------------------------

async function save() {
  const written = showroom.text;
  if (!(await saving.save(written))) return;
  showroom.saved(written);
  pageData.findings = [];
  picture.start();
}

async function open() {
  const source = await (await api.request("GET", `versions/${pageData.version}/files/showroom.json`)).text();
  try {
    showroom = new ShowroomDocument(source, changed);
  } catch (error) {
    view.fail(text("editor.no-json", { reason: error.message }));
    return;
  }
  const wrong = misshapen(showroom.get());
  if (wrong) {
    view.fail(text("editor.no-form", { place: wrong }));
    return;
  }
  sceneName = firstScene();
  changed();
  picture.start();
}

view.onScene = chooseScene;
view.onThing = choose;
view.onAdd = (kind) => (kind === "entry" ? addEntry() : place("new"));
view.onCancelPlacing = () => place(null);
view.onPlaceMiddle = placeMiddle;
view.onSave = save;
view.onUndo = () => showroom.undo();
view.onRedo = () => showroom.redo();
view.onText = (source) => {
  const wrong = misshapen(valueOf(parse(source)));
  if (wrong) throw new Error(text("editor.no-form", { place: wrong }));
  showroom.replace(source);
};
view.onOverwrite = async () => {
  await saving.takeOver();
  await save();
};
view.onRestart = () => picture.start();
addEventListener("beforeunload", (event) => showroom?.isChanged && event.preventDefault());
open().catch((error) => view.fail(text("editor.not-opened", { reason: error.message })));
