// Hashes files in a worker.

/** A chosen file can't be read any more: it was changed, moved or deleted since it was chosen. */
export class FileUnreadable extends Error {
  constructor(path, reason) {
    super(`${path}: ${reason}`);
    this.path = path;
  }
}

export class Hasher {
  constructor() {
    this._worker = new Worker(new URL("./hash_worker.js", import.meta.url), { type: "module" });
    this._waiting = new Map();
    this._last = 0;
    this._worker.onmessage = ({ data }) => this._heard(data);
  }

  /** The digest of each `{path, file}`, in their order; `told(bytes)` as bytes are read. Raises FileUnreadable. */
  async digests(chosen, told) {
    return Promise.all(chosen.map(({ path, file }) => this._digest(path, file, told)));
  }

  /** What is under way is never answered. */
  close() {
    this._worker.terminate();
  }

  _digest(path, file, told) {
    const id = (this._last += 1);
    return new Promise((resolve, reject) => {
      this._waiting.set(id, { path, told, resolve, reject });
      this._worker.postMessage({ id, file });
    });
  }

  _heard({ id, bytes, digest, error }) {
    const asked = this._waiting.get(id);
    if (bytes !== undefined) {
      asked.told(bytes);
      return;
    }
    this._waiting.delete(id);
    if (digest) asked.resolve(digest);
    else asked.reject(new FileUnreadable(asked.path, error));
  }
}
