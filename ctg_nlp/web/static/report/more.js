/** What can be opened below a code: other coders, opinions of the raters, what was held back, memos, provenance. */

import { byId, el, key, refill } from "./dom.js";
import { badgeOf, saidInWords } from "./words.js";

function others(said) {
  const lines = said.map((o) =>
    el(
      "li",
      el("strong", o.coder),
      o.role === "adjudicator" && " (adjudicator)",
      " ",
      el("span.badge", { class: `is-${badgeOf(o)}` }, saidInWords(o)),
      o.note && el("span.small", ` ${o.note}`),
    ),
  );
  return el("ul.plain-list", ...lines);
}

function opinions(suggestion) {
  const rows = suggestion.opinions.map((o) =>
    el(
      "tr",
      el("th", { scope: "row" }, o.rater),
      el("td.num", o.score.toFixed(2)),
      el("td", o.says ? "suggests it" : "does not"),
    ),
  );
  const column = { scope: "col" };
  const head = el("tr", el("th", column, "Rater"), el("th.num", column, "Score"), el("th", column, "Says"));
  return el("table.data.small", el("thead", head), el("tbody", ...rows));
}

function pageLink(place, actions) {
  return el("button.link", { onclick: () => actions.showPlace(place) }, `page ${place.page}`);
}

function heldBack(suggestion, actions) {
  const lines = suggestion.held_back.map((e) =>
    el("li", el("span.badge", e.status), " ", pageLink(e, actions), ` ${e.quote}`),
  );
  return el("ul.plain-list.small", ...lines);
}

function memoLine(memo, actions) {
  return el(
    "li.memo-line",
    el("p", memo.label && el("strong", `${memo.label} `), memo.text),
    memo.quote && el("p.small.muted.memo-quote", memo.quote),
    el(
      "p.small.row",
      memo.page ? pageLink(memo, actions) : el("span.muted", "on the report"),
      el("span.muted", memo.coder),
      el("button.link", { onclick: () => actions.deleteMemo(memo) }, "Delete"),
    ),
  );
}

function madeBy(state) {
  const pairs = {
    Framework: state.framework_id,
    Model: state.model_id ?? "none has read this report",
    Scores: state.calibrated
      ? "probabilities, calibrated on decided reports"
      : "strength of the signs, not probabilities",
  };
  const parts = Object.entries(pairs).flatMap(([name, words]) => [el("dt", name), el("dd", words)]);
  return el("dl.facts.small", ...parts);
}

function folded(id, title, name, content, { open = byId(id)?.open, toggled = () => {} } = {}) {
  const summary = el("summary", title, " ", name && key(name));
  return el(
    `details#${id}`,
    { open: Boolean(open), ontoggle: (e) => toggled(e.target.open) },
    summary,
    content,
  );
}

function aboutSuggestion(session, actions) {
  const { suggestion } = session.item;
  if (!suggestion) return [];
  const { opinions: said, held_back: held } = suggestion;
  const howMany = said.length === 1 ? "Opinion of the one rater" : `Opinions of ${said.length} raters`;
  const byState = { open: session.heldOpen, toggled: (open) => actions.openHeld(open) };
  return [
    said.length > 0 && folded("opinions", howMany, "o", opinions(suggestion)),
    held.length > 0 &&
      folded("held", `Held back: ${held.length}`, "h", heldBack(suggestion, actions), byState),
  ];
}

/** Draw the foldable parts; what was open stays open. */
export function drawMore(session, actions) {
  const said = session.item.others;
  const { memos } = session.state;
  const list = () => el("ul.plain-list", ...memos.map((memo) => memoLine(memo, actions)));
  refill(
    byId("card-more"),
    said.length > 0 && folded("others", `Other coders: ${said.length}`, "w", others(said)),
    ...aboutSuggestion(session, actions),
    memos.length > 0 && folded("memos", `Memos: ${memos.length}`, "", list()),
    !session.state.place?.blind && folded("made-by", "What the suggestions were made with", "", madeBy(session.state)),
  );
}
