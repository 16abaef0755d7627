import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { JoinMemory } from "../../control/web/join_memory.js";
import { Joining } from "../../control/web/joining.js";
import { Refused } from "../../control/web/refused.js";

let asked, answers;

beforeEach(() => {
  asked = [];
  answers = [];
  globalThis.fetch = async (path, { headers, body, signal }) => {
    signal.throwIfAborted();
    asked.push({ path, authorization: headers.Authorization, ...JSON.parse(body) });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
});

const json = (status, value) => new Response(JSON.stringify(value), { status });
const lines = (...values) => new Response(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
const refusal = (status, code) => json(status, { error: { code, message: { en: code, zh: code } } });
const ADMITTED = { token: "token", expires_in_ms: 60_000, ice_servers: [{ urls: "turn:t" }], ice_transport_policy: "relay" };

function join({ memory = new JoinMemory(undefined), invitation = null, wish = {}, joining = new Joining(memory, invitation) } = {}) {
  const places = [];
  const leaving = new AbortController();
  const joined = joining.join(wish, { onPlace: (position) => places.push(position), signal: leaving.signal });
  return { joining, joined, places, leaving };
}

test("a gateway gives a token, and how to reach the renderer", async () => {
  answers = [json(200, ADMITTED)];
  const { joined } = join({ wish: { showroom: "branch" } });
  assert.deepEqual(await joined, {
    token: "token",
    connection: { iceServers: [{ urls: "turn:t" }], iceTransportPolicy: "relay" },
  });
  assert.deepEqual(asked, [{ path: "join", authorization: undefined, showroom: "branch" }]);
});

for (const status of [204, 404, 405]) {
  test(`a node without a gateway (${status}) is asked once in a page's life`, async () => {
    answers = [new Response(null, { status })];
    const { joined, joining } = join();
    assert.equal(await joined, null);
    assert.equal(await join({ joining }).joined, null);
    assert.equal(asked.length, 1);
  });
}

test("a gateway's own 404 is a refusal, and one of an ingress in between does not make it a plain node", async () => {
  answers = [refusal(404, "no-showroom"), new Response("default backend", { status: 404 })];
  const { joined, joining } = join();
  await assert.rejects(joined, { code: "no-showroom" });
  await assert.rejects(join({ joining }).joined, { code: "http-404" });
});

test("what was asked early is what the first join answers, and the second asks anew", async () => {
  answers = [json(200, ADMITTED), json(200, { ...ADMITTED, token: "other" })];
  const joining = new Joining(new JoinMemory(undefined), null);
  joining.askEarly({ showroom: "branch" });
  assert.equal((await join({ joining }).joined).token, "token");
  assert.equal(asked.length, 1);
  assert.equal((await join({ joining }).joined).token, "other");
});

test("an invitation is shown once, and goes before what was remembered", async () => {
  const memory = new JoinMemory(undefined);
  memory.resume = "old";
  answers = [json(200, ADMITTED), json(200, ADMITTED)];
  const { joined, joining } = join({ memory, invitation: "invited" });
  await joined;
  joining.entered("resume");
  await join({ joining }).joined;
  assert.deepEqual(asked.map(({ authorization, resume }) => [authorization, resume]), [
    ["Bearer invited", undefined],
    [undefined, "resume"],
  ]);
});

test("who waits is told each place, and goes in when it is their turn", async () => {
  answers = [json(202, { ticket: "ticket", position: 3 }), lines({ position: 2 }, { position: 1 }, ADMITTED)];
  const { joined, places } = join();
  assert.equal((await joined).token, "token");
  assert.deepEqual(places, [3, 2, 1]);
  assert.deepEqual(asked[1], { path: "queue", authorization: undefined, ticket: "ticket" });
});

test("a broken queue is taken up again with the same ticket", async () => {
  const broken = new Response(
    new ReadableStream({
      start: (stream) => stream.enqueue(new TextEncoder().encode('{"position":2}\n{"posi')),
      pull: (stream) => stream.error(new TypeError("network error")),
    }),
  );
  answers = [json(202, { ticket: "ticket", position: 2 }), broken, new TypeError("no gateway"), lines({ position: 1, again: true }), lines(ADMITTED)];
  const { joined, places } = join();
  assert.equal((await joined).token, "token");
  assert.deepEqual(places, [2, 2, 1]);
  assert.deepEqual(asked.slice(1).map(({ ticket }) => ticket), ["ticket", "ticket", "ticket", "ticket"]);
});

test("a ticket that is too old is given up, and then the visit of before", async () => {
  const memory = new JoinMemory(undefined);
  memory.ticket = "old ticket";
  memory.resume = "old visit";
  answers = [refusal(401, "expired-token"), refusal(401, "expired-token"), json(200, ADMITTED)];
  await join({ memory }).joined;
  assert.deepEqual(asked.map(({ ticket, resume }) => [ticket, resume]), [
    ["old ticket", "old visit"],
    [undefined, "old visit"],
    [undefined, undefined],
  ]);
});

test("who is not invited is refused", async () => {
  answers = [refusal(401, "invitation-needed")];
  await assert.rejects(join().joined, (error) => error instanceof Refused && error.code === "invitation-needed");
});

test("who leaves is in line no more", async () => {
  answers = [json(202, { ticket: "ticket", position: 2 })];
  const leaving = new AbortController();
  const first = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    if (path === "join") return first(path, options);
    // As browsers do: what is aborted breaks the body that is being read.
    const body = new ReadableStream({
      start: (stream) => {
        options.signal.addEventListener("abort", () => stream.error(options.signal.reason));
        stream.enqueue(new TextEncoder().encode('{"position":1}\n'));
      },
    });
    return new Response(body);
  };
  const onPlace = (position) => position === 1 && leaving.abort();
  const joined = new Joining(new JoinMemory(undefined), null).join({}, { onPlace, signal: leaving.signal });
  await assert.rejects(joined, { name: "AbortError" });
});
