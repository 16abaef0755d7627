// What somebody chose to upload: the files of a package's folder, or one zip.

const MANIFEST = "showroom.json";

/** Why what was chosen is no package: `key` is a text's, with its `values`. */
export class NoPackage extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/**
 * `{archive: file}` for one zip, else `{files: [{path, file}]}` by path, as they are in the package. `found` are all
 * files, each with its path as it was chosen. Names that begin with a dot are left out, as are folders above the
 * package's. Pure. Raises NoPackage.
 */
export function asPackage(found) {
  if (found.length === 1 && found[0].path.toLowerCase().endsWith(".zip")) return { archive: found[0].file };
  const visible = found.filter(({ path }) => !path.split("/").some((name) => name.startsWith(".")));
  const manifests = visible.filter(({ path }) => path === MANIFEST || path.endsWith(`/${MANIFEST}`));
  if (manifests.length === 0) throw new NoPackage("upload.no-manifest", { count: visible.length });
  const depth = ({ path }) => path.split("/").length;
  const top = manifests.reduce((best, each) => (depth(each) < depth(best) ? each : best));
  const folder = top.path.slice(0, -MANIFEST.length);
  const files = visible
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, file }) => ({ path: path.slice(folder.length), file }));
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** Of an <input type="file">. */
export function ofInput(input) {
  return [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Of what was dropped: files, and folders with all that is in them. */
export async function ofDrop(dataTransfer) {
  // The entries must be taken before anything is awaited: the list is emptied then.
  const entries = [...dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const found = [];
  for (const entry of entries) await walk(entry, "", found);
  return found;
}

async function walk(entry, above, found) {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ path, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // It gives some at a time, and none at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await walk(child, `${path}/`, found);
  }
}
