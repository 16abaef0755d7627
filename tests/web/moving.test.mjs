import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Moving } from "../../control/web/moving.js";

let begun, left, dropped, busy, answer;

beforeEach(() => {
  mock.timers.enable({ apis: ["setInterval"] });
  [begun, left, dropped, busy] = [0, 0, 0, false];
  answer = async () => ({ token: "token" });
});

afterEach(() => mock.timers.reset());

function moving() {
  return new Moving(60_000, {
    join: (signal) => answer(signal),
    begin: () => ({ number: (begun += 1), leave: () => (left += 1) }),
    drop: () => (dropped += 1),
    possible: () => true,
    busy: () => busy,
  });
}

/** Let it look, and let what it asks be answered. */
async function look() {
  mock.timers.tick(100);
  await new Promise(setImmediate);
}

test("who stands gets a new visit, which is theirs with all that it has said", async () => {
  const way = moving();
  await look();
  await look();
  assert.equal(begun, 1);
  way.messages.push({ type: "welcome" });
  way.ready = true;
  const { visit, messages } = way.release();
  assert.deepEqual([visit.number, messages.length], [1, 1]);
  await look();
  assert.deepEqual([begun, left, dropped], [1, 0, 0]);
});

test("who walks is waited for", async () => {
  busy = true;
  const way = moving();
  await look();
  assert.equal(begun, 0);
  busy = false;
  await look();
  assert.equal(begun, 1);
  way.stop();
});

test("a visitor who went elsewhere meanwhile gets another new visit, and the first one is left", async () => {
  const way = moving();
  await look();
  way.outdated();
  assert.deepEqual([left, dropped, way.visit], [1, 1, null]);
  await look();
  assert.equal(way.visit.number, 2);
  way.stop();
});

test("what is refused is tried again, when the server says", async () => {
  const refused = Object.assign(new Error("full"), { retryAfterMs: 0 });
  answer = async () => {
    answer = async () => ({ token: "token" });
    throw refused;
  };
  const way = moving();
  await look();
  assert.equal(way.visit, null);
  await look();
  assert.equal(way.visit.number, 1);
  way.stop();
});

test("who leaves meanwhile waits in no line, and leaves no visit behind", async () => {
  let asked;
  answer = (signal) => new Promise((resolve, reject) => {
    asked = signal;
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const way = moving();
  await look();
  way.stop();
  await new Promise(setImmediate);
  assert.deepEqual([asked.aborted, begun], [true, 0]);
  answer = async () => ({ token: "token" });
  const other = moving();
  await look();
  other.stop();
  assert.deepEqual([begun, left], [1, 1]);
});
