import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const WEB = new URL("../../control/web/", import.meta.url);
const read = (name) => readFileSync(new URL(name, WEB), "utf8");

/** The modules that a module imports, and those that they import. */
function importsOf(name, found = new Set()) {
  for (const [, imported] of read(name).matchAll(/^import .*from "\.\/(.+)";$/gm)) {
    if (found.has(imported)) continue;
    found.add(imported);
    importsOf(imported, found);
  }
  return found;
}

test("the page says at once which modules it needs: else each would be found only in the one that imports it", () => {
  const listed = [...read("index.html").matchAll(/<link rel="modulepreload" href="web\/(.+)">/g)].map(([, name]) => name);
  assert.deepEqual([...listed].sort(), [...importsOf("main.js")].filter((name) => name !== "first_join.js").sort());
});

test("who joins waits for nothing else: what that needs comes first", () => {
  const html = read("index.html");
  const last = Math.max(...[...importsOf("first_join.js")].map((name) => html.indexOf(`href="web/${name}"`)));
  const others = [...importsOf("main.js")].filter((name) => name !== "first_join.js" && !importsOf("first_join.js").has(name));
  assert.ok(others.every((name) => html.indexOf(`href="web/${name}"`) > last));
  assert.match(html, /<script type="module" async src="web\/first_join\.js">/);
});
