import assert from "node:assert/strict";
import { test } from "node:test";
import { LossWatch, LOST_MS, SUSPECTED_MS, TICK_MS } from "../../control/web/loss_watch.js";

/** Ticks until `untilMs`, each `stepMs`; `heardAt(nowMs)` says whether something came since the last one. */
function run(watch, untilMs, { heardAt = () => false, fromMs = 0, stepMs = TICK_MS } = {}) {
  const done = { pings: [], asked: [], lost: null };
  for (let nowMs = fromMs + stepMs; nowMs <= untilMs && done.lost === null; nowMs += stepMs) {
    if (heardAt(nowMs)) watch.heard(nowMs);
    const { ping, ask, lost } = watch.tick(nowMs);
    if (ping) done.pings.push(nowMs);
    if (ask) done.asked.push(nowMs);
    if (lost) done.lost = nowMs;
  }
  return done;
}

test("pings go out often where a gateway can be asked, and once a second where none can", () => {
  const heardAt = () => true;
  assert.deepEqual(run(new LossWatch(true, 0), 2000, { heardAt }).pings, [200, 600, 1000, 1400, 1800]);
  assert.deepEqual(run(new LossWatch(false, 0), 3300, { heardAt }).pings, [200, 1200, 2200, 3200]);
});

test("a short silence makes the page ask, and ask again, and a long one is a loss", () => {
  const { asked, lost } = run(new LossWatch(true, 0), 10_000);
  assert.equal(asked[0], SUSPECTED_MS);
  assert.ok(asked.length >= 4, "a gateway may be slower than the page in seeing it");
  assert.ok(lost > LOST_MS && lost <= LOST_MS + TICK_MS);
});

test("without a gateway nobody is asked, and only the long silence counts", () => {
  const { asked, lost } = run(new LossWatch(false, 0), 10_000);
  assert.deepEqual(asked, []);
  assert.ok(lost > LOST_MS);
});

test("a radio that hands over for 400 ms makes nobody ask", () => {
  // Pongs come each 400 ms, but for one hand-over every two seconds.
  const heardAt = (nowMs) => nowMs % 400 === 0 && nowMs % 2000 >= 400;
  assert.deepEqual(run(new LossWatch(true, 0), 20_000, { heardAt }).asked, []);
});

test("silences of two seconds, as a lost packet of an ordered channel makes, end no visit", () => {
  const { asked, lost } = run(new LossWatch(true, 0), 30_000, { heardAt: (nowMs) => nowMs % 2000 === 0 });
  assert.equal(lost, null);
  assert.ok(asked.length > 0);
});

test("a tab in the background, whose clock ticks once a second, neither asks nor loses", () => {
  const { asked, lost, pings } = run(new LossWatch(true, 0), 60_000, { heardAt: () => true, stepMs: 1000 });
  assert.deepEqual([asked, lost, pings.length], [[], null, 60]);
});

test("a page that slept takes its own silence for nobody's loss", () => {
  const watch = new LossWatch(true, 0);
  run(watch, 1000, { heardAt: () => true });
  assert.deepEqual(watch.tick(3_600_000), { ping: true, ask: false, lost: false });
  const { lost } = run(watch, 3_600_600, { fromMs: 3_600_000, heardAt: (nowMs) => nowMs >= 3_600_400 });
  assert.equal(lost, null);
});
