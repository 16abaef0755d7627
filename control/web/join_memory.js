// What a page keeps of its visit, so that it comes back to the same renderer, or to its place in line: also after it was
// loaded again.
//
// It lies in the tab's storage only while the page is hidden or being left: a tab that is duplicated copies the storage,
// and two pages with the same visit would take it from each other.

const KEY = "edge-render-visit";

export class JoinMemory {
  /** `storage`: the browser's sessionStorage; undefined where it is forbidden. */
  constructor(storage) {
    this._storage = storage;
    this.resume = null;
    this.ticket = null;
    this.takeUp();
  }

  /** The page is there (again): what was put down is ours. */
  takeUp() {
    try {
      const { resume = null, ticket = null } = JSON.parse(this._storage?.getItem(KEY) ?? "{}");
      this.resume ??= resume;
      this.ticket ??= ticket;
      this._storage?.removeItem(KEY);
    } catch {
      // Somebody else wrote there: then there is nothing to come back to.
    }
  }

  /** The page is hidden, or left. */
  putDown() {
    const { resume, ticket } = this;
    if (resume ?? ticket) this._storage?.setItem(KEY, JSON.stringify({ resume, ticket }));
  }

  clear() {
    this.resume = this.ticket = null;
  }
}
