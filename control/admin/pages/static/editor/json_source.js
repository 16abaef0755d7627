// Changes single values in the text of a JSON file and leaves all else as it was written: unknown parts, the order of
// keys, spaces, and how numbers are spelt. Pure.

/** The text is no JSON; `at` is where. */
export class JsonError extends Error {
  constructor(message, text, at) {
    const before = text.slice(0, at).split("\n");
    super(`${message} (${before.length}:${before.at(-1).length + 1})`);
    this.line = before.length;
    this.column = before.at(-1).length + 1;
  }
}

const LITERALS = { true: true, false: false, null: null };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;
const DEPTH_MAX = 200;

/** A value with its place in the text: `{start, end, value}`, objects with `members` by key, arrays with `items`. */
export function parse(text) {
  let at = 0;

  function match(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found?.[0] ?? null;
  }

  function take(char) {
    match(SPACE);
    if (text[at] !== char) return false;
    at += 1;
    return true;
  }

  function need(char) {
    if (!take(char)) throw new JsonError(at < text.length ? `${char} ≠ ${text[at]}` : `${char} ≠ …`, text, at);
  }

  function string() {
    match(SPACE);
    const found = match(STRING);
    if (found === null) throw new JsonError('"…"', text, at);
    return JSON.parse(found);
  }

  function node(depth) {
    match(SPACE);
    if (depth > DEPTH_MAX) throw new JsonError("…[[[", text, at);
    const start = at;
    const done = (more) => ({ start, end: at, ...more });
    if (text[at] === "{") return object(done, depth);
    if (text[at] === "[") return array(done, depth);
    if (text[at] === '"') return done({ value: string() });
    for (const [word, value] of Object.entries(LITERALS)) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return done({ value });
    }
    const number = match(NUMBER);
    if (number === null) throw new JsonError("?", text, at);
    return done({ value: Number(number) });
  }

  function object(done, depth) {
    const members = new Map();
    need("{");
    if (!take("}")) {
      do {
        match(SPACE);
        const keyStart = at;
        const key = string();
        need(":");
        members.set(key, { ...node(depth + 1), keyStart });
      } while (take(","));
      need("}");
    }
    return done({ members });
  }

  function array(done, depth) {
    const items = [];
    need("[");
    if (!take("]")) {
      do items.push(node(depth + 1));
      while (take(","));
      need("]");
    }
    return done({ items });
  }

  const root = node(0);
  match(SPACE);
  if (at < text.length) throw new JsonError("…", text, at);
  return root;
}

/** The node at `path`, keys and indexes; undefined where there is none. */
export function nodeAt(root, path) {
  return path.reduce((node, step) => (node?.members ? node.members.get(step) : node?.items?.[step]), root);
}

/** Plain values, as JSON.parse gives them. */
export function valueOf(node) {
  if (node === undefined) return undefined;
  if (node.members) return Object.fromEntries([...node.members].map(([key, member]) => [key, valueOf(member)]));
  return node.items ? node.items.map(valueOf) : node.value;
}

/** The text with `value` at `path`; the last key is added at its object's end where it is not there. */
export function withValue(text, path, value) {
  const root = parse(text);
  const node = nodeAt(root, path);
  if (node) return splice(text, node.start, node.end, spelt(value, text, node.start));
  const above = nodeAt(root, path.slice(0, -1));
  if (!above) return withValue(text, path.slice(0, -1), { [path.at(-1)]: value });
  if (above.items) return added(text, above, above.items, (indent) => spelt(value, text, above.start, indent));
  const members = [...above.members.values()];
  return added(text, above, members, (indent) => `${JSON.stringify(path.at(-1))}: ${spelt(value, text, above.start, indent)}`);
}

/** The text without what is at `path`. */
export function without(text, path) {
  const root = parse(text);
  const above = nodeAt(root, path.slice(0, -1));
  const siblings = above.members ? [...above.members.values()] : above.items;
  const index = siblings.indexOf(nodeAt(root, path));
  const startOf = (node) => node.keyStart ?? node.start;
  if (siblings.length === 1) return splice(text, above.start + 1, above.end - 1, "");
  if (index === 0) return splice(text, startOf(siblings[0]), startOf(siblings[1]), "");
  return splice(text, siblings[index - 1].end, siblings[index].end, "");
}

function added(text, above, siblings, entry) {
  if (siblings.length === 0) {
    const indent = lineIndent(text, above.start) + unit(text);
    return splice(text, above.start + 1, above.end - 1, `\n${indent}${entry(indent)}\n${lineIndent(text, above.start)}`);
  }
  const last = siblings.at(-1);
  const between = text.slice(above.start + 1, siblings[0].keyStart ?? siblings[0].start);
  const indent = between.includes("\n") ? between.slice(between.lastIndexOf("\n") + 1) : null;
  const gap = indent === null ? " " : `\n${indent}`;
  return splice(text, last.end, last.end, `,${gap}${entry(indent)}`);
}

/** Short values on one line, others indented as the text is; texts of arrays of numbers are always on one. */
function spelt(value, text, start, indent = lineIndent(text, start)) {
  if (indent === null) return oneLine(value);
  const short = oneLine(value);
  if (typeof value !== "object" || value === null) return short;
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return short;
  if (short.length <= 60 && isFlat(value)) return short;
  return JSON.stringify(value, null, unit(text)).replaceAll("\n", `\n${indent}`);
}

function isFlat(value) {
  return Object.values(value).every((item) => typeof item !== "object" || item === null);
}

function oneLine(value) {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`).join(", ")}}`;
}

function lineIndent(text, at) {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1, at))[0];
}

/** By how much the text indents. */
function unit(text) {
  return /\n([ \t]+)"/.exec(text)?.[1] ?? "  ";
}

function splice(text, start, end, inserted) {
  return text.slice(0, start) + inserted + text.slice(end);
}
