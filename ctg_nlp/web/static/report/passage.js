/** The passages of the current code: the one looked at, the list of all, and the suggestion below them. */

import { byId, el, key, refill } from "./dom.js";
import { kindInShort, kindInWords, markedPieces, verdictInWords } from "./words.js";

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

function nothing() {
  const words = "No passage is chosen for this code. Select one on the page, or move with ";
  return el("p.passage-none.muted", words, arrow("←"), " ", arrow("→"), ".");
}

/** Draw the passage looked at, and the list of all. */
export function drawPassage(session, actions) {
  const passage = session.passage;
  if (passage) refill(byId("card-passage"), head(session, actions, passage), quoted(passage));
  else refill(byId("card-passage"), nothing());
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
    ),
    mayGo && el(`button.button-quiet.evidence-away#evidence-away-${index}`, away, "×"),
  );
}

function drawList(session, actions) {
  const { trail } = session;
  const worth = trail.length > 1 || trail[0]?.kind === "own";
  const lines = trail.map((passage, index) => line(session, actions, passage, index));
  const title = el("h3.small.muted", "Passages ", key("e"), " ", key("x"));
  refill(byId("card-evidence"), worth && title, worth && el("ol.evidence-list", ...lines));
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

/** Draw what the machine says of the current code. */
export function drawSuggestion(session) {
  const { suggestion } = session.item;
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
