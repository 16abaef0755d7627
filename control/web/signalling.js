// WHEP: begins and ends a visit over HTTP.

import { checked } from "./refused.js";

const CREATE_OFFER_MS = 2000;

/** Say that both sides are wanted (RFC 7587, section 6.1); browsers decode to mono where they did not say so. */
export function inStereo(sdp) {
  return sdp.replace(/^(a=fmtp:\d+ (?!.*\bstereo=).*\buseinbandfec=\d)/gm, "$1;stereo=1");
}

function withTimeout(promise, ms) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms, null))]);
}

/**
 * Connect a peer connection that has its data channels already. `place` is where to enter (see docs/protocol.md), `token`
 * what lets us in, null where nothing is needed. Returns the visit's `path`, and `resume` (null without a gateway), by
 * which it is taken up again. The candidates are not waited for: the server learns our address from our checks.
 */
export async function beginVisit(connection, place, token) {
  // Relative: the page may be shown below another address, as the admin does.
  const url = `whep?${new URLSearchParams(place)}`;
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
  if ("jitterBufferTarget" in transceiver.receiver) transceiver.receiver.jitterBufferTarget = 0;
  connection.addTransceiver("audio", { direction: "recvonly" });
  const offer = await withTimeout(connection.createOffer(), CREATE_OFFER_MS);
  if (offer === null) return answerTheServer(connection, url, authorization);
  offer.sdp = inStereo(offer.sdp);
  await connection.setLocalDescription(offer);
  const headers = { "Content-Type": "application/sdp", ...authorization };
  const response = await checked(await fetch(url, { method: "POST", headers, body: offer.sdp }));
  await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  return begun(response);
}

/** Some headset browsers never finish createOffer; then the server offers. */
async function answerTheServer(connection, url, authorization) {
  const response = await checked(await fetch(url, { method: "POST", headers: authorization }));
  const visit = begun(response);
  await connection.setRemoteDescription({ type: "offer", sdp: await response.text() });
  const answer = await connection.createAnswer();
  answer.sdp = inStereo(answer.sdp);
  await connection.setLocalDescription(answer);
  const headers = { "Content-Type": "application/sdp" };
  await checked(await fetch(visit.path, { method: "PATCH", headers, body: connection.localDescription.sdp }));
  return visit;
}

function begun(response) {
  return { path: response.headers.get("Location"), resume: response.headers.get("Edge-Render-Resume") ?? null };
}

/** Free the visit's place at once; works while the page is being left. `lost`: the visitor means to come back. */
export function endVisit(path, lost = false) {
  fetch(lost ? `${path}?lost=true` : path, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** What the gateway knows of the renderer of a visit: "alive", "draining" or "gone"; null where it does not say. */
export async function askAfterVisit(id, signal) {
  try {
    const response = await fetch(`visits/${id}`, { signal, cache: "no-store" });
    return response.ok ? (await response.json()).state : null;
  } catch {
    return null; // the way to the gateway is disturbed as well: then nothing is known of the renderer
  }
}
