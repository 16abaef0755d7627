import assert from "node:assert/strict";
import { test } from "node:test";
import { Freezes } from "../../control/web/freezes.js";

/** Thirty-one pictures, 33 ms apart, of something that moves; then the last one stands. */
function moving() {
  const freezes = new Freezes();
  for (let index = 0; index <= 30; index += 1) shown(freezes, index, 33 * index);
  return freezes;
}

function shown(freezes, rtp, atMs, resting = false) {
  freezes.described({ rtp, resting });
  freezes.shown(rtp, atMs);
}
const END_MS = 33 * 30;

test("pictures that come evenly are no freeze", () => {
  assert.deepEqual([moving().count, moving().totalMs], [0, 0]);
});

test("freezes are known once two pictures were told of that moved", () => {
  const freezes = new Freezes();
  freezes.shown(1, 0); // a follower's page is not told of each
  freezes.shown(2, 33);
  shown(freezes, 3, 66, true);
  shown(freezes, 4, 99);
  assert.equal(freezes.known, false);
  assert.equal(moving().known, true);
});

test("a picture that stands much longer than the others is one, with all of its time", () => {
  const freezes = moving();
  shown(freezes, 31, END_MS + 184);
  shown(freezes, 32, END_MS + 217);
  assert.deepEqual([freezes.count, freezes.totalMs], [1, 184]);
});

test("what is late by less is none", () => {
  const freezes = moving();
  shown(freezes, 31, END_MS + 182);
  shown(freezes, 32, END_MS + 215);
  assert.equal(freezes.count, 0);
});

test("a rest is no freeze, however long, nor is the time until its first picture", () => {
  const freezes = moving();
  shown(freezes, 31, END_MS + 400, true);
  shown(freezes, 32, END_MS + 9000);
  shown(freezes, 33, END_MS + 9033);
  assert.equal(freezes.count, 0);
});

test("what a picture shows may be told after it was shown", () => {
  const freezes = moving();
  freezes.shown(31, END_MS + 400);
  freezes.described({ rtp: 31, resting: false });
  freezes.shown(32, END_MS + 433);
  assert.equal(freezes.count, 1);
});

test("what stands beside a picture of which nothing is known is none, nor what stands between two connections", () => {
  const freezes = moving();
  freezes.shown(99, END_MS + 33);
  shown(freezes, 100, END_MS + 900);
  shown(freezes, 101, END_MS + 933);
  freezes.restart();
  freezes.shown(101, END_MS + 9000);
  assert.equal(freezes.count, 0);
});
