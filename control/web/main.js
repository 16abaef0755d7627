// The page: joins the stay, the input, the picture and what lies over it. State has one owner, this module.

import { deviceClass } from "./device.js";
import { Editing } from "./editing.js";
import { joining, memory, startedMs } from "./first_join.js";
import { FrameClock, percentile } from "./frame_clock.js";
import { Freezes } from "./freezes.js";
import { fitOf, samePose, toPicture } from "./geometry.js";
import { Guide } from "./guide.js";
import { Hint } from "./hint.js";
import { Input } from "./input.js";
import { Markers } from "./markers.js";
import { Notice } from "./notice.js";
import { Overlay } from "./overlay.js";
import { tellStats } from "./receiver_stats.js";
import { SceneLoading } from "./scene_loading.js";
import { Screen } from "./screen.js";
import { Sound } from "./sound.js";
import { SourceNote } from "./source_note.js";
import { Statistics } from "./statistics.js";
import { Stay } from "./stay.js";
import { Steering } from "./steering.js";
import { chooseLanguage, textsOf } from "./texts.js";
import { WalkState } from "./walk_state.js";

const RESIZE_MS = 200;
// Where to begin, by the page's address.
const PLACE = ["scene", "x", "z", "yaw", "pitch"];

const byId = (id) => document.getElementById(id);
const send = (message) => stay.send(message);
const stage = byId("stage");
const clock = new FrameClock();
const freezes = new Freezes();
const walk = new WalkState();
const steering = new Steering(walk, clock, send);
const hint = new Hint(byId("hint"), byId("hint-button"), () => stage.focus({ preventScroll: true }));
const screen = new Screen([byId("video"), byId("other-video")], (shown, nowMs, metadata) => stay.onPicture(shown, nowMs, metadata));
const statistics = new Statistics(byId("statistics"), byId("statistics-button"), clock, freezes);
const sound = new Sound(byId("sound"), byId("sound-button"), (on) => send({ type: "audio", on }));
const overlay = new Overlay(
  (id) => send({ type: "activate", id: nextRequest(), hotspot: id }),
  () => send({ type: "close_card" }),
);
const sourceNote = new SourceNote(byId("source"), byId("source-text"));
const guide = new Guide(location.search, { panel: byId("guide"), text: byId("guide-text"), copy: byId("guide-copy") }, navigator.clipboard);
const markers = new Markers(byId("markers"), placeLabels);
const editing = new Editing(window, markers, { send, nextRequest: () => nextRequest(), pose: poseSeen, toPicture: pointOfPicture, rtp: rtpSeen });
const sceneLoading = new SceneLoading({ box: byId("loading"), text: byId("loading-text"), bar: byId("loading-bar") });
const notice = new Notice(document.body, { text: byId("status"), alone: byId("alone-button") });
const stay = new Stay(
  joining,
  screen,
  { wish, place: placeToEnter, wasIn: () => welcome !== null, busy: () => walk.walking || sceneLoading.travelling },
  { onState, onBegin, onMoved, onLost, onMessage, onOpen: steer, onSound: (stream) => sound.setStream(stream), onLive, onPicture },
);

let welcome = null;
let language = chooseLanguage(navigator.languages ?? [navigator.language]);
let askedMs = startedMs;
let firstFrameAtMs = null;
let liveAtMs = null;
let requests = 0;

const nextRequest = () => (requests = (requests + 1) % 2 ** 30);

// --- the stay -------------------------------------------------------------------------------------

function enter() {
  askedMs = performance.now();
  stay.enter();
}

/** What to join for; where we are by now, or else what the address says. */
function wish() {
  // Which showroom is the first may have changed meanwhile.
  const query = new URLSearchParams(location.search);
  const showroom = welcome?.showroom ?? query.get("showroom");
  const scene = welcome?.scene ?? query.get("scene");
  return { ...(showroom && { showroom }), ...(scene && { scene }), ...guide.wish };
}

function placeToEnter() {
  const box = stage.getBoundingClientRect();
  const place = {
    width: Math.min(8192, Math.max(16, Math.round(box.width * devicePixelRatio))),
    height: Math.min(8192, Math.max(16, Math.round(box.height * devicePixelRatio))),
  };
  // Where the eye is by the newest that the server said, though its picture may not have been shown.
  const frame = clock.newest ?? clock.lastFrame;
  Object.assign(place, guide.query);
  if (welcome) place.scene = welcome.scene;
  if (welcome && frame) {
    Object.assign(place, { x: frame.position[0], z: frame.position[2], yaw: walk.yaw, pitch: walk.pitch });
  }
  const query = new URLSearchParams(location.search);
  if (!welcome) for (const name of PLACE) if (query.has(name)) place[name] = query.get(name);
  const codec = query.get("codec");
  if (codec) place.codec = codec;
  const { showroom } = wish();
  if (showroom) place.showroom = showroom;
  const { width, height } = window.screen;
  place.device = deviceClass(navigator.userAgent, matchMedia("(pointer: coarse)").matches, Math.min(width, height));
  place.language = language;
  return place;
}

function onState(state, detail = {}) {
  // Of the showroom that they were in nothing is left to come back to.
  if (detail.code === "no-showroom") welcome = null;
  notice.show(state, detail);
  showNotice();
}

function showNotice() {
  document.body.dataset.role = guide.following ? "follower" : "visitor";
  notice.setTexts(textsOf(language), language);
}

/** All that comes is of another visit from now on. */
function onBegin(visit) {
  clock.restart();
  freezes.restart();
  statistics.setVisit(visit);
}

/** We are at another renderer, and were not away. */
function onMoved(stream) {
  sound.move(stream);
  statistics.connected();
  steer();
}

function onLost() {
  editing.lost();
  sceneLoading.over();
  sound.lost();
  sourceNote.clear();
}

function onMessage(message) {
  if (message.type === "frame") {
    clock.described(message);
    freezes.described(message);
    if (message.still) editing.rested();
  } else if (message.type === "welcome") {
    walk.welcomed(message, welcome);
    welcome = message;
    sceneLoading.over();
    document.body.dataset.walk = String(message.walk);
    sound.setScene(message.audio);
    sourceNote.clear();
    if (message.follows) guide.followed(message.follows, textsOf(language));
    editing.welcomed(message);
    showTexts();
    steer();
  } else if (message.type === "located") {
    editing.told(message);
  } else if (message.type === "error") {
    editing.refused(message);
  } else if (message.type === "source") {
    sourceNote.told(message);
  } else if (message.type === "loading") {
    sceneLoading.told(message, textsOf(language));
  } else if (message.type === "server_stats") {
    statistics.told(message);
  } else if (message.type === "guiding") {
    guide.led(message, textsOf(language));
  } else if (message.type === "encoder") {
    statistics.encoderReplaced(message);
  } else if (message.type === "tapped" && message.hit === "hotspot") {
    overlay.showCard(message.hotspot, textsOf(language));
  }
}

// --- frames ---------------------------------------------------------------------------------------

function onLive() {
  liveAtMs = performance.now();
  firstFrameAtMs = liveAtMs - askedMs;
  onState("live");
  if (!editing.on) hint.show();
}

function onPicture(nowMs, metadata) {
  clock.shown(metadata.rtpTimestamp, nowMs, metadata.presentedFrames);
  freezes.shown(metadata.rtpTimestamp, nowMs);
  placeLabels();
}

function placeLabels() {
  const size = screen.size;
  if (!clock.lastFrame || !size.width) return;
  const box = stage.getBoundingClientRect();
  const fit = guide.following ? fitOf(box, size) : "cover";
  document.body.dataset.fit = fit;
  // A follower is not told of each moving picture, but of the first one.
  if (guide.following && !(clock.newest?.resting && samePose(clock.newest, clock.lastFrame))) overlay.hideLabels();
  else overlay.place(clock.lastFrame, box, size, fit);
  markers.place(clock.lastFrame, box, size, fit);
}

// --- input ----------------------------------------------------------------------------------------

/** Somebody else steers what a follower sees. */
function steer() {
  if (!guide.following) steering.changed();
}

/** A point of the page as fractions of the picture; null where there is none. */
function pointOfPicture(x, y) {
  if (!screen.size.width) return null;
  return toPicture(x, y, stage.getBoundingClientRect(), screen.size, document.body.dataset.fit);
}

/** Names the picture that is seen; null before there is one. */
function rtpSeen() {
  return clock.shownRtp ?? clock.lastFrame?.rtp ?? null;
}

/** Where the visitor is and looks, by the picture that is seen; null before there is one. */
function poseSeen() {
  const frame = clock.lastFrame;
  if (!frame || !welcome) return null;
  return { scene: welcome.scene, position: frame.position, yaw: frame.yaw, pitch: frame.pitch, fov_y: frame.fov_y };
}

function onTap(x, y) {
  stage.focus({ preventScroll: true });
  byId("products").hidden = true;
  const point = pointOfPicture(x, y);
  if (!point) return;
  if (editing.picking) editing.picked(x, y);
  else send({ type: "tap", id: nextRequest(), ...point, rtp: rtpSeen() });
}

function radPerPx() {
  return (clock.lastFrame?.fov_y ?? 1) / Math.max(1, stage.clientHeight);
}

// --- texts and buttons ------------------------------------------------------------------------------

function showTexts() {
  const texts = textsOf(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  const title = welcome?.title[language] ?? "";
  byId("title").textContent = title;
  document.title = title || "edge-render";
  byId("products-button").textContent = texts.products;
  byId("language-button").textContent = texts.language;
  byId("language-button").title = texts.languageTitle;
  statistics.setLanguage(language, texts.statistics);
  sound.setTexts(texts, language);
  sourceNote.setTexts(texts, language);
  byId("fullscreen-button").setAttribute("aria-label", texts.fullscreen);
  byId("card-close").textContent = texts.close;
  byId("hint-button").textContent = texts.understood;
  const canWalk = welcome?.walk ?? true;
  const howTo = matchMedia("(pointer: coarse)").matches ? texts.hintTouch : texts.hintMouse;
  byId("hint-text").textContent = guide.following ? texts.hintFollow : canWalk ? howTo : texts.hintLook;
  stage.setAttribute("aria-label", guide.following ? texts.stageFollow : canWalk ? texts.stage : texts.stageLook);
  guide.setTexts(texts);
  sceneLoading.setTexts(texts);
  overlay.setHotspots(welcome?.hotspots ?? [], language);
  showNotice();
  placeLabels();
}

function toggleProducts() {
  const list = byId("products");
  list.hidden = !list.hidden;
  byId("products-button").setAttribute("aria-expanded", String(!list.hidden));
  if (!list.hidden) list.querySelector("button")?.focus();
}

/** What was followed is over: visit the same place without a guide. */
function goOnAlone() {
  const frame = clock.lastFrame;
  guide.goOnAlone();
  joining.forget();
  if (frame) walk.look(frame.yaw, frame.pitch);
  onState("connecting");
  showTexts();
  stage.focus({ preventScroll: true });
  enter();
}

function start() {
  new Input(stage, byId("stick"), walk, { onChange: steer, onTap, radPerPx });
  byId("products-button").onclick = toggleProducts;
  byId("language-button").onclick = () => {
    language = language === "zh" ? "en" : "zh";
    showTexts();
  };
  byId("statistics-button").onclick = () => statistics.toggle();
  byId("alone-button").onclick = goOnAlone;
  const fullscreen = byId("fullscreen-button");
  fullscreen.hidden = !document.fullscreenEnabled;
  fullscreen.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  window.addEventListener("keydown", (event) => {
    if (event.key === "i" && !event.ctrlKey && !event.metaKey && !document.querySelector("dialog[open]")) statistics.toggle();
    if (event.key === "Escape" && !byId("products").hidden) toggleProducts();
  });
  let resizing = null;
  new ResizeObserver(() => {
    placeLabels();
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      const { width, height } = placeToEnter();
      send({ type: "viewport", width, height });
    }, RESIZE_MS);
  }).observe(stage);
  document.addEventListener("visibilitychange", () => (document.hidden ? memory.putDown() : memory.takeUp()));
  window.addEventListener("pagehide", () => {
    memory.putDown();
    stay.leave();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    memory.takeUp();
    enter();
  });
  showTexts();
  if (!("RTCPeerConnection" in window) || !("requestVideoFrameCallback" in screen.video)) {
    onState("unsupported");
    return;
  }
  screen.start();
  tellStats(() => stay.visit, clock, freezes);
  stay.enter();
}

/** What tests and benches read. */
window.edgeRender = {
  get state() { return notice.state; },
  /** Milliseconds from asking for the visit, and from opening the page, to the first frame on the screen. */
  get firstFrameAtMs() { return firstFrameAtMs; },
  get liveAtMs() { return liveAtMs; },
  get inputToPhotonMs() { return [...clock.inputToPhotonMs]; },
  get stages() { return Object.fromEntries(Object.entries(clock.stages).map(([name, ms]) => [name, percentile(ms, 50)])); },
  get framesShown() { return clock.framesShown; },
  get framesSkipped() { return clock.framesSkipped; },
  get lastFrame() { return clock.lastFrame; },
  /** Where the visitor is; null before they are anywhere. */
  get scene() { return welcome?.scene ?? null; },
  get visit() { return stay.visit?.id ?? null; },
  get transport() { return stay.visit?.channel.transport ?? "none"; },
  get listening() { return sound.listening; },
  async reports() { return (await stay.visit?.receiverReports()) ?? []; },
  loseConnection() { stay.visit?.lose(); },
  /** How the newest loss went, and how often the visit was handed over to another renderer; see Stay. */
  get recovery() { return stay.recovery; },
  get moves() { return stay.moves; },
  /** The code by which others follow; null where nobody is guided. */
  get guideCode() { return guide.code; },
  /** For an editor of the same origin: `locate(x, y)`, `mark(markers)`, `picking`; null where nobody can edit. */
  get editing() { return editing.on ? editing : null; },
  get pose() { return poseSeen(); },
  get hotspots() { return overlay.hotspots.map((hotspot) => hotspot.id); },
};

start();
