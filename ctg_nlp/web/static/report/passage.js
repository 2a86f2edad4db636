/** The passages of the current code: the one looked at, the list of all, and the suggestion below them. */

import { byId, el, key, refill } from "./dom.js";
import { codesOn } from "./gathered.js";
import { byWhom, forWhat, kindInShort, kindInWords, markedPieces, verdictInWords } from "./words.js";

const arrow = (name) => el("kbd.always", name); // works where single keys are turned off

function where(passage, actions) {
  if (passage.page === null) return el("span.muted", "not found on the pages");
  return el("button.link#passage-page", { onclick: () => actions.showPassage() }, `page ${passage.page}`);
}

function steps(session, actions) {
  const count = session.trail.length;
  const next = { onclick: () => actions.step(1), "aria-label": "Next passage" };
  return el(
    "span.passage-step",
    el("span.muted", `${session.at + 1} of ${count}`),
    count > 1 && el("button.button-quiet#passage-next", next, "›", key("e")),
  );
}

function head(session, actions, passage) {
  const kind = el("span.passage-kind", { class: `kind-${passage.kind}` }, kindInWords(passage));
  return el("p.passage-head.small", kind, where(passage, actions), steps(session, actions));
}

function quoted(passage) {
  const pieces = markedPieces(passage.quote, [...(passage.because ?? [])]);
  return el("blockquote", ...pieces.map(([text, marked]) => (marked ? el("mark", text) : text)));
}

function nothing(dimension) {
  if (dimension.over_quotes)
    return el("p.passage-none.muted", "Nothing is quoted in this report yet: code its other dimensions first.");
  const words = "No passage is chosen for this code. Select one on the page, or move with ";
  return el("p.passage-none.muted", words, arrow("←"), " ", arrow("→"), ".");
}

/** Draw the passage looked at, and the list of all. */
export function drawPassage(session, actions) {
  const passage = session.passage;
  const stands = passage && forWhat(passage);
  const whatFor = stands && el("p.small.muted.passage-for", stands);
  if (passage) refill(byId("card-passage"), head(session, actions, passage), quoted(passage), whatFor);
  else refill(byId("card-passage"), nothing(session.dimension));
  drawList(session, actions);
}

function line(session, actions, passage, index) {
  const look = {
    class: `kind-${passage.kind}`,
    "aria-current": index === session.at && "true",
    onclick: () => actions.lookAt(index),
  };
  const away = { "aria-label": "Take this passage away", onclick: () => actions.removeAt(index) };
  const mayGo = passage.kind === "own" || passage.kind === "suggested";
  return el(
    "li",
    el(
      `button.evidence-line#evidence-${index}`,
      look,
      el("span.muted", passage.page === null ? "–" : `p. ${passage.page}`),
      el("span.evidence-quote", passage.quote),
      el("span.evidence-kind.small.muted", kindInShort(passage)),
      passage.labels && el("span.evidence-for.small.muted", `${forWhat(passage)} ${quoters(passage)}`.trim()),
      session.dimension.over_quotes && codesHere(session.dimension, passage),
    ),
    mayGo && el(`button.button-quiet.evidence-away#evidence-away-${index}`, away, "×"),
  );
}

const quoters = (passage) => (passage.by?.length ? byWhom(passage) : "");

function codesHere(dimension, passage) {
  const places = codesOn(dimension, passage);
  if (!places.length) return null;
  const labels = places.map((n) => dimension.codes[n - 1].label);
  const numbers = places.map((n, i) => el("span.badge", { title: labels[i], "aria-hidden": "true" }, String(n)));
  return el("span.evidence-codes.small", el("span.sr", `coded here: ${labels.join(", ")}`), ...numbers);
}

function listTitle({ dimension, kept }) {
  if (kept.has(dimension.id)) return el("h3.small.muted", "Passages, kept here until you write ", key("x"));
  const words = dimension.over_quotes ? "Quoted in this report " : "Passages ";
  const again = [key("e"), " to step, ", key("1"), " … ", key("9"), " gives the code of that number"];
  const keys = dimension.over_quotes ? again : [key("e"), " ", key("x")];
  return el("h3.small.muted", words, ...keys);
}

function drawList(session, actions) {
  const { trail } = session;
  const worth = trail.length > 1 || trail[0]?.kind === "own" || trail[0]?.labels;
  const lines = trail.map((passage, index) => line(session, actions, passage, index));
  refill(byId("card-evidence"), worth && listTitle(session), worth && el("ol.evidence-list", ...lines));
}

function suggested(session, suggestion) {
  const number = `${suggestion.score.toFixed(2)}, threshold ${suggestion.threshold.toFixed(2)}`;
  const caution = session.state.calibrated ? "" : "; a score, not a probability";
  return el(
    "p.suggestion",
    el("strong", verdictInWords(suggestion, Boolean(session.dimension.value))),
    el("span", `${suggestion.words} `, el("span.muted", `(${number}${caution})`)),
  );
}

function drawOffer({ item }) {
  const count = item.suggestion.evidence.length;
  const words = count
    ? "Passages of this question’s codes: what is quoted first, then what is suggested. "
    : "This question’s codes have no passages yet; code them first, or select text on the pages.";
  const how = count > 0 && [key("p"), " takes the one in view as a quote, ", key("v"), " goes to the text."];
  refill(byId("card-suggestion"), el("p.suggestion.small.muted", el("span", words, ...(how || []))));
}

/** Draw what the machine says of the current code. */
export function drawSuggestion(session) {
  const { suggestion } = session.item;
  if (session.dimension.free) return drawOffer(session);
  const none = session.state.model_id
    ? "No suggestion."
    : session.state.place?.blind
      ? "You code this report blind: what is suggested is shown once you have locked it."
      : "No model has read this report yet: no suggestions.";
  refill(
    byId("card-suggestion"),
    suggestion ? suggested(session, suggestion) : el("p.suggestion.muted", none),
  );
}
