import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, retryAfterSeconds } from "../../control/web/backoff.js";
import { linkReport } from "../../control/web/link_report.js";
import { percentile } from "../../control/web/percentile.js";
import { chooseLanguage, pageText, serverText, textKeys } from "../../control/web/texts.js";

test("percentiles are linear between the nearest values and do not need order", () => {
  assert.equal(percentile([], 0.5), null);
  assert.equal(percentile([7], 0.95), 7);
  assert.equal(percentile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(percentile([...Array(101).keys()].reverse(), 0.95), 95);
});

test("attempts are spaced from 0.25 s to 4 s, a little apart from each other", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, 0)),
    [250, 500, 1000, 2000, 4000, 4000, 4000],
  );
  assert.equal(backoffMs(4, 1), 3200);
});

test("Retry-After is believed within reason", () => {
  assert.equal(retryAfterSeconds("7"), 7);
  assert.equal(retryAfterSeconds(null), 5);
  assert.equal(retryAfterSeconds("Tue, 24 Nov 2026 14:00:00 GMT"), 5);
  assert.equal(retryAfterSeconds("0"), 1);
  assert.equal(retryAfterSeconds("86400"), 120);
});

test("the first language of the browser that we have is taken", () => {
  assert.equal(chooseLanguage(["zh-Hans-CN", "en"]), "zh");
  assert.equal(chooseLanguage(["de-DE", "ZH", "en"]), "zh");
  assert.equal(chooseLanguage(["de", "fr"]), "en");
  assert.equal(chooseLanguage([]), "en");
});

test("both languages have every text", () => {
  assert.deepEqual(textKeys("zh"), textKeys("en"));
  assert.equal(pageText("en", "retryIn", { seconds: 3 }), "Next attempt in 3 s");
  assert.equal(serverText("zh", { en: "Card" }), "Card");
});

const reports = (timestamp, bytesReceived, framesDecoded, packetsReceived, packetsLost) => [
  { id: "c", type: "codec", mimeType: "video/H264" },
  { id: "p", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.004 },
  {
    id: "v", type: "inbound-rtp", kind: "video", codecId: "c", timestamp, bytesReceived, framesDecoded,
    packetsReceived, packetsLost, frameWidth: 1280, frameHeight: 720, totalDecodeTime: framesDecoded * 0.003,
  },
];

test("link figures are rates between two reports", () => {
  const before = linkReport(reports(1000, 0, 0, 0, 0), null);
  assert.equal(before.bitrateBps, null);
  const now = linkReport(reports(3000, 1_000_000, 60, 950, 50), before);
  assert.equal(now.bitrateBps, 4_000_000);
  assert.equal(now.framesPerS, 30);
  assert.equal(now.lossFraction, 0.05);
  assert.equal(now.codec, "H264");
  assert.equal(now.roundTripMs, 4);
  assert.ok(Math.abs(now.decodeMs - 3) < 1e-9);
});

test("no video yet gives no report", () => {
  assert.equal(linkReport([{ id: "t", type: "transport" }], null), null);
});
