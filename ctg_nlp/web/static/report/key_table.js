/** The keys of the report page. */

import { byId, say } from "./dom.js";
import { openNext } from "./frame.js";
import { moveCode, moveDimension, movePassage, showView } from "./moves.js";

function field(id, words) {
  return () => {
    const node = byId(id);
    if (node.closest("[hidden]")) return say(words);
    showView("code");
    node.focus();
  };
}

function toggle(id, words) {
  return () => {
    const node = byId(id);
    if (!node) return say(words);
    showView("code");
    node.open = !node.open;
    if (node.open) node.scrollIntoView({ block: "nearest" });
  };
}

/** Bindings for `bindKeys`. */
export function reportKeys({ session, actions, cursor, paper, forget, leave, lock }) {
  const begin = () => (session.passage?.page ? session.passage : null);
  const escape = () => {
    const active = document.activeElement;
    if (active?.matches("input, textarea")) active.blur();
    else forget();
  };
  const digits = Array.from({ length: 9 }, (_, i) => [String(i + 1), () => actions.codeQuoted(i)]);
  return {
    ...Object.fromEntries(digits),
    j: () => moveCode(session, 1),
    k: () => moveCode(session, -1),
    "shift+j": () => moveDimension(session, 1),
    "shift+k": () => moveDimension(session, -1),
    "shift+n": () => openNext(session),
    p: actions.present,
    a: actions.absent,
    u: actions.unsure,
    d: actions.restAbsent,
    l: lock,
    e: () => movePassage(session, 1),
    "shift+e": () => movePassage(session, -1),
    w: toggle("others", "No other coder has answered this."),
    o: toggle("opinions", "No rater has spoken on this code."),
    h: toggle("held", "Nothing was held back."),
    f: toggle("definition", ""),
    t: field("note", ""),
    v: () => field(session.dimension.free ? "value-text" : "value", "This dimension has codes, no value.")(),
    ArrowRight: () => void cursor.move(1, begin()),
    ArrowLeft: () => void cursor.move(-1, begin()),
    "shift+ArrowRight": () => void cursor.extend(1),
    "shift+ArrowLeft": () => void cursor.extend(-1),
    s: actions.addEvidence,
    c: actions.choose,
    x: () => actions.removeCurrent(),
    m: actions.memo,
    i: actions.inductive,
    z: actions.undo,
    "+": () => paper.zoom(paper.scale * 1.15),
    "-": () => paper.zoom(paper.scale / 1.15),
    n: () => void leave(byId("to-next").href),
    q: () => void leave(byId("to-queue").href),
    Escape: escape,
  };
}
