// Saves the text of showroom.json as a new revision of the draft. Owns which revision is the editor's.

import { ApiError, ConnectionLost } from "../shared/api.js";

export class Saving {
  /** `onState(state, reason)`: "saved", "changed", "saving", "conflict" (somebody else has saved), "failed". */
  constructor(api, { version, revision }, onState) {
    this._api = api;
    this._version = version;
    this._revision = revision;
    this._onState = onState;
    this._busy = false;
    this._conflict = false;
  }

  /** The text differs from what was saved, or not. */
  changed(isChanged) {
    if (!this._busy && !this._conflict) this._onState(isChanged ? "changed" : "saved");
  }

  /** Have the next text take the place of what is there now, whoever wrote it. Raises as Api.get does. */
  async takeOver() {
    this._revision = (await this._api.get(`versions/${this._version}`)).revision;
    this._conflict = false;
  }

  /** Returns whether it is saved. After a conflict nothing is saved any more: nothing of anybody's is overwritten. */
  async save(text) {
    if (this._busy || this._conflict) return false;
    this._busy = true;
    this._onState("saving");
    const headers = { "Content-Type": "application/json", "If-Match": `"${this._revision}"` };
    try {
      const response = await this._api.request("PUT", `versions/${this._version}/manifest`, { body: text, headers });
      this._revision = (await response.json()).revision;
      this._onState("saved");
      return true;
    } catch (error) {
      this._conflict = error instanceof ApiError && error.status === 409;
      if (this._conflict) this._onState("conflict");
      else if (error instanceof ConnectionLost || error instanceof ApiError) this._onState("failed", error.message);
      else throw error;
      return false;
    } finally {
      this._busy = false;
    }
  }
}
