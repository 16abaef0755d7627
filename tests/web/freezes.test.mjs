import assert from "node:assert/strict";
import { test } from "node:test";
import { Freezes } from "../../control/web/freezes.js";

/** Thirty-one pictures, 33 ms apart, of something that moves; then the last one stands. */
function moving() {
  const freezes = new Freezes();
  for (let index = 0; index <= 30; index += 1) {
    freezes.described({ rtp: index, resting: false });
    freezes.shown(index, 33 * index);
  }
  return freezes;
}
const END_MS = 33 * 30;

test("pictures that come evenly are no freeze", () => {
  assert.deepEqual([moving().count, moving().totalMs], [0, 0]);
});

test("a picture that stands much longer than the others is one, with all of its time", () => {
  const freezes = moving();
  freezes.shown(31, END_MS + 184);
  assert.deepEqual([freezes.count, freezes.totalMs], [1, 184]);
});

test("what is late by less is none", () => {
  const freezes = moving();
  freezes.shown(31, END_MS + 182);
  assert.equal(freezes.count, 0);
});

test("a rest is no freeze, however long", () => {
  const freezes = moving();
  freezes.described({ rtp: 31, resting: true });
  freezes.shown(31, END_MS + 33);
  freezes.shown(32, END_MS + 9000);
  assert.equal(freezes.count, 0);
});

test("nor is what stands after a picture of which nothing is known, or of a connection before", () => {
  const freezes = moving();
  freezes.shown(99, END_MS + 33);
  freezes.shown(100, END_MS + 900);
  freezes.described({ rtp: 100, resting: false });
  freezes.restart();
  freezes.shown(101, END_MS + 9000);
  assert.equal(freezes.count, 0);
});
