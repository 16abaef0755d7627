// Uploads one blob, part by part, from wherever the admin has it; see control/admin/api/uploads.py.

import { ApiError } from "../shared/api.js";
import { nextPartBytes } from "./upload_plan.js";

const FIRST_PART_BYTES = 1 << 20;
const BEING_CHECKED_MS = 500;

/**
 * Returns once the admin has `blob` (`{digest, file, size}`). `told(offset)` hears how many bytes of it are there.
 * Raises ConnectionLost, after which it may be called again; ApiError; and AbortError.
 */
export async function uploadBlob(api, blob, { told, signal, now = () => performance.now(), wait }) {
  let partBytes = FIRST_PART_BYTES;
  for (;;) {
    const upload = await api.send("POST", "uploads", { digest: blob.digest, size_bytes: blob.size }, { signal });
    if (upload.stored) break;
    let offset = upload.offset_bytes;
    told(offset);
    try {
      for (;;) {
        const startedMs = now();
        const part = blob.file.slice(offset, offset + partBytes);
        const sent = part.size;
        const headers = { "Content-Type": "application/partial-upload", "Upload-Offset": String(offset) };
        await api.request("PATCH", `uploads/${upload.id}`, { body: part, headers, signal });
        offset += sent;
        told(offset);
        if (offset >= blob.size) return;
        partBytes = sent < partBytes ? partBytes : nextPartBytes(partBytes, now() - startedMs);
      }
    } catch (error) {
      if (!startsAnew(error)) throw error;
      if (!error.headers.has("Upload-Offset")) await wait(BEING_CHECKED_MS, signal);
    }
  }
  told(blob.size);
}

/** Whether it is to be asked again how far the upload is: it is elsewhere, is being checked, or has become a blob. */
function startsAnew(error) {
  return error instanceof ApiError && (error.status === 409 || error.status === 404);
}
