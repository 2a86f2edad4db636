/** What is marked on which page. */

import { itemsOf } from "./answers.js";

function spansOf(evidence) {
  return evidence.flatMap((e) => e.spans.map(([page, start, end]) => ({ page, start, end })));
}

function faint(state, dimensionId, current) {
  return state.dimensions.flatMap((d) =>
    itemsOf(d)
      .filter((i) => !(d.id === dimensionId && i.id === current.id))
      .flatMap((i) => {
        const mine = i.answer === "absent" ? [] : spansOf(i.evidence);
        const offered =
          d.id === dimensionId && i.answer === null && i.suggestion?.suggested ? i.suggestion.evidence : [];
        return [...mine, ...offered].map((e) => ({ ...e, kind: "faint" }));
      }),
  );
}

function ofPassage(passage, isNow) {
  const kind = passage.kind === "held" ? "held" : passage.kind === "other" ? "theirs" : "current";
  const kinds = isNow ? [kind, "now"] : [kind];
  const spans = passage.spans ?? [];
  return spans.flatMap(([page, start, end], n) =>
    kinds.map((k) => ({ page, start, end, kind: k, boxes: n ? undefined : passage.boxes })),
  );
}

/** Marks by page number: faint ones first, what is looked at last. `places` are further marks with their kind. */
export function marksByPage(session, places) {
  const item = session.item;
  const held = session.heldOpen ? [] : (item.suggestion?.held_back ?? []);
  const memos = session.state.memos.filter((m) => m.page !== null && m.page !== undefined);
  const all = [
    ...faint(session.state, session.dimensionId, item),
    ...memos.map((m) => ({ ...m, kind: "memo" })),
    ...held.map((e) => ({ ...e, kind: "held" })),
    ...session.trail.flatMap((p, i) => ofPassage(p, i === session.at)),
    ...places,
  ];
  return Map.groupBy ? Map.groupBy(all, (m) => m.page) : grouped(all);
}

function grouped(all) {
  const byPage = new Map();
  for (const mark of all) byPage.set(mark.page, [...(byPage.get(mark.page) ?? []), mark]);
  return byPage;
}
