import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClock } from "../../control/web/frame_clock.js";
import { Freezes } from "../../control/web/freezes.js";
import { statisticsGroups } from "../../control/web/statistics_groups.js";
import { labelOf, valueOf } from "../../control/web/statistics_texts.js";

const video = (timestamp, more) => ({ type: "inbound-rtp", kind: "video", timestamp, codecId: "C1", bytesReceived: 0, packetsReceived: 0,
  packetsLost: 0, framesDecoded: 0, jitterBufferDelay: 0, jitterBufferEmittedCount: 0, ...more });
const codec = { type: "codec", id: "C1", mimeType: "video/H264" };
const server = (more, sender) => ({
  video: { encoder_implementation: "libx264", target_bitrate: 2.5e6, total_encode_time: 0, frames_encoded: 0, key_frames_encoded: 1,
    quality_limitation_reason: "bandwidth", packets_sent: 70, retransmitted_packets_sent: 3, nack_count: 2, pli_count: 1, ...more },
  remote_video: { round_trip_time: 0.042, fraction_lost: 0.03, jitter: 0.002 },
  candidate_pair: { available_outgoing_bitrate: 3e6 },
  sender: { copied_packets_sent: 5, repair_packets_sent: 7, probe_packets_sent: 6, frames_dropped: 4, queue_delay: 0.015, ...sender },
});

function shown(now) {
  const base = { reports: [], server: null, before: { reports: [], server: null }, clock: new FrameClock(), freezes: new Freezes(), transport: "data channels" };
  const groups = statisticsGroups({ ...base, ...now });
  return Object.fromEntries(groups.map((group) => [group.key, Object.fromEntries(group.rows.map((row) => [row.key, row.value]))]));
}

test("rates and means are those since the refresh before", () => {
  const before = { reports: [video(1000, { bytesReceived: 500_000, framesDecoded: 10, packetsReceived: 100, packetsLost: 5 })], server: null };
  const reports = [codec, video(3000, { bytesReceived: 1_000_000, framesDecoded: 70, packetsReceived: 195, packetsLost: 10,
    jitterBufferDelay: 0.6, jitterBufferEmittedCount: 60, frameWidth: 1280, frameHeight: 720, freezeCount: 1, totalFreezesDuration: 0.4 })];
  const { receiver } = shown({ reports, before });
  assert.equal(receiver.pictures, "30.0");
  assert.equal(receiver.bitRate, "2.00 Mbit/s");
  assert.equal(receiver.lost, "5.0 % · 10");
  assert.equal(receiver.buffer, "10.0 ms");
  assert.equal(receiver.picture, "1280 × 720 H264");
  assert.equal(receiver.freezes, "1 · 0.4 s");
});

test("what is not known yet has a dash, and no group is empty", () => {
  const groups = shown({ reports: [video(1000)] });
  assert.deepEqual(Object.keys(groups), ["receiver", "network", "delay"], "the node has not said anything");
  assert.deepEqual([groups.receiver.bitRate, groups.receiver.decoding, groups.receiver.freezes], ["–", "–", "– · 0.0 s"]);
  assert.equal(groups.delay.motionFreezes, "–");
  assert.deepEqual(Object.keys(shown({})), ["network", "delay"]);
});

test("the sender tells its encoder, what limits it, and what it sent again", () => {
  const before = { reports: [], server: server({ total_encode_time: 1, frames_encoded: 100 }) };
  const { sender, network } = shown({ server: server({ total_encode_time: 1.2, frames_encoded: 130 }), before });
  assert.deepEqual([sender.encoder, sender.target, sender.encoding], ["libx264", "2.50 Mbit/s", "6.7 ms"]);
  assert.deepEqual([sender.limit, sender.repeated, sender.copied, sender.asked], ["bandwidth", "3", "5 · 7 · 6", "2 · 1"]);
  assert.deepEqual(network, { carries: "3.00 Mbit/s", roundTrip: "42.0 ms", reportedLoss: "3.0 %", jitter: "2.0 ms", queue: "15.0 ms",
    control: "data channels" });
});

test("before the receiver's first report the network has dashes", () => {
  const { network } = shown({ server: { ...server(), remote_video: null, candidate_pair: null } });
  assert.deepEqual([network.roundTrip, network.carries, network.reportedLoss], ["–", "–", "–"]);
});

test("sound has a row once there is any", () => {
  const audio = (more) => ({ type: "inbound-rtp", kind: "audio", packetsReceived: 0, ...more });
  assert.equal(shown({ reports: [video(1), audio()] }).receiver.concealed, undefined);
  const heard = audio({ packetsReceived: 50, concealedSamples: 480, totalSamplesReceived: 48_000 });
  assert.equal(shown({ reports: [video(1), heard] }).receiver.concealed, "1.0 %");
});

test("every row has a label in both languages", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 0);
  clock.described({ rtp: 1, seq: 1, stages: { wait: 1, draw: 1, capture: 1, queue: 1, encode: 1, send: 1 } });
  clock.shown(1, 30, 1);
  const audio = { type: "inbound-rtp", kind: "audio", packetsReceived: 1 };
  const before = { reports: [], server: null };
  const groups = statisticsGroups({ reports: [video(1), audio], server: server(), before, clock, freezes: new Freezes(), transport: "x" });
  for (const key of groups.flatMap((group) => [group.key, ...group.rows.map((row) => row.key)])) {
    assert.notEqual(labelOf(key, "en"), key, key);
    assert.match(labelOf(key, "zh"), /[\u4e00-\u9fff]/, key);
  }
  assert.equal(valueOf("bandwidth", "zh"), "链路");
  assert.equal(valueOf("libx264", "zh"), "libx264");
});

test("an encoder that failed is told, with the one that goes on", () => {
  const { sender } = shown({ server: server(), replaced: { failed: "libx264", encoder: "libvpx", codec: "vp8" } });
  assert.equal(sender.failed, "libx264 → libvpx");
});
