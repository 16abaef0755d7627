import assert from "node:assert/strict";
import { test } from "node:test";
import { HandOver } from "../../control/web/hand_over.js";

test("who stands is handed over at once", () => {
  assert.equal(new HandOver(10_000, 0).due(0, false), true);
});

test("who walks is waited for, but not for ever", () => {
  const plan = new HandOver(10_000, 0);
  assert.equal(plan.due(4_900, true), false);
  assert.equal(plan.due(4_900, false), true);
  assert.equal(plan.due(5_000, true), true);
});

test("after a failure it waits, longer each time, or as long as the server says", () => {
  const plan = new HandOver(10_000, 0);
  plan.failed(0);
  assert.equal(plan.due(100, false), false);
  assert.equal(plan.due(250, false), true);
  plan.failed(250);
  assert.equal(plan.due(500, false), false);
  assert.equal(plan.due(750, false), true);
  plan.failed(1_000, 3_000);
  assert.equal(plan.due(3_999, false), false);
  assert.equal(plan.due(4_000, false), true);
});

test("who went elsewhere meanwhile is handed over from there, at once", () => {
  const plan = new HandOver(10_000, 0);
  plan.failed(0, 5_000);
  plan.outdated(100);
  assert.equal(plan.due(100, false), true);
});
