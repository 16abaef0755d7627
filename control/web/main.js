// The page: joins the visit, the input, the video and what lies over it. State has one owner, this module.

import { delayMs } from "./backoff.js";
import { deviceClass } from "./device.js";
import { Editing } from "./editing.js";
import { FrameClock, percentile } from "./frame_clock.js";
import { Freezes } from "./freezes.js";
import { fitOf, samePose, toPicture } from "./geometry.js";
import { Guide } from "./guide.js";
import { Input } from "./input.js";
import { Markers } from "./markers.js";
import { Overlay } from "./overlay.js";
import { tellStats } from "./receiver_stats.js";
import { SceneLoading } from "./scene_loading.js";
import { Sound } from "./sound.js";
import { SourceNote } from "./source_note.js";
import { Statistics } from "./statistics.js";
import { chooseLanguage, textsOf } from "./texts.js";
import { Visit } from "./visit.js";
import { WalkState } from "./walk_state.js";

// Input travels unreliably: the state after the last change is repeated, so that a stop is never lost.
const REPEAT_MS = [50, 150, 350];
const RESIZE_MS = 200;
const HINT_KEY = "edge-render-hint-seen";
// Where to begin, by the page's address.
const PLACE = ["scene", "x", "z", "yaw", "pitch"];
// Refusals that tell the visitor to wait.
const WAIT_CODES = ["full", "followers-full", "too-many-attempts"];

const byId = (id) => document.getElementById(id);
const stage = byId("stage");
const video = byId("video");
const clock = new FrameClock();
const freezes = new Freezes();
const walk = new WalkState();
const statistics = new Statistics(byId("statistics"), byId("statistics-button"), clock, freezes);
const sound = new Sound(byId("sound"), byId("sound-button"), (on) => visit?.channel.send({ type: "audio", on }));
const overlay = new Overlay(
  (id) => visit?.channel.send({ type: "activate", id: nextRequest(), hotspot: id }),
  () => visit?.channel.send({ type: "close_card" }),
);
const sourceNote = new SourceNote(byId("source"), byId("source-text"));
const guide = new Guide(location.search, { panel: byId("guide"), text: byId("guide-text"), copy: byId("guide-copy") }, navigator.clipboard);
const markers = new Markers(byId("markers"), placeLabels);
const editing = new Editing(window, markers, {
  send: (message) => visit?.channel.send(message) ?? false,
  nextRequest: () => nextRequest(),
  pose: poseSeen,
  toPicture: pointOfPicture,
  rtp: rtpSeen,
});
const sceneLoading = new SceneLoading({ box: byId("loading"), text: byId("loading-text"), bar: byId("loading-bar") });

let visit = null;
let welcome = null;
let language = chooseLanguage(navigator.languages ?? [navigator.language]);
let state = "connecting";
let refusedTexts = null;
let attempt = 0;
let connectStartedMs = 0;
let firstFrameAtMs = null;
let liveAtMs = null;
let seq = 0;
let requests = 0;
let sendScheduled = false;
let turnedAtMs = null;
let repeats = [];

const nextRequest = () => (requests = (requests + 1) % 2 ** 30);

// --- connecting -----------------------------------------------------------------------------------

function setState(next) {
  state = next;
  document.body.dataset.state = next;
  document.body.dataset.role = guide.following ? "follower" : "visitor";
  const texts = textsOf(language);
  byId("status").textContent = next === "live" ? "" : next === "full" ? (refusedTexts?.[language] ?? texts.full) : texts[next];
  byId("alone-button").textContent = texts.alone;
  byId("alone-button").hidden = next !== "guideEnded" && next !== "noGuide";
}

function placeToEnter() {
  const box = stage.getBoundingClientRect();
  const place = {
    width: Math.min(8192, Math.max(16, Math.round(box.width * devicePixelRatio))),
    height: Math.min(8192, Math.max(16, Math.round(box.height * devicePixelRatio))),
  };
  const frame = clock.lastFrame;
  Object.assign(place, guide.query);
  if (welcome) place.scene = welcome.scene;
  if (welcome && frame) {
    Object.assign(place, { x: frame.position[0], z: frame.position[2], yaw: walk.yaw, pitch: walk.pitch });
  }
  const query = new URLSearchParams(location.search);
  if (!welcome) for (const name of PLACE) if (query.has(name)) place[name] = query.get(name);
  const codec = query.get("codec");
  if (codec) place.codec = codec;
  // Which showroom is the first may have changed meanwhile.
  const showroom = welcome?.showroom ?? query.get("showroom");
  if (showroom) place.showroom = showroom;
  place.device = deviceClass(navigator.userAgent, matchMedia("(pointer: coarse)").matches, Math.min(screen.width, screen.height));
  place.language = language;
  return place;
}

function connect() {
  connectStartedMs = performance.now();
  clock.restart();
  freezes.restart();
  seq = 0;
  visit = new Visit({ onPicture, onSound: (stream) => sound.setStream(stream), onMessage, onOpen: () => statistics.connected(), onLost });
  statistics.setVisit(visit);
  visit.begin(placeToEnter());
}

function onPicture(stream) {
  video.srcObject = stream;
  video.play().catch(() => undefined); // autoplay of muted video may be refused until a touch; the next frame tries again
}

function onLost(error, reason) {
  editing.lost();
  sceneLoading.over();
  sound.lost();
  sourceNote.clear();
  refusedTexts = error?.texts ?? null;
  if (reason === "replaced") {
    // We lead in another tab by now: two would take it from each other for ever.
    visit = null;
    setState("ended");
    return;
  }
  if (reason === "guide-ended" || error?.code === "no-guide") {
    visit = null;
    setState(reason === "guide-ended" || welcome ? "guideEnded" : "noGuide");
    byId("alone-button").focus();
    return;
  }
  if (error?.code === "starting" || error?.code === "no-showroom") {
    // Of the showroom that they were in nothing is left to come back to.
    if (error.code === "no-showroom") welcome = null;
    setState(error.code === "starting" ? "opening" : "noShowroom");
    setTimeout(connect, error.retryAfterMs);
    return;
  }
  setState(refusedTexts && WAIT_CODES.includes(error.code) ? "full" : welcome ? "reconnecting" : "connecting");
  setTimeout(connect, error?.retryAfterMs ?? delayMs(attempt));
  attempt += 1;
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
    scheduleSend();
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

function goLive() {
  liveAtMs = performance.now();
  firstFrameAtMs = liveAtMs - connectStartedMs;
  setState("live");
  showHint();
}

function watchFrames() {
  video.requestVideoFrameCallback((nowMs, metadata) => {
    clock.shown(metadata.rtpTimestamp, nowMs, metadata.presentedFrames);
    freezes.shown(metadata.rtpTimestamp, nowMs);
    // A connection that is closed shows one more picture, a black one.
    if (visit !== null && !visit.over) {
      visit.heard();
      attempt = 0;
      if (state !== "live") goLive();
    }
    placeLabels();
    watchFrames();
  });
}

function placeLabels() {
  if (!clock.lastFrame || !video.videoWidth) return;
  const box = stage.getBoundingClientRect();
  const size = { width: video.videoWidth, height: video.videoHeight };
  const fit = guide.following ? fitOf(box, size) : "cover";
  document.body.dataset.fit = fit;
  // A follower is not told of each moving picture, but of the first one.
  if (guide.following && !(clock.newest?.resting && samePose(clock.newest, clock.lastFrame))) overlay.hideLabels();
  else overlay.place(clock.lastFrame, box, size, fit);
  markers.place(clock.lastFrame, box, size, fit);
}

// --- input ----------------------------------------------------------------------------------------

function scheduleSend() {
  if (sendScheduled || guide.following) return;
  sendScheduled = true;
  requestAnimationFrame((nowMs) => {
    sendScheduled = false;
    if (walk.turning) {
      if (turnedAtMs !== null) walk.advance(Math.min(0.1, (nowMs - turnedAtMs) / 1000));
      turnedAtMs = nowMs;
      scheduleSend();
    } else {
      turnedAtMs = null;
    }
    sendInput();
  });
}

function sendInput() {
  seq += 1;
  const message = { type: "input", seq, ...walk.snapshot() };
  if (!visit?.channel.send(message)) return;
  clock.inputSent(seq, performance.now());
  for (const timer of repeats) clearTimeout(timer);
  repeats = REPEAT_MS.map((ms) => setTimeout(() => visit?.channel.send(message), ms));
}

/** A point of the page as fractions of the picture; null where there is none. */
function pointOfPicture(x, y) {
  if (!video.videoWidth) return null;
  const size = { width: video.videoWidth, height: video.videoHeight };
  return toPicture(x, y, stage.getBoundingClientRect(), size, document.body.dataset.fit);
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
  else visit?.channel.send({ type: "tap", id: nextRequest(), ...point, rtp: rtpSeen() });
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
  const hint = matchMedia("(pointer: coarse)").matches ? texts.hintTouch : texts.hintMouse;
  byId("hint-text").textContent = guide.following ? texts.hintFollow : canWalk ? hint : texts.hintLook;
  stage.setAttribute("aria-label", guide.following ? texts.stageFollow : canWalk ? texts.stage : texts.stageLook);
  guide.setTexts(texts);
  sceneLoading.setTexts(texts);
  overlay.setHotspots(welcome?.hotspots ?? [], language);
  setState(state);
  placeLabels();
}

function showHint() {
  if (editing.on) return;
  let seen = null;
  try {
    seen = localStorage.getItem(HINT_KEY);
  } catch {
    // Storage may be forbidden; then the hint comes each time.
  }
  byId("hint").hidden = seen !== null;
}

function hideHint() {
  byId("hint").hidden = true;
  stage.focus({ preventScroll: true });
  try {
    localStorage.setItem(HINT_KEY, "1");
  } catch {
    // As above.
  }
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
  if (frame) walk.look(frame.yaw, frame.pitch);
  setState("connecting");
  showTexts();
  stage.focus({ preventScroll: true });
  connect();
}

function start() {
  new Input(stage, byId("stick"), walk, { onChange: scheduleSend, onTap, radPerPx });
  byId("products-button").onclick = toggleProducts;
  byId("language-button").onclick = () => {
    language = language === "zh" ? "en" : "zh";
    showTexts();
  };
  byId("statistics-button").onclick = () => statistics.toggle();
  byId("hint-button").onclick = hideHint;
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
      visit?.channel.send({ type: "viewport", width, height });
    }, RESIZE_MS);
  }).observe(stage);
  window.addEventListener("pagehide", () => visit?.leave());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  showTexts();
  if (!("RTCPeerConnection" in window) || !("requestVideoFrameCallback" in video)) {
    setState("unsupported");
    return;
  }
  watchFrames();
  tellStats(() => visit, clock, freezes);
  connect();
}

/** What tests and benches read. */
window.edgeRender = {
  get state() { return state; },
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
  get visit() { return visit?.id ?? null; },
  get transport() { return visit?.channel.transport ?? "none"; },
  get listening() { return sound.listening; },
  async reports() { return (await visit?.receiverReports()) ?? []; },
  loseConnection() { visit?.lose(); },
  /** The code by which others follow; null where nobody is guided. */
  get guideCode() { return guide.code; },
  /** For an editor of the same origin: `locate(x, y)`, `mark(markers)`, `picking`; null where nobody can edit. */
  get editing() { return editing.on ? editing : null; },
  get pose() { return poseSeen(); },
  get hotspots() { return overlay.hotspots.map((hotspot) => hotspot.id); },
};

start();
