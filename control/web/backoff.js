// How long to wait before the next attempt to connect. Pure.

export const FIRST_MS = 250;
export const LONGEST_MS = 4000;
/** A visit that was seen for so long was a good one: after it the attempts count from 0 again. */
export const STEADY_MS = 3000;

/** Milliseconds before attempt number `attempt` (0 is the first); `random` is 0..1. */
export function delayMs(attempt, random = Math.random()) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  // Spread, so that the visitors of a node that came back do not all knock at once.
  return full * (0.75 + 0.25 * random);
}

/** After a loss: the first attempt comes at once, as who was inside sees nothing meanwhile. */
export function delayAfterLossMs(attempt, random = Math.random()) {
  return attempt === 0 ? 0 : delayMs(attempt - 1, random);
}
