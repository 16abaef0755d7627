// What follows where a visit is refused or lost: what the visitor is told, and when it is tried again. Pure.

import { delayAfterLossMs, delayMs } from "./backoff.js";

/** Refusals that tell the visitor to wait. */
const WAIT_CODES = ["full", "followers-full", "too-many-attempts"];
/** Who comes without these, or with old ones, needs a new link. */
const INVITATION_CODES = ["invitation-needed", "bad-token", "expired-token", "used-token"];
/** Somebody else goes on with this visit: two would take it from each other for ever. */
const TAKEN_OVER = ["replaced", "superseded"];
/** A guided visit whose renderer is gone is led on elsewhere, once its presenter is there. */
const GUIDE_COMES_BACK_MS = 8000;

/**
 * `error`: why we were not let in, or null; `reason`: what the server said as it ended the visit, or null. `attempt`: how
 * many came to nothing before this one; `wasIn`: whether the visitor has been inside; `lostForMs`: for how long they are
 * out now; `moving`: whether the visit was told to move.
 * Returns the page's `state`, and `afterMs` until it is tried again, null for never.
 */
export function setback({ error, reason, attempt, wasIn, lostForMs, moving }, random = Math.random()) {
  const code = error?.code ?? null;
  if (TAKEN_OVER.includes(reason)) return { state: "ended", afterMs: null };
  if (INVITATION_CODES.includes(code)) return { state: "notInvited", afterMs: null };
  if (reason === "guide-ended" && !moving) return { state: "guideEnded", afterMs: null };
  if (code === "no-guide") {
    if (wasIn && lostForMs < GUIDE_COMES_BACK_MS) return { state: "reconnecting", afterMs: delayMs(attempt, random) };
    return { state: wasIn ? "guideEnded" : "noGuide", afterMs: null };
  }
  // As many as places are free wait there: it is our turn when we are told so.
  if (error?.place) return { state: "queued", afterMs: 0 };
  if (code === "starting") return { state: "opening", afterMs: error.retryAfterMs };
  if (code === "no-showroom") return { state: "noShowroom", afterMs: error.retryAfterMs };
  if (error?.texts && WAIT_CODES.includes(code)) return { state: "full", afterMs: error.retryAfterMs };
  const afterMs = error?.retryAfterMs ?? (wasIn ? delayAfterLossMs(attempt, random) : delayMs(attempt, random));
  return { state: wasIn ? "reconnecting" : "connecting", afterMs };
}
