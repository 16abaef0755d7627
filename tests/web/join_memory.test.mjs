import assert from "node:assert/strict";
import { test } from "node:test";
import { JoinMemory } from "../../control/web/join_memory.js";

function storage(entries = []) {
  const kept = new Map(entries);
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
    kept,
  };
}

test("a page that is loaded again finds its visit and its place in line", () => {
  const tab = storage();
  const before = new JoinMemory(tab);
  before.resume = "resume";
  before.ticket = "ticket";
  before.putDown();
  const after = new JoinMemory(tab);
  assert.deepEqual([after.resume, after.ticket], ["resume", "ticket"]);
});

test("a duplicate of a tab that is seen finds nothing: two would take the visit from each other", () => {
  const tab = storage();
  const page = new JoinMemory(tab);
  page.resume = "resume";
  const duplicate = new JoinMemory(storage(tab.kept));
  assert.equal(duplicate.resume, null);
  page.putDown(); // hidden, by its duplicate
  page.takeUp(); // and seen again
  assert.equal(tab.kept.size, 0);
  assert.equal(page.resume, "resume");
});

test("what somebody else wrote there, and a forbidden storage, mean that we begin anew", () => {
  for (const text of ["{", "null", '"text"', "[]"]) {
    const memory = new JoinMemory(storage([["edge-render-visit", text]]));
    assert.deepEqual([memory.resume, memory.ticket], [null, null]);
  }
  const memory = new JoinMemory(undefined);
  memory.resume = "resume";
  memory.putDown();
  assert.equal(memory.resume, "resume");
});
