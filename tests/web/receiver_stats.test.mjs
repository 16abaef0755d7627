import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClock } from "../../control/web/frame_clock.js";
import { Freezes } from "../../control/web/freezes.js";
import { snakeCase, statsMessage } from "../../control/web/receiver_stats.js";

const told = (reports) => statsMessage(reports, new FrameClock(), new Freezes());

test("the standard's names become those of the messages", () => {
  assert.equal(snakeCase("totalFreezesDuration"), "total_freezes_duration");
  assert.equal(snakeCase("jitter"), "jitter");
});

test("picture and sound are told apart, and nothing else is told", () => {
  const message = told([
    { type: "codec", id: "C1", mimeType: "video/H264" },
    { type: "inbound-rtp", kind: "video", framesDecoded: 9, packetsLost: -1, ssrc: 4711, decoderImplementation: "FFmpeg" },
    { type: "inbound-rtp", kind: "audio", concealedSamples: 480, totalAudioEnergy: 0.5 },
  ]);
  assert.deepEqual(message, {
    type: "stats",
    page: { frames_shown: 0 },
    video: { packets_lost: -1, frames_decoded: 9 },
    audio: { concealed_samples: 480 },
  });
});

test("what a browser does not know, or knows no number for, is left out", () => {
  const message = told([{ type: "inbound-rtp", kind: "video", framesDecoded: 1, jitter: NaN, freezeCount: undefined }]);
  assert.deepEqual([message.video, message.audio], [{ frames_decoded: 1 }, undefined]);
  assert.equal(told([]).video, undefined);
});

test("what the page measures itself goes with it, in seconds", () => {
  const clock = new FrameClock();
  const freezes = new Freezes();
  clock.inputSent(1, 0);
  clock.described({ rtp: 1, seq: 1, stages: {} });
  clock.shown(1, 40, 1);
  for (const rtp of [1, 2, 3]) {
    freezes.described({ rtp, resting: false });
    freezes.shown(rtp, 33 * rtp);
  }
  assert.deepEqual(statsMessage([], clock, freezes).page, {
    frames_shown: 1,
    motion_freeze_count: 0,
    motion_freezes_duration: 0,
    input_to_photon_median: 0.04,
    input_to_photon_p95: 0.04,
  });
});
