import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Sha256 } from "../../control/admin/pages/static/upload/sha256.js";

const bytesOf = (text) => new TextEncoder().encode(text);
const ofText = (text) => new Sha256().update(bytesOf(text)).hex();

// NIST's example values for FIPS 180-4.
test("the standard's examples have the standard's digests", () => {
  assert.equal(ofText("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(ofText(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(
    ofText("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
  assert.equal(ofText("a".repeat(1_000_000)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("every length around the blocks' ends, and every way to cut the bytes, gives what another implementation gives", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 37 + 11) % 256);
  for (let length = 0; length <= bytes.length; length += 1) {
    const whole = bytes.subarray(0, length);
    const expected = createHash("sha256").update(whole).digest("hex");
    for (const piece of [1, 7, 63, 64, 65, 300]) {
      const hash = new Sha256();
      for (let at = 0; at < length; at += piece) hash.update(whole.subarray(at, at + piece));
      assert.equal(hash.hex(), expected, `${length} bytes in pieces of ${piece}`);
    }
  }
});
