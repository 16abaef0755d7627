// WHEP: begins and ends a visit over HTTP.

const CREATE_OFFER_MS = 2000;

/** The server will not have us now; `message` is {en, zh}, `retryAfterMs` when to try again. */
export class Refused extends Error {
  constructor(code, message, retryAfterMs) {
    super(message?.en ?? code);
    this.code = code;
    this.texts = message;
    this.retryAfterMs = retryAfterMs;
  }
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After")) || 2;
  throw new Refused(body.error?.code ?? `http-${response.status}`, body.error?.message, seconds * 1000);
}

/** Say that both sides are wanted (RFC 7587, section 6.1); browsers decode to mono where they did not say so. */
export function inStereo(sdp) {
  return sdp.replace(/^(a=fmtp:\d+ (?!.*\bstereo=).*\buseinbandfec=\d)/gm, "$1;stereo=1");
}

function withTimeout(promise, ms) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms, null))]);
}

/**
 * Connect a peer connection that has its data channels already. `place` is where to enter (see docs/protocol.md).
 * Returns the visit's path. The candidates are not waited for: the server learns our address from our checks.
 */
export async function beginVisit(connection, place) {
  // Relative: the page may be shown below another address, as the admin does.
  const url = `whep?${new URLSearchParams(place)}`;
  const transceiver = connection.addTransceiver("video", { direction: "recvonly" });
  if ("jitterBufferTarget" in transceiver.receiver) transceiver.receiver.jitterBufferTarget = 0;
  connection.addTransceiver("audio", { direction: "recvonly" });
  const offer = await withTimeout(connection.createOffer(), CREATE_OFFER_MS);
  if (offer === null) return answerTheServer(connection, url);
  offer.sdp = inStereo(offer.sdp);
  await connection.setLocalDescription(offer);
  const headers = { "Content-Type": "application/sdp" };
  const response = await checked(await fetch(url, { method: "POST", headers, body: offer.sdp }));
  await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  return response.headers.get("Location");
}

/** Some headset browsers never finish createOffer; then the server offers. */
async function answerTheServer(connection, url) {
  const response = await checked(await fetch(url, { method: "POST" }));
  const path = response.headers.get("Location");
  await connection.setRemoteDescription({ type: "offer", sdp: await response.text() });
  const answer = await connection.createAnswer();
  answer.sdp = inStereo(answer.sdp);
  await connection.setLocalDescription(answer);
  const headers = { "Content-Type": "application/sdp" };
  await checked(await fetch(path, { method: "PATCH", headers, body: connection.localDescription.sdp }));
  return path;
}

/** Free the visit's place at once; works while the page is being left. `lost`: the visitor means to come back. */
export function endVisit(path, lost = false) {
  fetch(lost ? `${path}?lost=true` : path, { method: "DELETE", keepalive: true }).catch(() => undefined);
}
