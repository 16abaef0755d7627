import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused } from "../../control/web/refused.js";
import { setback } from "../../control/web/setback.js";

const LOSS = { error: null, reason: null, attempt: 0, wasIn: true, lostForMs: 0, moving: false };
const after = (more) => setback({ ...LOSS, ...more }, 1);
const refused = (code, { texts = { en: "No.", zh: "不。" }, retryAfterMs = 5000, place = null } = {}) =>
  new Refused(code, texts, retryAfterMs, place);

test("who lost the connection comes back at once, and then after longer and longer waits", () => {
  assert.deepEqual(after({}), { state: "reconnecting", afterMs: 0 });
  assert.deepEqual([1, 2, 3, 9].map((attempt) => after({ attempt }).afterMs), [250, 500, 1000, 4000]);
});

test("who never was inside waits before the second attempt", () => {
  assert.deepEqual(after({ wasIn: false }), { state: "connecting", afterMs: 250 });
});

test("a full showroom is waited for: in line where there is one, by asking again where there is none", () => {
  assert.deepEqual(after({ error: refused("full", { place: { ticket: "t", position: 3 } }) }), { state: "queued", afterMs: 0 });
  for (const code of ["full", "followers-full", "too-many-attempts"]) {
    assert.deepEqual(after({ error: refused(code) }), { state: "full", afterMs: 5000 });
  }
});

test("a showroom that opens, or is not there, is asked for again as the server says", () => {
  assert.deepEqual(after({ error: refused("starting") }), { state: "opening", afterMs: 5000 });
  assert.deepEqual(after({ error: refused("no-showroom") }), { state: "noShowroom", afterMs: 5000 });
});

test("who has no good invitation is told so for good", () => {
  for (const code of ["invitation-needed", "bad-token", "expired-token", "used-token"]) {
    assert.deepEqual(after({ error: refused(code), wasIn: false }), { state: "notInvited", afterMs: null });
  }
});

test("a visit that goes on in another tab is not taken back", () => {
  assert.deepEqual(after({ reason: "replaced" }), { state: "ended", afterMs: null });
});

test("a guided visit that ended has ended, unless it moves to another renderer", () => {
  assert.deepEqual(after({ reason: "guide-ended" }), { state: "guideEnded", afterMs: null });
  assert.deepEqual(after({ reason: "guide-ended", moving: true }), { state: "reconnecting", afterMs: 0 });
});

test("followers of a lost renderer look for their presenter for a while", () => {
  const error = refused("no-guide");
  assert.deepEqual(after({ error, attempt: 1, lostForMs: 300 }), { state: "reconnecting", afterMs: 500 });
  assert.deepEqual(after({ error, attempt: 6, lostForMs: 9000 }), { state: "guideEnded", afterMs: null });
  assert.deepEqual(after({ error, wasIn: false }), { state: "noGuide", afterMs: null });
});
