/** What the address of the page says: the place asked for, the code in view, the filters of the queue. */

/** The fragment as {dimension, code, place}; place is null where none is asked for. */
export function asked() {
  const words = new URLSearchParams(location.hash.slice(1));
  const [page, start, end] = ["p", "s", "e"].map((name) => Number(words.get(name)));
  return {
    dimension: words.get("d"),
    code: words.get("c") || null,
    place: page > 0 ? { page, start, end } : null,
  };
}

/** Put the code in view into the fragment, so that the address can be kept and sent. */
export function showInAddress(dimension, code) {
  const fragment = new URLSearchParams({ d: dimension, c: code ?? "" });
  history.replaceState(null, "", `${location.pathname}${location.search}#${fragment}`);
}

/** Whether the queue is by code, and which code as [dimension, code]. */
export function queueCode() {
  const words = new URLSearchParams(location.search);
  return { byCode: words.get("by") === "code", code: (words.get("code") ?? "").split(".") };
}

/** An address with the filters of the queue put in. */
export function withFilters(address, more = {}) {
  const words = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(more)) words.set(name, value);
  const query = words.toString();
  return query ? `${address}?${query}` : address;
}
