// How long to wait before the next try. Pure.

const FIRST_MS = 500;
const MOST_MS = 20_000;

/** Milliseconds before try number `attempt` (from 0); `random` spreads those who were lost at the same moment. */
export function backoffMs(attempt, random = Math.random()) {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2);
}
