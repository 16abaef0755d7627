// What the server wrote into the page for its script: texts in the page's language, and data.

const json = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

const texts = json("texts");

export const pageData = json("page-data");

/** What `key` says, with {names} replaced by `values`. */
export function text(key, values = {}) {
  const said = texts[key];
  if (said === undefined) throw new Error(`there is no text ${key}`);
  return said.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
