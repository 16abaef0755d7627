// What an upload consists of. Pure.

/**
 * From files `[{path, file, digest}]`, the digests that the store lacks, and the files of the version to compare with
 * (`[{path, digest}]`): which blobs to send, the largest first so that none is left over at the end; and the figures.
 */
export function planUpload(files, missing, base = []) {
  const lacking = new Set(missing);
  const blobs = new Map();
  for (const { digest, file, path } of files) {
    if (lacking.has(digest) && !blobs.has(digest)) blobs.set(digest, { digest, file, path, size: file.size });
  }
  const before = new Map(base.map(({ path, digest }) => [path, digest]));
  const sent = [...blobs.values()].sort((a, b) => b.size - a.size);
  return {
    blobs: sent,
    total: files.length,
    changed: files.filter(({ path, digest }) => before.get(path) !== digest).length,
    removed: base.length - files.filter(({ path }) => before.has(path)).length,
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
    sendBytes: sent.reduce((sum, { size }) => sum + size, 0),
  };
}

/** As the API takes them. */
export function fileEntries(files) {
  return files.map(({ path, digest, file }) => ({ path, digest, size_bytes: file.size }));
}

const MIN_PART_BYTES = 256 << 10;
export const MAX_PART_BYTES = 8 << 20;
const AIM_MS = 2000;

/** How large the next part should be where the last took so long: on slow lines small, so that little is lost. */
export function nextPartBytes(partBytes, tookMs) {
  const aimed = (partBytes * AIM_MS) / Math.max(1, tookMs);
  const grown = Math.min(aimed, partBytes * 2);
  return Math.round(Math.min(MAX_PART_BYTES, Math.max(MIN_PART_BYTES, grown)));
}
