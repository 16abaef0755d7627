// Tells a screen reader how it goes on, seldom: each quarter, and what changes.

const STEP_PERCENT = 25;

export class Announcer {
  /** `region` is an element with aria-live="polite". */
  constructor(region) {
    this._region = region;
    this._told = 0;
  }

  say(said) {
    this._region.textContent = said;
  }

  /** `said(percent)` where another quarter is reached. */
  percent(percent, said) {
    const step = Math.floor(percent / STEP_PERCENT) * STEP_PERCENT;
    if (step <= this._told) return;
    this._told = step;
    this.say(said(step));
  }

  restart() {
    this._told = 0;
  }
}
