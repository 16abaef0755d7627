import assert from "node:assert/strict";
import { test } from "node:test";
import { delayMs, LONGEST_MS } from "../../control/web/backoff.js";
import { chooseLanguage, textsOf } from "../../control/web/texts.js";
import { PITCH_LIMIT_RAD, WalkState } from "../../control/web/walk_state.js";

test("dragging to the right turns to the left: the world follows the finger", () => {
  const walk = new WalkState();
  walk.drag(100, 0, 0.01);
  assert.equal(walk.snapshot().yaw, 1);
  walk.drag(0, 1000, 0.01);
  assert.equal(walk.snapshot().pitch, PITCH_LIMIT_RAD);
});

test("opposite keys cancel out, and releasing them stops", () => {
  const walk = new WalkState();
  walk.key("KeyW", true);
  walk.key("KeyD", true);
  assert.deepEqual([walk.snapshot().right, walk.snapshot().forward], [1, 1]);
  walk.key("ArrowDown", true);
  assert.equal(walk.snapshot().forward, 0);
  walk.releaseAll();
  assert.deepEqual([walk.snapshot().right, walk.snapshot().forward], [0, 0]);
});

test("the arrows turn, at the same speed whatever the frame rate", () => {
  const [slow, fast] = [new WalkState(), new WalkState()];
  for (const walk of [slow, fast]) walk.key("ArrowLeft", true);
  assert.ok(slow.turning);
  slow.advance(0.1);
  for (let step = 0; step < 10; step += 1) fast.advance(0.01);
  assert.ok(Math.abs(slow.yaw - fast.yaw) < 1e-9);
  assert.ok(slow.yaw > 0);
});

test("where one can only look around, the keys that walk tilt", () => {
  const walk = new WalkState();
  walk.canWalk = false;
  walk.key("ArrowUp", true);
  walk.key("KeyD", true);
  assert.ok(walk.turning);
  walk.advance(0.1);
  const { yaw, pitch, right, forward } = walk.snapshot();
  assert.ok(pitch > 0);
  assert.deepEqual([yaw, right, forward], [0, 0, 0]);
  walk.stick(1, 1);
  assert.deepEqual([walk.snapshot().right, walk.snapshot().forward], [0, 0]);
});

test("zooming stays within what the scene allows", () => {
  const walk = new WalkState();
  walk.zoomBy(2);
  assert.equal(walk.snapshot().zoom, 1, "one cannot zoom where the scene does not say so");
  walk.zoomMax = 4;
  walk.zoomBy(2);
  assert.equal(walk.snapshot().zoom, 2);
  walk.zoomBy(100);
  assert.equal(walk.snapshot().zoom, 4);
  walk.zoomBy(0);
  assert.equal(walk.snapshot().zoom, 1);
});

const welcome = { visit: "a", scene: "hall", arrivals: 0, yaw: 1, pitch: 0.5, walk: true, zoom_max: 4 };

test("one looks where one arrives: in a scene, and at another place in it", () => {
  const walk = new WalkState();
  walk.welcomed(welcome, null);
  assert.deepEqual([walk.yaw, walk.pitch], [1, 0.5]);
  walk.drag(100, 0, 0.01);
  walk.zoomBy(2);
  const corner = { ...welcome, arrivals: 1, yaw: -2, pitch: 0 };
  walk.welcomed(corner, welcome);
  assert.deepEqual([walk.yaw, walk.pitch, walk.zoom], [-2, 0, 1]);
  walk.welcomed({ ...corner, arrivals: 2, scene: "cellar", yaw: 3 }, corner);
  assert.equal(walk.yaw, 3);
});

test("who is told again where they are, or comes back after a lost connection, looks on as before", () => {
  const walk = new WalkState();
  const corner = { ...welcome, arrivals: 1 };
  walk.welcomed(corner, null);
  walk.look(0.25, 0);
  walk.zoomBy(2);
  walk.welcomed(corner, corner);
  walk.welcomed({ ...welcome, visit: "b" }, corner);
  assert.deepEqual([walk.yaw, walk.zoom], [0.25, 2]);
});

test("other keys mean nothing here", () => {
  assert.equal(new WalkState().key("KeyI", true), false);
});

test("a stick that is pushed too far is not faster", () => {
  const walk = new WalkState();
  walk.stick(3, 4);
  assert.deepEqual([walk.snapshot().right, walk.snapshot().forward], [0.6, 0.8]);
});

test("attempts come less and less often, up to a limit", () => {
  assert.deepEqual([0, 1, 2].map((attempt) => delayMs(attempt, 1)), [250, 500, 1000]);
  assert.equal(delayMs(30, 1), LONGEST_MS);
  assert.ok(delayMs(30, 0) < LONGEST_MS);
});

test("the browser's languages choose the page's", () => {
  assert.equal(chooseLanguage(["zh-TW", "en"]), "zh");
  assert.equal(chooseLanguage(["fr", "zh-CN"]), "zh");
  assert.equal(chooseLanguage(["fr"]), "en");
  assert.deepEqual(Object.keys(textsOf("en")), Object.keys(textsOf("zh")));
});
