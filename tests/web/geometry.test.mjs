import assert from "node:assert/strict";
import { test } from "node:test";
import { fitOf, placement, samePose, toPage, toPicture } from "../../control/web/geometry.js";

const video = { width: 1280, height: 720 };
const frame = { position: [0, 1.6, 0], yaw: 0, pitch: 0, fov_y: Math.PI / 3 };
const close = (actual, expected, tolerance = 1e-6) => assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test("a video of the page's shape is placed exactly", () => {
  assert.deepEqual(placement(640, 360, 1280, 720), { scale: 0.5, left: 0, top: 0 });
});

test("a wider page crops the picture above and below", () => {
  const at = placement(1280, 640, 1280, 720);
  assert.deepEqual(at, { scale: 1, left: 0, top: -40 });
  assert.deepEqual(toPicture(640, 320, { width: 1280, height: 640 }, video), { x: 0.5, y: 0.5 });
  assert.equal(toPicture(0, 0, { width: 1280, height: 640 }, video).y, 40 / 720);
});

test("a follower's page shows the whole picture, with bars where its shape is another", () => {
  const box = { width: 400, height: 800 };
  assert.deepEqual(placement(400, 800, 1280, 720, "contain"), { scale: 400 / 1280, left: 0, top: 287.5 });
  close(toPicture(200, 287.5, box, video, "contain").y, 0);
  assert.equal(toPicture(200, 10, box, video, "contain").y, 0, "a tap on a bar is one on the edge");
  close(toPage([0, 1.6, -5], frame, box, video, "contain").y, 400);
});

test("a picture of about the page's shape fills it, one of another is shown whole", () => {
  assert.equal(fitOf({ width: 960, height: 540 }, { width: 960, height: 544 }), "cover");
  assert.equal(fitOf({ width: 390, height: 844 }, { width: 960, height: 544 }), "contain");
});

test("frames are of one view where position and angles are the same", () => {
  assert.ok(samePose(frame, { ...frame, position: [...frame.position] }));
  assert.ok(!samePose(frame, { ...frame, yaw: 0.1 }));
  assert.ok(!samePose(frame, { ...frame, position: [0, 1.6, 1] }));
});

test("what is straight ahead is in the middle, whatever the yaw", () => {
  const ahead = toPage([0, 1.6, -5], frame, video, video);
  close(ahead.x, 640);
  close(ahead.y, 360);
  close(ahead.depth, 5);
  const left = toPage([-5, 1.6, 0], { ...frame, yaw: Math.PI / 2 }, video, video);
  close(left.x, 640);
  close(left.depth, 5);
});

test("the edge of the field of view is the edge of the picture", () => {
  const height = 5 * Math.tan(frame.fov_y / 2);
  close(toPage([0, 1.6 + height, -5], frame, video, video).y, 0);
  close(toPage([(height * 1280) / 720, 1.6, -5], frame, video, video).x, 1280);
});

test("looking up moves things down, and what is behind is not shown", () => {
  assert.ok(toPage([0, 1.6, -5], { ...frame, pitch: 0.3 }, video, video).y > 360);
  assert.equal(toPage([0, 1.6, 5], frame, video, video), null);
});
