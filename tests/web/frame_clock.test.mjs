import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClock, rtpDistance } from "../../control/web/frame_clock.js";

const STAGES = { wait: 1, draw: 10, capture: 2, queue: 0, encode: 4, send: 1 };
const told = (rtp, seq) => ({ type: "frame", rtp, seq, stages: STAGES });
let presented = 0;
const callback = (rtp, presentedFrames = (presented += 1)) => ({
  rtpTimestamp: rtp,
  presentedFrames,
  width: 1280,
  height: 720,
});

test("the first displayed frame that shows an input gives its delay, and says where the time went", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.frameTold(told(3000, 1));
  clock.frameDisplayed(callback(3000), 140);
  assert.deepEqual(clock.inputToPhotonMs, [40]);
  assert.equal(clock.stageMedians().draw, 10);
  assert.equal(clock.stageMedians().rest, 40 - 18);
});

test("a message that comes after its frame was displayed counts the same", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.frameDisplayed(callback(3000), 140);
  assert.equal(clock.lastFrame, null);
  clock.frameTold(told(3000, 1));
  assert.deepEqual(clock.inputToPhotonMs, [40]);
  assert.equal(clock.lastFrame.rtp, 3000);
});

test("idle repeats of a seen input give no sample", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  for (const rtp of [3000, 6000, 9000]) {
    clock.frameTold(told(rtp, 1));
    clock.frameDisplayed(callback(rtp), rtp);
  }
  assert.equal(clock.inputToPhotonMs.length, 1);
  assert.equal(clock.framesShown, 3);
});

test("a frame that covers several inputs is measured by the newest", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.inputSent(2, 116);
  clock.inputSent(3, 132);
  clock.frameTold(told(3000, 3));
  clock.frameDisplayed(callback(3000), 150);
  assert.deepEqual(clock.inputToPhotonMs, [18]);
});

test("an input that is sent again keeps the time of its first sending", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.inputSent(1, 150);
  clock.frameTold(told(3000, 1));
  clock.frameDisplayed(callback(3000), 160);
  assert.deepEqual(clock.inputToPhotonMs, [60]);
});

test("frames that are passed over count as skipped, whichever side is late", () => {
  const clock = new FrameClock();
  clock.frameTold(told(3000, 0));
  clock.frameTold(told(6000, 0));
  clock.frameDisplayed(callback(9000), 1);
  assert.equal(clock.framesSkipped, 2);
  clock.frameTold(told(7000, 0));
  assert.equal(clock.framesSkipped, 3);
  clock.frameTold(told(9000, 0));
  assert.equal(clock.framesSkipped, 3);
});

test("the browser's own count tells of callbacks that it left out", () => {
  const clock = new FrameClock();
  clock.frameDisplayed(callback(3000, 5), 1);
  clock.frameDisplayed(callback(6000, 6), 2);
  clock.frameDisplayed(callback(12000, 9), 3);
  assert.equal(clock.callbacksMissed, 2);
});

test("RTP timestamps wrap at 32 bits", () => {
  assert.equal(rtpDistance(5, 2 ** 32 - 5), 10);
  assert.equal(rtpDistance(2 ** 32 - 5, 5), -10);
  assert.equal(rtpDistance(7, 7), 0);
  const clock = new FrameClock();
  clock.frameDisplayed(callback(2 ** 32 - 1500), 1);
  clock.frameTold(told(1500, 0));
  assert.equal(clock.framesSkipped, 0, "a frame after the wrap is newer, not passed over");
  clock.frameDisplayed(callback(1500), 2);
  assert.equal(clock.lastFrame.rtp, 1500);
  clock.frameTold(told(2 ** 32 - 1500, 0));
  assert.equal(clock.lastFrame.rtp, 1500, "an old message does not bring back an old pose");
});

test("a new connection begins with new timestamps and keeps the samples", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.frameTold(told(4e9, 1));
  clock.frameDisplayed(callback(4e9, 900), 140);
  clock.restart();
  clock.frameTold(told(4e9 - 90000, 0));
  clock.frameDisplayed(callback(4e9 - 90000, 1), 200);
  assert.equal(clock.lastFrame.rtp, 4e9 - 90000);
  assert.equal(clock.framesSkipped, 0);
  assert.deepEqual(clock.inputToPhotonMs, [40]);
});

test("the newest 600 samples are kept", () => {
  const clock = new FrameClock();
  for (let seq = 1; seq <= 650; seq += 1) {
    clock.inputSent(seq, seq * 100);
    clock.frameTold(told(seq * 3000, seq));
    clock.frameDisplayed(callback(seq * 3000), seq * 100 + seq);
  }
  assert.equal(clock.inputToPhotonMs.length, 600);
  assert.equal(clock.inputToPhotonMs.at(-1), 650);
  assert.equal(clock.inputToPhoton().median, 350.5);
});
