// How long to wait before the next attempt to connect. Pure.

export const FIRST_MS = 250;
export const LONGEST_MS = 4000;

/** Milliseconds before attempt number `attempt` (0 is the first after a loss); `random` is 0..1. */
export function delayMs(attempt, random = Math.random()) {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  // Spread, so that the visitors of a node that came back do not all knock at once.
  return full * (0.75 + 0.25 * random);
}
