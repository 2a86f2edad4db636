/** The passages that speak on one code: this coder's, those suggested, other coders', those held back. */

const same = (a, b) => a.page === b.page && a.start < b.end && b.start < a.end;

/** A name for a stretch of text. */
export const spanKey = (e) => `${e.page}:${e.start}:${e.end}`;

function given(evidence, kind, by) {
  return evidence.flatMap((e, index) => {
    if (!e.spans.length) return [{ kind, by, index, quote: e.quote, page: null, because: [] }];
    const [page, start, end] = e.spans[0];
    return [{ kind, by, index, quote: e.quote, page, start, end, spans: e.spans, because: [] }];
  });
}

function proposed(evidence, kind) {
  return evidence.map((e) => ({ ...e, kind, spans: [[e.page, e.start, e.end]] }));
}

function explained(passage, suggestion) {
  const twin = suggestion?.evidence.find((e) => passage.page !== null && same(e, passage));
  return twin ? { ...passage, because: twin.because, boxes: twin.boxes } : passage;
}

/** Passages in the order in which they are shown; what the coder has already taken is not offered again. */
export function trailOf(item, isDismissed, heldOpen) {
  if (!item) return [];
  const own = given(item.evidence, "own", null).map((p) => explained(p, item.suggestion));
  const fresh = (p) => !own.some((o) => o.page !== null && same(o, p));
  const suggested = proposed(item.suggestion?.evidence ?? [], "suggested").filter(
    (p) => fresh(p) && !isDismissed(p),
  );
  const others = item.others
    .flatMap((o) => given(o.evidence, "other", o.coder))
    .filter((p) => p.page === null || fresh(p));
  const held = heldOpen ? proposed(item.suggestion?.held_back ?? [], "held").filter(fresh) : [];
  return [...own, ...suggested, ...others, ...held];
}
