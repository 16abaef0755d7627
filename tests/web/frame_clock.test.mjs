import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameClock, percentile } from "../../control/web/frame_clock.js";

const described = (rtp, seq) => ({ rtp, seq, stages: { draw: 10, encode: 5 } });

test("the delay runs from sending an input to the first frame that shows it", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 100);
  clock.described(described(9000, 1));
  clock.shown(9000, 140, 1);
  clock.described(described(12000, 1));
  clock.shown(12000, 180, 2);
  assert.deepEqual(clock.inputToPhotonMs, [40]);
  assert.deepEqual(clock.stages, { draw: [10], encode: [5], network_and_display: [25] });
});

test("the description may come after the frame was shown", () => {
  const clock = new FrameClock();
  clock.inputSent(3, 0);
  clock.shown(5, 30, 1);
  assert.equal(clock.lastFrame, null);
  clock.described(described(5, 3));
  assert.deepEqual(clock.inputToPhotonMs, [30]);
  assert.equal(clock.lastFrame.seq, 3);
});

test("a frame that shows several inputs counts once, for the newest", () => {
  const clock = new FrameClock();
  for (const seq of [1, 2, 3]) clock.inputSent(seq, seq * 10);
  clock.described(described(7, 3));
  clock.shown(7, 50, 1);
  assert.deepEqual(clock.inputToPhotonMs, [20]);
});

test("callbacks that the browser left out are counted", () => {
  const clock = new FrameClock();
  clock.shown(1, 0, 10);
  clock.shown(2, 33, 13);
  assert.equal(clock.framesShown, 2);
  assert.equal(clock.framesSkipped, 2);
});

test("timestamps that wrap around are still joined", () => {
  const clock = new FrameClock();
  clock.inputSent(1, 0);
  clock.inputSent(2, 33);
  clock.described(described(2 ** 32 - 1, 1));
  clock.described(described(2, 2));
  clock.shown(2 ** 32 - 1, 20, 1);
  clock.shown(2, 50, 2);
  assert.deepEqual(clock.inputToPhotonMs, [20, 17]);
});

test("after a new connection, old frames are not mistaken for new ones", () => {
  const clock = new FrameClock();
  clock.inputSent(5, 0);
  clock.described(described(1, 5));
  clock.restart();
  clock.shown(1, 10, 1);
  assert.deepEqual(clock.inputToPhotonMs, []);
});

test("percentiles are taken by the nearest rank", () => {
  assert.equal(percentile([], 50), null);
  assert.equal(percentile([3, 1, 2], 50), 2);
  assert.equal(percentile([...Array(100).keys()].map((value) => value + 1), 95), 95);
});
