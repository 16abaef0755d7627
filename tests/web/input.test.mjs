import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPace } from "../../control/web/input_pace.js";
import { InputState, stickAxes } from "../../control/web/input_state.js";

const STILL = { yaw: 0, pitch: 0, right: 0, forward: 0 };

test("dragging grabs the world: to the right looks left, down looks up", () => {
  const input = new InputState();
  input.drag(100, 50, 0.01);
  assert.deepEqual(input.snapshot(), { ...STILL, yaw: 1, pitch: 0.5 });
});

test("pitch ends at 89 degrees, yaw turns on and on", () => {
  const input = new InputState();
  input.drag(1e5, 1e5, 0.01);
  assert.ok(input.pitch < Math.PI / 2 && input.pitch > 1.55);
  assert.equal(input.yaw, 1000);
});

test("WASD walk, and a diagonal is no faster", () => {
  const input = new InputState();
  assert.ok(input.press("KeyW"));
  assert.equal(input.snapshot().forward, 1);
  input.press("KeyD");
  const { right, forward } = input.snapshot();
  assert.ok(Math.hypot(right, forward) <= 1.001 && right > 0.7 && forward > 0.7);
  input.press("KeyS");
  assert.equal(input.snapshot().forward, 0, "opposite keys cancel out");
  input.releaseAll();
  assert.deepEqual(input.snapshot(), STILL);
});

test("left and right arrows turn with time, other keys mean nothing", () => {
  const input = new InputState();
  input.press("ArrowLeft");
  assert.ok(input.turning);
  input.advance(0.5);
  assert.equal(input.snapshot().yaw, 0.8);
  input.release("ArrowLeft");
  assert.ok(!input.turning);
  assert.equal(input.press("KeyZ"), false);
});

test("stick and keys add up to at most full speed", () => {
  const input = new InputState();
  input.press("ArrowUp");
  input.holdStick("thumb", 0, 0.9);
  assert.equal(input.snapshot().forward, 1);
  input.release("ArrowUp");
  assert.equal(input.snapshot().forward, 0.9);
  input.releaseStick("thumb");
  assert.deepEqual(input.snapshot(), STILL);
});

test("a stick rests in its middle, is full at its rim and beyond, and up is forward", () => {
  assert.deepEqual(stickAxes(3, 3, 50), { right: 0, forward: 0 });
  assert.deepEqual(stickAxes(0, -50, 50), { right: 0, forward: 1 });
  assert.deepEqual(stickAxes(200, 0, 50), { right: 1, forward: -0 });
});

test("an unchanged state is sent once, then again after 50, 150 and 350 ms with the same seq", () => {
  const pace = new InputPace();
  const sent = [];
  for (let now = 0; now <= 1000; now += 10) {
    const next = pace.next(STILL, now);
    if (next !== null) sent.push([now, next.message.seq, next.fresh]);
  }
  assert.deepEqual(sent, [
    [0, 1, true],
    [50, 1, false],
    [150, 1, false],
    [350, 1, false],
  ]);
  assert.ok(!pace.pending);
});

test("a change counts up and begins the repeats anew", () => {
  const pace = new InputPace();
  pace.next(STILL, 0);
  assert.equal(pace.next({ ...STILL, yaw: 0.1 }, 16).message.seq, 2);
  assert.equal(pace.next({ ...STILL, yaw: 0.1 }, 50), null);
  assert.equal(pace.next({ ...STILL, yaw: 0.1 }, 66).message.seq, 2);
});

test("a new connection gets the state although it did not change, with a seq that goes on", () => {
  const pace = new InputPace();
  pace.next(STILL, 0);
  pace.forget();
  const { message, fresh } = pace.next(STILL, 5000);
  assert.equal(message.seq, 2);
  assert.ok(fresh);
});
