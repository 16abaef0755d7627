import assert from "node:assert/strict";
import { test } from "node:test";
import { Guide, readable } from "../../control/web/guide.js";
import { textsOf } from "../../control/web/texts.js";

function elements() {
  const element = () => ({ hidden: true, textContent: "" });
  return { panel: element(), text: element(), copy: element() };
}

test("a page without a guided visit asks for none and shows none", () => {
  const parts = elements();
  const guide = new Guide("?scene=hall", parts);
  guide.setTexts(textsOf("en"));
  assert.deepEqual(guide.query, {});
  assert.equal(guide.following, false);
  assert.equal(parts.panel.hidden, true);
});

test("who leads is shown the code and how many follow, in both languages", () => {
  const parts = elements();
  const guide = new Guide("?guide=new&name=Mei", parts);
  assert.deepEqual(guide.query, { guide: "new", name: "Mei" });
  guide.led({ code: "K7WX2P9Q", followers: 1 }, textsOf("en"));
  assert.equal(parts.text.textContent, "Guided visit K7WX-2P9Q · 1 follower");
  guide.led({ code: "K7WX2P9Q", followers: 12 }, textsOf("zh"));
  assert.match(parts.text.textContent, /K7WX-2P9Q.*12/);
  assert.equal(parts.panel.hidden, false);
});

test("who leads goes on leading the same visit after a lost connection", () => {
  const guide = new Guide("?guide=new", elements());
  guide.led({ code: "K7WX2P9Q", key: "secret", followers: 3 }, textsOf("en"));
  assert.deepEqual(guide.query, { guide: "K7WX2P9Q", key: "secret" });
});

test("the link can be copied where the browser has a clipboard", async () => {
  const parts = elements();
  globalThis.location = { href: "https://node.example/?guide=new" };
  const copied = [];
  const guide = new Guide("?guide=new", parts, { writeText: async (text) => copied.push(text) });
  guide.led({ code: "K7WX2P9Q", followers: 0 }, textsOf("en"));
  assert.equal(parts.copy.hidden, false);
  await parts.copy.onclick();
  assert.deepEqual(copied, ["https://node.example/?follow=K7WX2P9Q"]);
  assert.equal(parts.copy.textContent, "Copied");
  const without = elements();
  new Guide("?guide=new", without).led({ code: "K7WX2P9Q", followers: 0 }, textsOf("en"));
  assert.equal(without.copy.hidden, true);
});

test("who follows is shown whom, and a code wins over a wish to lead", () => {
  const parts = elements();
  const guide = new Guide("?follow=K7WX-2P9Q&guide=new", parts);
  assert.deepEqual(guide.query, { follow: "K7WX-2P9Q" });
  assert.equal(guide.following, true);
  guide.followed({ name: "Mei" }, textsOf("en"));
  assert.equal(parts.text.textContent, "You follow Mei");
  guide.followed({ name: null }, textsOf("en"));
  assert.equal(parts.text.textContent, "You follow a guided visit");
});

test("what is longer than any code or name is cut, so that the server says that there is no such visit", () => {
  assert.deepEqual(new Guide(`?follow=${"A".repeat(50)}`, elements()).query, { follow: "A".repeat(40) });
  assert.deepEqual(new Guide(`?guide=new&name=${"M".repeat(50)}`, elements()).query, { guide: "new", name: "M".repeat(40) });
});

test("a code is read out in groups of four", () => {
  assert.equal(readable("K7WX2P9Q"), "K7WX-2P9Q");
});
