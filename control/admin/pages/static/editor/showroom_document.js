// The text of showroom.json that is edited, with all that was done to it. Owns what can be undone.

import { nodeAt, parse, valueOf, without, withValue } from "./json_source.js";

const STEPS_MAX = 200;
const SAME_STEP_MS = 1500;

export class ShowroomDocument {
  /** `onChange()` after each change; `now()` in milliseconds joins the keys that are typed into one field. */
  constructor(text, onChange = () => undefined, now = () => performance.now()) {
    this._onChange = onChange;
    this._now = now;
    this._saved = text;
    this._past = [];
    this._future = [];
    this._lastStep = null;
    this._take(text);
  }

  get text() {
    return this._text;
  }

  get isChanged() {
    return this._text !== this._saved;
  }

  get canUndo() {
    return this._past.length > 0;
  }

  get canRedo() {
    return this._future.length > 0;
  }

  /** The value at `path`, undefined where there is none. */
  get(...path) {
    return valueOf(nodeAt(this._root, path));
  }

  /** The keys of the object at `path`, in the text's order. */
  keys(...path) {
    return [...(nodeAt(this._root, path)?.members?.keys() ?? [])];
  }

  set(path, value) {
    if (JSON.stringify(this.get(...path)) !== JSON.stringify(value)) this._step(withValue(this._text, path, value), path);
  }

  /** Set several fields of the object at `path`, in one step. */
  assign(path, fields) {
    let text = this._text;
    for (const [key, value] of Object.entries(fields)) text = withValue(text, [...path, key], value);
    if (text !== this._text) this._step(text, null);
  }

  /** Add to the list at `path`, which is made where it is missing; returns its index. */
  append(path, value) {
    const index = this.get(...path)?.length ?? 0;
    this._step(index === 0 ? withValue(this._text, path, [value]) : withValue(this._text, [...path, index], value), null);
    return index;
  }

  remove(path) {
    if (nodeAt(this._root, path)) this._step(without(this._text, path), null);
  }

  /** Have `text` in its place, in one step. Raises JsonError. */
  replace(text) {
    parse(text);
    if (text !== this._text) this._step(text, null);
  }

  undo() {
    this._move(this._past, this._future);
  }

  redo() {
    this._move(this._future, this._past);
  }

  /** `text` is what the admin has by now. */
  saved(text) {
    this._saved = text;
    this._lastStep = null;
    this._onChange();
  }

  _step(text, path) {
    const key = path && JSON.stringify(path);
    const goesOn = key !== null && this._lastStep?.key === key && this._now() - this._lastStep.atMs < SAME_STEP_MS;
    if (!goesOn) this._past.push(this._text);
    if (this._past.length > STEPS_MAX) this._past.shift();
    this._lastStep = { key, atMs: this._now() };
    this._future = [];
    this._take(text);
    this._onChange();
  }

  _move(from, to) {
    if (from.length === 0) return;
    to.push(this._text);
    this._lastStep = null;
    this._take(from.pop());
    this._onChange();
  }

  _take(text) {
    this._root = parse(text);
    this._text = text;
  }
}
