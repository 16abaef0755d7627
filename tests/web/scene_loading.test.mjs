import assert from "node:assert/strict";
import { test } from "node:test";
import { SceneLoading } from "../../control/web/scene_loading.js";
import { textsOf } from "../../control/web/texts.js";

function element() {
  return { hidden: true, textContent: "", setAttribute() {} };
}

function page() {
  const timers = { waiting: null, set: (run) => (timers.waiting = run), clear: () => (timers.waiting = null) };
  const parts = { box: element(), text: element(), bar: element() };
  return { parts, timers, loading: new SceneLoading(parts, timers) };
}

test("the bar follows what the node says until the visitor is there", () => {
  const { parts, loading } = page();
  loading.told({ scene: "lounge", done: 0.25, failed: null }, textsOf("en"));
  assert.equal(parts.box.hidden, false);
  assert.equal(parts.bar.value, 0.25);
  assert.equal(parts.text.textContent, textsOf("en").sceneLoading);
  loading.setTexts(textsOf("zh"));
  assert.equal(parts.text.textContent, textsOf("zh").sceneLoading);
  loading.over();
  assert.equal(parts.box.hidden, true);
});

test("that the picture stands still meanwhile is said", () => {
  const { parts, loading } = page();
  loading.told({ scene: "lounge", done: 0, stands_still: false, failed: null }, textsOf("en"));
  loading.told({ scene: "lounge", done: 0, stands_still: true, failed: null }, textsOf("en"));
  assert.equal(parts.text.textContent, textsOf("en").sceneLoadingStands);
  assert.equal(parts.bar.hidden, false);
});

test("a scene that can't be loaded is said for a while", () => {
  const { parts, timers, loading } = page();
  loading.told({ scene: "lounge", done: 0, failed: "needs 900 MiB" }, textsOf("en"));
  assert.equal(parts.text.textContent, textsOf("en").sceneFailed);
  assert.equal(parts.bar.hidden, true);
  timers.waiting();
  assert.equal(parts.box.hidden, true);
});

test("a new choice takes the place of a failure", () => {
  const { parts, timers, loading } = page();
  loading.told({ scene: "lounge", done: 0, failed: "broken" }, textsOf("en"));
  loading.told({ scene: "hall", done: 0.5, failed: null }, textsOf("en"));
  assert.equal(timers.waiting, null);
  assert.equal(parts.bar.hidden, false);
});
