import assert from "node:assert/strict";
import { test } from "node:test";

import { Editing } from "../../control/web/editing.js";

const ADMIN = "https://admin.example";

/** A window in a frame of the editor's page, and what the two tell each other. */
function framed() {
  const posted = [];
  const parent = { postMessage: (message, origin) => posted.push({ message, origin }) };
  const listeners = [];
  const page = { parent, location: { origin: "https://node.example" }, addEventListener: (_type, listener) => listeners.push(listener) };
  const sent = [];
  const marked = [];
  let requests = 0;
  const editing = new Editing(page, { show: (markers) => marked.push(markers) }, {
    send: (message) => sent.push(message) > 0,
    nextRequest: () => (requests += 1),
    pose: () => ({ scene: "hall", yaw: 0.5 }),
    toPicture: (x, y) => (x < 0 ? null : { x: x / 100, y: y / 100 }),
    rtp: () => 9000,
  });
  const hear = (data, origin = ADMIN, source = parent) => listeners.forEach((listener) => listener({ data, origin, source }));
  return { editing, posted, sent, marked, hear, listeners };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the editor's page asks what is at a point, and is answered", async () => {
  const { editing, posted, sent, hear } = framed();
  editing.welcomed({ scene: "hall", editor: { origin: ADMIN } });
  hear({ edgeRender: "locate", request: "r1", x: 50, y: 25 });
  assert.deepEqual(sent, [{ type: "locate", id: 1, x: 0.5, y: 0.25, rtp: 9000 }]);
  editing.told({ type: "located", id: 1, point: [1, 2, 3] });
  await settled();
  assert.deepEqual(posted[0], { message: { edgeRender: "scene", scene: "hall" }, origin: ADMIN });
  assert.deepEqual(posted[1].message, { edgeRender: "located", request: "r1", type: "located", id: 1, point: [1, 2, 3] });
  assert.equal(posted[1].origin, ADMIN);
});

test("other pages are not heard", async () => {
  const { editing, sent, marked, hear } = framed();
  editing.welcomed({ scene: "hall", editor: { origin: ADMIN } });
  hear({ edgeRender: "locate", x: 50, y: 25 }, "https://evil.example");
  hear({ edgeRender: "mark", markers: [] }, ADMIN, {});
  hear(null);
  assert.deepEqual([sent, marked], [[], []]);
});

test("where nobody can edit, nothing is heard or told", () => {
  const { editing, posted, listeners } = framed();
  editing.welcomed({ scene: "hall", editor: null });
  editing.rested();
  assert.equal(editing.on, false);
  assert.deepEqual([posted, listeners], [[], []]);
});

test("what can't be located is told so", async () => {
  const { editing, posted, hear } = framed();
  editing.welcomed({ scene: "hall", editor: { origin: null } });
  hear({ edgeRender: "locate", request: 1, x: -1, y: 0 }, "https://node.example");
  hear({ edgeRender: "locate", request: 2, x: 1, y: 0 }, "https://node.example");
  hear({ edgeRender: "locate", request: 3, x: 1, y: 0 }, "https://node.example");
  editing.refused({ id: 2, message: "no picture has left yet" });
  editing.refused({ id: 77, message: "of something else" });
  editing.lost();
  await settled();
  const told = posted.slice(1).map(({ message }) => [message.edgeRender, message.request, message.message]);
  assert.deepEqual(told.sort(), [
    ["refused", 1, "there is no picture yet"],
    ["refused", 2, "no picture has left yet"],
    ["refused", 3, "the connection was lost"],
  ]);
});

test("taps are picked while the editor wants them, and marks are drawn", async () => {
  const { editing, posted, marked, hear } = framed();
  editing.welcomed({ scene: "hall", editor: { origin: ADMIN } });
  hear({ edgeRender: "pick", on: true });
  assert.equal(editing.picking, true);
  editing.picked(10, 20);
  editing.told({ type: "located", id: 1, floor: true });
  await settled();
  assert.deepEqual([posted[1].message.edgeRender, posted[1].message.floor], ["picked", true]);
  hear({ edgeRender: "mark", markers: [{ id: "new", position: [0, 1, 2] }] });
  assert.deepEqual(marked, [[{ id: "new", position: [0, 1, 2] }]]);
  hear({ edgeRender: "pose", request: 5 });
  assert.deepEqual(posted[2].message, { edgeRender: "pose", request: 5, pose: { scene: "hall", yaw: 0.5 } });
});
