/** What acts make of the state of a report: pure functions, so that a screen is always server's state + acts. */

/** The things of a dimension that are answered: its codes, or the one value. */
export function itemsOf(dimension) {
  return dimension.value
    ? [{ ...dimension.value, id: null, label: dimension.title, definition: "" }]
    : dimension.codes;
}

/** Whether nobody has decided it, this coder included ("unsure" is this coder's word, so it is passed over). */
export function isOpen(item) {
  return item.answer === null && (item.resolved === null || item.resolved === undefined);
}

function settle(item) {
  const said = [item, ...item.others].map((x) => x.answer).filter((a) => a && a !== "unsure");
  const different = new Set(said);
  return { ...item, resolved: different.size > 1 ? "conflict" : (said[0] ?? null) };
}

function counted(dimension) {
  const items = itemsOf(dimension);
  const left = items.filter((i) => i.resolved === null || i.resolved === "conflict").length;
  const conflict = items.some((i) => i.resolved === "conflict");
  return { ...dimension, left, state: conflict ? "conflict" : left ? "undecided" : "decided" };
}

function answered(item, act) {
  return settle({ ...item, answer: act.answer, value: act.value, note: act.note, evidence: act.shown });
}

function withItem(dimension, act) {
  if (act.code === null) return { ...dimension, value: answered(dimension.value, act) };
  const alone = dimension.kind === "single" && act.answer === "present"; // then all others are absent
  const other = (c) => (alone ? madeAbsent(c) : c);
  return {
    ...dimension,
    codes: dimension.codes.map((c) => (c.id === act.code ? answered(c, act) : other(c))),
  };
}

function madeAbsent(item) {
  return settle({ ...item, answer: "absent", note: "", evidence: [] });
}

function withRestAbsent(dimension) {
  return { ...dimension, codes: dimension.codes.map((c) => (c.answer === null ? madeAbsent(c) : c)) };
}

/** The dimensions that every report is coded by; those "in depth" are for some reports only. */
export const mapped = (dimensions) => dimensions.filter((d) => d.stage === "map");

/** The state with one dimension replaced. */
export function withDimension(state, dimension) {
  if (!dimension) return state;
  const dimensions = state.dimensions.map((d) => (d.id === dimension.id ? dimension : d));
  return { ...state, dimensions, left: mapped(dimensions).reduce((sum, d) => sum + d.left, 0) };
}

/** The state as it will be once the server has taken this act. `act.shown` is its evidence with quotes. */
export function withAct(state, act) {
  const before = state.dimensions.find((d) => d.id === act.dimension);
  const after = act.kind === "rest_absent" ? withRestAbsent(before) : withItem(before, act);
  return withDimension(state, counted(after));
}

/** The state with what the server answered put in. */
export function withReply(state, reply) {
  const next = withDimension(state, reply.dimension);
  const known = (name) => (reply[name] === undefined ? next[name] : reply[name]);
  return { ...next, undo: known("undo"), left: known("left"), memos: known("memos") };
}

/** How many codes of a dimension are decided, and how many there are. */
export function progress(dimension) {
  const all = itemsOf(dimension).length;
  return { decided: all - dimension.left, all };
}
