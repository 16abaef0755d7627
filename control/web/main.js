// The page: joins the visit, the input, the video and what lies over it. State has one owner, this module.

import { delayMs } from "./backoff.js";
import { FrameClock, percentile } from "./frame_clock.js";
import { Freezes } from "./freezes.js";
import { toPicture } from "./geometry.js";
import { Input } from "./input.js";
import { Overlay } from "./overlay.js";
import { tellStats } from "./receiver_stats.js";
import { Sound } from "./sound.js";
import { Statistics } from "./statistics.js";
import { chooseLanguage, textsOf } from "./texts.js";
import { Visit } from "./visit.js";
import { WalkState } from "./walk_state.js";

// Input travels unreliably: the state after the last change is repeated, so that a stop is never lost.
const REPEAT_MS = [50, 150, 350];
const RESIZE_MS = 200;
const HINT_KEY = "edge-render-hint-seen";

const byId = (id) => document.getElementById(id);
const stage = byId("stage");
const video = byId("video");
const clock = new FrameClock();
const freezes = new Freezes();
const walk = new WalkState();
const statistics = new Statistics(byId("statistics"), byId("statistics-button"), clock, freezes);
const sound = new Sound(byId("sound"), byId("sound-button"), (on) => visit?.channel.send({ type: "audio", on }));
const overlay = new Overlay((id) => visit?.channel.send({ type: "activate", id: nextRequest(), hotspot: id }));

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
  const texts = textsOf(language);
  byId("status").textContent = next === "live" ? "" : next === "full" ? (refusedTexts?.[language] ?? texts.full) : texts[next];
}

function placeToEnter() {
  const box = stage.getBoundingClientRect();
  const place = {
    width: Math.min(8192, Math.max(16, Math.round(box.width * devicePixelRatio))),
    height: Math.min(8192, Math.max(16, Math.round(box.height * devicePixelRatio))),
  };
  const frame = clock.lastFrame;
  if (welcome) place.scene = welcome.scene;
  if (welcome && frame) {
    Object.assign(place, { x: frame.position[0], y: frame.position[1], z: frame.position[2], yaw: walk.yaw, pitch: walk.pitch });
  }
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

function onLost(error) {
  sound.lost();
  refusedTexts = error?.texts ?? null;
  setState(refusedTexts && error.code === "full" ? "full" : welcome ? "reconnecting" : "connecting");
  setTimeout(connect, error?.retryAfterMs ?? delayMs(attempt));
  attempt += 1;
}

function onMessage(message) {
  if (message.type === "frame") {
    clock.described(message);
    freezes.described(message);
  } else if (message.type === "welcome") {
    const sameScene = welcome?.scene === message.scene;
    welcome = message;
    // The visitor owns where they look; the server says it only where they come in.
    if (!sameScene) walk.look(message.yaw, message.pitch);
    sound.setScene(message.audio);
    showTexts();
    scheduleSend();
  } else if (message.type === "server_stats") {
    statistics.told(message);
  } else if (message.type === "tapped" && message.hit === "hotspot") {
    overlay.showCard(message.hotspot, textsOf(language));
  }
}

// --- frames ---------------------------------------------------------------------------------------

function watchFrames() {
  video.requestVideoFrameCallback((nowMs, metadata) => {
    clock.shown(metadata.rtpTimestamp, nowMs, metadata.presentedFrames);
    freezes.shown(metadata.rtpTimestamp, nowMs);
    visit?.heard();
    attempt = 0;
    if (state !== "live") {
      liveAtMs = performance.now();
      firstFrameAtMs = liveAtMs - connectStartedMs;
      setState("live");
      showHint();
    }
    placeLabels();
    watchFrames();
  });
}

function placeLabels() {
  if (clock.lastFrame && video.videoWidth) {
    overlay.place(clock.lastFrame, stage.getBoundingClientRect(), { width: video.videoWidth, height: video.videoHeight });
  }
}

// --- input ----------------------------------------------------------------------------------------

function scheduleSend() {
  if (sendScheduled) return;
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

function onTap(x, y) {
  stage.focus({ preventScroll: true });
  byId("products").hidden = true;
  if (!video.videoWidth) return;
  const box = stage.getBoundingClientRect();
  const point = toPicture(x, y, box, { width: video.videoWidth, height: video.videoHeight });
  visit?.channel.send({ type: "tap", id: nextRequest(), ...point, rtp: clock.lastFrame?.rtp ?? null });
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
  byId("fullscreen-button").setAttribute("aria-label", texts.fullscreen);
  byId("card-close").textContent = texts.close;
  byId("hint-button").textContent = texts.understood;
  byId("hint-text").textContent = matchMedia("(pointer: coarse)").matches ? texts.hintTouch : texts.hintMouse;
  stage.setAttribute("aria-label", texts.stage);
  overlay.setHotspots(welcome?.hotspots ?? [], language);
  setState(state);
  placeLabels();
}

function showHint() {
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

function start() {
  new Input(stage, byId("stick"), walk, { onChange: scheduleSend, onTap, radPerPx });
  byId("products-button").onclick = toggleProducts;
  byId("language-button").onclick = () => {
    language = language === "zh" ? "en" : "zh";
    showTexts();
  };
  byId("statistics-button").onclick = () => statistics.toggle();
  byId("hint-button").onclick = hideHint;
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
  get visit() { return visit?.id ?? null; },
  get transport() { return visit?.channel.transport ?? "none"; },
  get listening() { return sound.listening; },
  async reports() { return (await visit?.receiverReports()) ?? []; },
  get hotspots() { return overlay.hotspots.map((hotspot) => hotspot.id); },
};

start();
