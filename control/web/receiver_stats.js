// What this page's browser says of the stream (RTCPeerConnection.getStats, W3C webrtc-stats), and what the page itself
// measures, told to the node every few seconds, so that operators see what the visitor sees.

import { percentile } from "./frame_clock.js";

const INTERVAL_MS = 5000;

const SHARED = ["packetsReceived", "packetsLost", "bytesReceived", "jitter", "jitterBufferDelay", "jitterBufferEmittedCount"];
const FIELDS = {
  video: [...SHARED, "nackCount", "pliCount", "framesReceived", "framesDecoded", "keyFramesDecoded", "framesDropped", "framesPerSecond",
    "freezeCount", "totalFreezesDuration", "pauseCount", "totalPausesDuration", "totalDecodeTime"],
  audio: [...SHARED, "totalSamplesReceived", "concealedSamples", "silentConcealedSamples", "concealmentEvents"],
};

/** `totalDecodeTime` as the messages name it: `total_decode_time`. */
export function snakeCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The inbound-rtp report of `kind`; undefined where nothing was negotiated. */
export function inbound(reports, kind) {
  return reports.find((report) => report.type === "inbound-rtp" && report.kind === kind);
}

function pageStats(clock, freezes) {
  const page = { frames_shown: clock.framesShown };
  if (freezes.known) {
    page.motion_freeze_count = freezes.count;
    page.motion_freezes_duration = freezes.totalMs / 1000;
  }
  if (clock.inputToPhotonMs.length > 0) {
    page.input_to_photon_median = percentile(clock.inputToPhotonMs, 50) / 1000;
    page.input_to_photon_p95 = percentile(clock.inputToPhotonMs, 95) / 1000;
  }
  return page;
}

/** The `stats` message of these reports, a FrameClock and a Freezes. What a browser does not know is left out. */
export function statsMessage(reports, clock, freezes) {
  const message = { type: "stats", page: pageStats(clock, freezes) };
  for (const [kind, names] of Object.entries(FIELDS)) {
    const report = inbound(reports, kind);
    if (!report) continue;
    const known = names.filter((name) => Number.isFinite(report[name]));
    message[kind] = Object.fromEntries(known.map((name) => [snakeCase(name), report[name]]));
  }
  return message;
}

/** Tell it from now on; `currentVisit()` is the visit to report on, or null. */
export function tellStats(currentVisit, clock, freezes) {
  setInterval(async () => {
    const visit = currentVisit();
    if (visit) visit.channel.send(statsMessage(await visit.receiverReports(), clock, freezes));
  }, INTERVAL_MS);
}
