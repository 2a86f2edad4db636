/** The files that a person dropped or chose, with the path by which the intake tells their group. */

const OWN = /^(?:\.|~\$|thumbs\.db$|desktop\.ini$)/i; // hidden, locks of Word, and files of the operating system

/** Files of an input, as [{file, path}]; those of a chosen folder without its name. */
export function chosen(input) {
  return [...input.files]
    .map((file) => ({ file, path: below(file.webkitRelativePath) || file.name }))
    .filter(({ path }) => isReport(path));
}

/** Files of a drop, as [{file, path}]. Must be called while the event is handled: its items vanish after it. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const alone = entries.length === 1 && entries[0].isDirectory;
  const found = (await Promise.all(entries.map(filesOf))).flat();
  return found.map(({ file, path }) => ({ file, path: alone ? below(path) : path }));
}

async function filesOf(entry) {
  if (OWN.test(entry.name)) return [];
  if (entry.isDirectory) return (await Promise.all((await entriesOf(entry)).map(filesOf))).flat();
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(() => null);
  return file ? [{ file, path: entry.fullPath.replace(/^\//, "") }] : [];
}

/** All entries of a folder: browsers hand them out a hundred at a time. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)).catch(() => []);
    if (!some.length) return all;
    all.push(...some);
  }
}

function below(path) {
  return path.split("/").slice(1).join("/");
}

function isReport(path) {
  return !path.split("/").some((part) => OWN.test(part));
}
