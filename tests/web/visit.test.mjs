import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Visit } from "../../control/web/visit.js";

let answer, ended;

beforeEach(() => {
  ended = [];
  const nothing = () => undefined;
  globalThis.RTCPeerConnection = class {
    createDataChannel = () => ({ readyState: "connecting", close: nothing });
    addTransceiver = () => ({ receiver: {} });
    createOffer = async () => ({ type: "offer", sdp: "" });
    setLocalDescription = async () => undefined;
    setRemoteDescription = async () => undefined;
    close = nothing;
  };
  globalThis.location = { href: "https://node.example/?scene=hall" };
  globalThis.WebSocket = { OPEN: 1 };
  globalThis.fetch = async (path, { method }) => {
    if (method === "DELETE") ended.push(path);
    else return new Promise((resolve) => (answer = () => resolve({ ok: true, text: async () => "", headers: new Map([["Location", "/whep/1"]]) })));
  };
});

function begun() {
  const visit = new Visit(null, { onLost: () => visit.end() });
  return [visit, visit.begin({})];
}

async function answered(beginning) {
  while (!answer) await new Promise(setImmediate);
  answer();
  answer = null;
  await beginning;
}

test("a visit that was lost before the node answered is given back as one that comes again", async () => {
  const [visit, beginning] = begun();
  visit.lose();
  await answered(beginning);
  assert.equal(visit.over, true);
  assert.deepEqual(ended, ["/whep/1?lost=true"]);
});

test("one that was left before is given back for good", async () => {
  const [visit, beginning] = begun();
  visit.leave();
  await answered(beginning);
  assert.deepEqual(ended, ["/whep/1"]);
});
