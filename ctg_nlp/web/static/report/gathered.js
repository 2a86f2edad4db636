/** Passages that other codes quote: for a free text those of its question, for a further framework all of the report. */

import { itemsOf } from "./answers.js";
import { spanKey } from "./trail.js";

const MOST = 15; // passages offered for a free text
const SAYS = new Set(["present", "value"]);

function saidOf(item) {
  const mine = { coder: null, answer: item.answer, evidence: item.evidence };
  return [mine, ...item.others].filter((said) => SAYS.has(said.answer));
}

function placed(evidence) {
  return evidence
    .filter((e) => e.spans.length)
    .map((e) => {
      const [page, start, end] = e.spans[0];
      return { page, start, end, spans: e.spans, quote: e.quote, because: [] };
    });
}

function quotesIn(dimensions) {
  return dimensions.flatMap((d) =>
    itemsOf(d).flatMap((item) =>
      saidOf(item).flatMap(({ coder, evidence }) =>
        placed(evidence).map((e) => ({ ...e, labels: [item.label], by: [coder ?? "you"] })),
      ),
    ),
  );
}

function once(passages) {
  const found = new Map();
  for (const p of passages) {
    const known = found.get(spanKey(p));
    if (!known) found.set(spanKey(p), p);
    else {
      known.labels = [...new Set([...known.labels, ...p.labels])];
      known.by = [...new Set([...known.by, ...p.by])];
    }
  }
  return [...found.values()];
}

const inOrder = (a, b) => a.page - b.page || a.start - b.start;

/** Every passage that a dimension which is no further framework quotes, once, in the order of the pages. */
export function quotedPassages(state) {
  return once(quotesIn(state.dimensions.filter((d) => !d.over_quotes))).sort(inOrder);
}

function proposedIn(dimensions) {
  return dimensions
    .flatMap((d) => d.codes.map((code) => ({ code, suggestion: code.suggestion })))
    .filter(({ code, suggestion }) => suggestion?.suggested && code.answer === null)
    .sort((a, b) => b.suggestion.score - a.suggestion.score)
    .flatMap(({ code, suggestion }) =>
      suggestion.evidence.map((e) => ({ ...e, labels: [code.label], by: [] })),
    );
}

/** Passages for a free text: what its question's codes quote, then what is suggested for them, the likeliest first. */
export function passagesOfQuestion(state, dimension) {
  const asked = state.dimensions.filter(
    (d) => d.enquiry && d.enquiry === dimension.enquiry && !d.free && d.stage === dimension.stage,
  );
  return once([...quotesIn(asked).sort(inOrder), ...proposedIn(asked)]).slice(0, MOST);
}

/** The trail of a code of a further framework: all that is quoted, page by page; own where it stands for this code. */
export function trailOverQuotes(quoted, trail) {
  const own = new Map(trail.filter((p) => p.kind === "own").map((p) => [spanKey(p), p]));
  const listed = quoted.map((p) => {
    const { labels, by } = p;
    return { ...p, kind: "quoted", ...own.get(spanKey(p)), labels, by };
  });
  const keys = new Set(quoted.map(spanKey));
  return [...listed, ...trail.filter((p) => !keys.has(spanKey(p)))];
}

/** Which codes of a dimension have this passage among this coder's evidence, by their place from 1. */
export function codesOn(dimension, passage) {
  const key = spanKey(passage);
  return dimension.codes.flatMap((code, i) =>
    placed(code.evidence).some((e) => spanKey(e) === key) ? [i + 1] : [],
  );
}
