// A worker that computes the SHA-256 of files, one after the other, off the page's thread.

import { Sha256 } from "./sha256.js";

const SLICE_BYTES = 8 << 20;
// WebCrypto is several times quicker, but takes a file whole, and is there only in secure contexts.
const WHOLE_MAX_BYTES = 64 << 20;

async function digestOf(file, told) {
  if (file.size <= WHOLE_MAX_BYTES && self.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    told(file.size);
    return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    const bytes = new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer());
    hash.update(bytes);
    told(bytes.length);
  }
  return hash.hex();
}

async function answer({ id, file }) {
  try {
    const digest = await digestOf(file, (bytes) => self.postMessage({ id, bytes }));
    self.postMessage({ id, digest });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
}

// One at a time: ten thousand files at once would all be in memory.
let last = Promise.resolve();
self.onmessage = ({ data }) => (last = last.then(() => answer(data)));
