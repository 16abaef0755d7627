// Amounts for people. Pure.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** As 11.2 MB; the pages' filter "size" says the same. */
export function sizeText(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Of 0..1, as a whole number; 100 only at the end. */
export function percentOf(part, whole) {
  if (whole <= 0) return 100;
  return part >= whole ? 100 : Math.min(99, Math.floor((100 * part) / whole));
}

/** Seconds left at the rate of the last moments; null as long as that is not known. */
export class TimeLeft {
  constructor() {
    this._points = [];
  }

  /** `sent` bytes at `atMs`. */
  add(sent, atMs) {
    this._points.push([sent, atMs]);
    while (this._points.length > 2 && atMs - this._points[0][1] > 10_000) this._points.shift();
  }

  /** Forget what was: after a pause. */
  restart() {
    this._points = [];
  }

  seconds(left) {
    if (this._points.length < 2) return null;
    const [[first, firstMs], [last, lastMs]] = [this._points[0], this._points.at(-1)];
    if (last <= first || lastMs - firstMs < 1500) return null;
    return (left * (lastMs - firstMs)) / (last - first) / 1000;
  }
}
