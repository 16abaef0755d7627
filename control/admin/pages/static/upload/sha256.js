// SHA-256 (FIPS 180-4) of bytes that come piece by piece. WebCrypto has none that streams, and none at all outside
// secure contexts.

const ROUND_CONSTANTS = new Int32Array(64);
const INITIAL = new Int32Array(8);

// Section 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of cube and square roots of the first primes.
for (let candidate = 2, found = 0; found < 64; candidate += 1) {
  let prime = true;
  for (let factor = 2; factor * factor <= candidate; factor += 1) prime &&= candidate % factor !== 0;
  if (!prime) continue;
  if (found < 8) INITIAL[found] = fraction32(Math.sqrt(candidate));
  ROUND_CONSTANTS[found] = fraction32(Math.cbrt(candidate));
  found += 1;
}

function fraction32(value) {
  return Math.floor((value - Math.floor(value)) * 2 ** 32) | 0;
}

const BLOCK_BYTES = 64;

export class Sha256 {
  constructor() {
    this._state = INITIAL.slice();
    this._words = new Int32Array(64);
    this._rest = new Uint8Array(BLOCK_BYTES);
    this._restBytes = 0;
    this._bytes = 0;
  }

  /** Take in the next bytes (Uint8Array). */
  update(bytes) {
    let at = 0;
    this._bytes += bytes.length;
    if (this._restBytes > 0) {
      at = Math.min(BLOCK_BYTES - this._restBytes, bytes.length);
      this._rest.set(bytes.subarray(0, at), this._restBytes);
      this._restBytes += at;
      if (this._restBytes < BLOCK_BYTES) return this;
      this._blocks(this._rest, 0, 1);
      this._restBytes = 0;
    }
    const blocks = Math.floor((bytes.length - at) / BLOCK_BYTES);
    this._blocks(bytes, at, blocks);
    this._rest.set(bytes.subarray(at + blocks * BLOCK_BYTES));
    this._restBytes = bytes.length - at - blocks * BLOCK_BYTES;
    return this;
  }

  /** The digest in lower-case hexadecimal; nothing can be taken in afterwards. */
  hex() {
    const bits = this._bytes * 8;
    const padding = new Uint8Array((this._restBytes < 56 ? 64 : 128) - this._restBytes);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits % 2 ** 32);
    this.update(padding);
    return [...this._state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Section 6.2.2. */
  _blocks(bytes, start, count) {
    const w = this._words;
    const state = this._state;
    const constants = ROUND_CONSTANTS;
    for (let block = 0, at = start; block < count; block += 1, at += BLOCK_BYTES) {
      for (let t = 0, i = at; t < 16; t += 1, i += 4) {
        w[t] = (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
      }
      for (let t = 16; t < 64; t += 1) {
        const x = w[t - 15];
        const y = w[t - 2];
        const sigma0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const sigma1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[t] = (w[t - 16] + sigma0 + w[t - 7] + sigma1) | 0;
      }
      let a = state[0], b = state[1], c = state[2], d = state[3];
      let e = state[4], f = state[5], g = state[6], h = state[7];
      for (let t = 0; t < 64; t += 1) {
        const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + sum1 + ((e & f) ^ (~e & g)) + constants[t] + w[t]) | 0;
        const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + t1) | 0;
        d = c; c = b; b = a; a = (t1 + t2) | 0;
      }
      state[0] = (state[0] + a) | 0; state[1] = (state[1] + b) | 0;
      state[2] = (state[2] + c) | 0; state[3] = (state[3] + d) | 0;
      state[4] = (state[4] + e) | 0; state[5] = (state[5] + f) | 0;
      state[6] = (state[6] + g) | 0; state[7] = (state[7] + h) | 0;
    }
  }
}
