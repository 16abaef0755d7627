import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Api, ConnectionLost } from "../../control/admin/pages/static/shared/api.js";
import { percentOf, sizeText, TimeLeft } from "../../control/admin/pages/static/shared/amounts.js";
import { asPackage, NoPackage } from "../../control/admin/pages/static/upload/chosen_files.js";
import { uploadBlob } from "../../control/admin/pages/static/upload/blob_upload.js";
import { Transfer } from "../../control/admin/pages/static/upload/transfer.js";
import { MAX_PART_BYTES, nextPartBytes, planUpload } from "../../control/admin/pages/static/upload/upload_plan.js";

const MIB = 1 << 20;
const wait = async () => undefined;

/** An admin as control/admin/api/uploads.py answers; `faults` are answers of the next requests, or errors. */
class Admin {
  constructor() {
    this.blobs = new Map();
    this.uploads = new Map();
    this.requests = [];
    this.faults = [];
  }

  fetch = async (path, { method, body, headers, signal }) => {
    signal?.throwIfAborted();
    this.requests.push(`${method} ${path.replace("/api/v1/", "")}`);
    const fault = this.faults.shift();
    if (fault instanceof Error) throw fault;
    if (fault) return fault;
    if (method === "POST") return this._begin(JSON.parse(body));
    const upload = this.uploads.get(path.split("/").at(-1));
    if (!upload) return answer(404, { error: { code: "not-found", message: "gone" } });
    const offset = Number(headers["Upload-Offset"]);
    if (offset !== upload.bytes.length) {
      return answer(409, { error: { code: "conflict", message: "elsewhere" } }, { "Upload-Offset": String(upload.bytes.length) });
    }
    upload.bytes = Buffer.concat([upload.bytes, Buffer.from(await body.arrayBuffer())]);
    if (upload.bytes.length === upload.size) this.blobs.set(upload.digest, upload.bytes);
    return answer(204);
  };

  _begin({ digest, size_bytes: size }) {
    if (this.blobs.has(digest)) return answer(200, { stored: true, id: null, offset_bytes: size });
    if (!this.uploads.has(digest)) this.uploads.set(digest, { digest, size, bytes: Buffer.alloc(0) });
    return answer(201, { stored: false, id: digest, offset_bytes: this.uploads.get(digest).bytes.length });
  }
}

const answer = (status, value = null, headers = {}) =>
  new Response(value === null ? null : JSON.stringify(value), { status, headers });

function blobOf(bytes, path = "hall.glb") {
  const content = Buffer.alloc(bytes, path);
  const digest = createHash("sha256").update(content).digest("hex");
  return { digest, path, size: bytes, file: new Blob([content]) };
}

test("a folder's files are those of the package, wherever in the folder it lies", () => {
  const found = ["a/pkg/showroom.json", "a/pkg/tex/x.png", "a/readme.txt", "a/pkg/.DS_Store", "a/pkg/.git/showroom.json"];
  const { files } = asPackage(found.map((path) => ({ path, file: {} })));
  assert.deepEqual(files.map(({ path }) => path), ["showroom.json", "tex/x.png"]);
  assert.ok(asPackage([{ path: "pkg.zip", file: {} }]).archive);
  assert.throws(() => asPackage([{ path: "a/x.png", file: {} }]), (error) => error instanceof NoPackage && error.values.count === 1);
});

test("only what the store lacks is sent, each blob once, the largest first", () => {
  const file = (path, digest, size) => ({ path, digest, file: { size } });
  const files = [file("a", "1", 10), file("b", "2", 20), file("c", "2", 20), file("d", "3", 30)];
  const plan = planUpload(files, ["2", "3"], [{ path: "a", digest: "1" }, { path: "b", digest: "9" }, { path: "gone", digest: "8" }]);
  assert.deepEqual(plan.blobs.map(({ digest }) => digest), ["3", "2"]);
  assert.equal(plan.sendBytes, 50);
  assert.equal(plan.bytes, 80);
  assert.equal(plan.changed, 3);
  assert.equal(plan.removed, 1);
});

test("parts are as large as the line carries in some seconds", () => {
  assert.equal(nextPartBytes(MIB, 100), 2 * MIB);
  assert.equal(nextPartBytes(MAX_PART_BYTES, 1), MAX_PART_BYTES);
  assert.equal(nextPartBytes(MIB, 8000), MIB / 4);
});

test("a blob arrives in parts, and what is there already is not sent again", async () => {
  const admin = new Admin();
  const api = new Api("token", admin.fetch);
  const blob = blobOf(5 * MIB);
  const heard = [];
  await uploadBlob(api, blob, { told: (offset) => heard.push(offset), wait, now: () => 0 });
  assert.equal(createHash("sha256").update(admin.blobs.get(blob.digest)).digest("hex"), blob.digest);
  assert.deepEqual(heard, [0, MIB, 3 * MIB, 5 * MIB]);
  admin.requests.length = 0;
  await uploadBlob(api, blob, { told: () => undefined, wait });
  assert.deepEqual(admin.requests, ["POST uploads"]);
});

test("after a lost answer the upload goes on from where the admin has it", async () => {
  const admin = new Admin();
  const api = new Api("token", admin.fetch);
  const blob = blobOf(3 * MIB);
  admin.uploads.set(blob.digest, { digest: blob.digest, size: blob.size, bytes: Buffer.from(await blob.file.slice(0, MIB).arrayBuffer()) });
  const heard = [];
  await uploadBlob(api, blob, { told: (offset) => heard.push(offset), wait, now: () => 0 });
  assert.equal(heard[0], MIB);
  assert.equal(admin.blobs.get(blob.digest).length, blob.size);
});

test("an upload that was given up, or is elsewhere, is asked for anew", async () => {
  const admin = new Admin();
  const blob = blobOf(2 * MIB);
  admin.faults = [undefined, answer(409, { error: {} }, { "Upload-Offset": "0" }), undefined, answer(404, { error: {} })];
  await uploadBlob(new Api("token", admin.fetch), blob, { told: () => undefined, wait });
  assert.ok(admin.blobs.has(blob.digest));
});

test("blobs are sent through lost connections and an admin that is started again", async () => {
  const admin = new Admin();
  const blobs = [blobOf(3 * MIB, "a"), blobOf(MIB, "b"), blobOf(0, "c"), blobOf(10, "d")];
  admin.faults = [new TypeError("lost"), answer(503), undefined, new TypeError("lost"), answer(429, null, { "Retry-After": "2" })];
  const states = new Set();
  const transfer = new Transfer(new Api("token", admin.fetch), blobs, () => states.add(transfer?.state), { wait });
  assert.ok(await transfer.run());
  assert.ok(states.has("waiting"));
  assert.equal(transfer.sentBytes, 4 * MIB + 10);
  assert.equal(admin.blobs.size, 4);
});

test("a pause keeps what came, and the rest is sent when it goes on", async () => {
  const admin = new Admin();
  const transfer = new Transfer(new Api("token", admin.fetch), [blobOf(4 * MIB)], () => {
    if (transfer.state === "sending" && transfer.sentBytes >= MIB && !paused) {
      paused = true;
      transfer.pause();
    }
  }, { wait });
  let paused = false;
  assert.equal(await transfer.run(), false);
  assert.equal(transfer.state, "paused");
  assert.equal(await transfer.run(), true);
  assert.equal(transfer.sentBytes, 4 * MIB);
});

test("a session that has ended halts it, and what is refused fails it", async () => {
  const admin = new Admin();
  admin.faults = [answer(401, { error: { code: "session-ended", message: "log in" } })];
  const transfer = new Transfer(new Api("token", admin.fetch), [blobOf(10)], () => undefined, { wait });
  assert.equal(await transfer.run(), false);
  assert.equal(transfer.state, "signed-out");
  admin.faults = [answer(413, { error: { code: "too-large", message: "too large" } })];
  assert.equal(await transfer.run(), false);
  assert.equal(transfer.state, "failed");
  assert.equal(transfer.error.message, "too large");
});

test("after a new login the page takes the new session's token", async () => {
  const sent = [];
  const api = new Api("old", async (path, { method, headers }) => {
    sent.push(headers["X-CSRF-Token"]);
    if (path.endsWith("/me")) return answer(200, { csrf_token: "new" });
    return headers["X-CSRF-Token"] === "new" ? answer(200, { ok: true }) : answer(403, { error: { code: "not-allowed" } });
  });
  assert.deepEqual(await api.send("POST", "uploads", {}), { ok: true });
  assert.deepEqual(sent, ["old", undefined, "new"]);
  const lost = new Api("t", async () => { throw new TypeError("offline"); });
  await assert.rejects(lost.get("me"), ConnectionLost);
});

test("amounts are told as people say them", () => {
  const said = [0, 999, 1000, 11_240_000, 512e6, 999_600].map(sizeText);
  assert.deepEqual(said, ["0 B", "999 B", "1.0 kB", "11.2 MB", "512 MB", "1.0 MB"]);
  assert.deepEqual([percentOf(0, 10), percentOf(9.99, 10), percentOf(10, 10), percentOf(0, 0)], [0, 99, 100, 100]);
  const left = new TimeLeft();
  assert.equal(left.seconds(100), null);
  left.add(0, 0);
  left.add(200, 2000);
  assert.equal(left.seconds(300), 3);
});
