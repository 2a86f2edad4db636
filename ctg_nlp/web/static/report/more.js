/** What can be opened below a code: other coders, opinions of the raters, what was held back, memos. */

import { byId, el, refill } from "./dom.js";

const key = (name) => el("kbd", {}, name);

function others(item) {
  const lines = item.others.map((o) =>
    el("li", {},
      el("strong", {}, o.coder), o.role === "adjudicator" ? " (adjudicator)" : "", " ",
      el("span", { class: `badge is-${o.answer === "value" ? "present" : o.answer}` }, o.answer === "value" ? String(o.value ?? "cannot be told") : o.answer),
      o.note ? el("span", { class: "small" }, ` ${o.note}`) : null));
  return el("ul", { class: "plain-list" }, ...lines);
}

function opinions(suggestion) {
  const rows = suggestion.opinions.map((o) =>
    el("tr", {}, el("th", { scope: "row" }, o.rater), el("td", { class: "num" }, o.score.toFixed(2)), el("td", {}, o.says ? "suggests it" : "does not")));
  const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Rater"), el("th", { scope: "col", class: "num" }, "Score"), el("th", { scope: "col" }, "Says")));
  return el("table", { class: "data small" }, head, el("tbody", {}, ...rows));
}

function folded(id, title, name, isOpen, toggled, ...content) {
  return el("details", { id, open: isOpen, ontoggle: (e) => toggled(e.target.open) }, el("summary", {}, title, " ", name ? key(name) : null), ...content);
}

function heldBack(suggestion, actions) {
  const lines = suggestion.held_back.map((e) =>
    el("li", {}, el("span", { class: "badge" }, e.status), " ", el("button", { type: "button", class: "link", onclick: () => actions.showPlace(e) }, `page ${e.page}`), el("span", { class: "held-quote" }, ` ${e.quote}`)));
  return el("ul", { class: "plain-list small" }, ...lines);
}

function memoLine(memo, actions) {
  const place = memo.page ? el("button", { type: "button", class: "link", onclick: () => actions.showPlace(memo) }, `page ${memo.page}`) : el("span", { class: "muted" }, "on the report");
  return el("li", { class: "memo-line" },
    el("p", {}, memo.label ? el("strong", {}, `${memo.label} `) : null, memo.text),
    memo.quote ? el("p", { class: "small muted memo-quote" }, memo.quote) : null,
    el("p", { class: "small row" }, place, el("span", { class: "muted" }, memo.coder), el("button", { type: "button", class: "link", onclick: () => actions.deleteMemo(memo) }, "Delete")));
}

function madeBy(state) {
  const pairs = [["Framework", state.framework_id], ["Model", state.model_id ?? "none has read this report"], ["Scores", state.calibrated ? "probabilities, calibrated on decided reports" : "strength of the signs, not probabilities"]];
  return el("dl", { class: "facts small" }, ...pairs.flatMap(([name, words]) => [el("dt", {}, name), el("dd", {}, words)]));
}

/** Draw the foldable parts; what was open stays open. */
export function drawMore(session, actions) {
  const { suggestion, others: said } = session.item;
  const { memos } = session.state;
  const opened = (id) => byId(id)?.open ?? false;
  refill(
    byId("card-more"),
    said.length ? folded("others", `Other coders: ${said.length}`, "w", opened("others"), () => {}, others(session.item)) : null,
    suggestion?.opinions.length ? folded("opinions", suggestion.opinions.length === 1 ? "Opinion of the one rater" : `Opinions of ${suggestion.opinions.length} raters`, "o", opened("opinions"), () => {}, opinions(suggestion)) : null,
    suggestion?.held_back.length ? folded("held", `Held back: ${suggestion.held_back.length}`, "h", session.heldOpen, (open) => actions.openHeld(open), heldBack(suggestion, actions)) : null,
    memos.length ? folded("memos", `Memos: ${memos.length}`, "", opened("memos"), () => {}, el("ul", { class: "plain-list" }, ...memos.map((m) => memoLine(m, actions)))) : null,
    folded("made-by", "What the suggestions were made with", "", opened("made-by"), () => {}, madeBy(session.state)),
  );
}
