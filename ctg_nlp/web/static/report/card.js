/** The current code: its passage first, then what is suggested, then the answer. */

import { itemsOf, progress } from "./answers.js";
import { byId, el, refill } from "./dom.js";
import { answerInWords } from "./frame.js";
import { drawMore } from "./more.js";
import { kindInWords, markedPieces } from "./trail.js";

const COUNTS = {
  did: "what the group did or found in this project", described: "what the report describes",
  intended: "what the project set out to do", planned: "what is planned", advocated: "what the report argues for",
};

const key = (name) => el("kbd", {}, name);

function answerButton(act, answer, words, name) {
  return el("button", { type: "button", class: `answer answer-${answer}`, id: `answer-${answer}`, onclick: act }, el("span", { class: "answer-sign", "aria-hidden": "true" }), words, key(name));
}

const arrow = (name) => el("kbd", { class: "always" }, name); // works where single keys are turned off
const quiet = (words, name, act) => el("button", { type: "button", class: "button-quiet", onclick: act }, words, key(name));

/** Build the card once; `actions` are what its buttons do. */
export function buildCard(actions) {
  const part = (id, kind = "div") => el(kind, { id });
  const note = el("textarea", { id: "note", rows: "2", maxlength: "20000", oninput: (e) => actions.draftNote(e.target.value), onblur: () => actions.saveNote() });
  const value = el("input", { id: "value", autocomplete: "off", onkeydown: (e) => e.key === "Enter" && actions.giveValue(true), onblur: () => actions.giveValue(false) });
  byId("card").replaceChildren(
    part("card-head", "header"),
    part("card-passage"),
    part("card-suggestion"),
    el("div", { id: "answers", class: "answers", role: "group", "aria-label": "Your answer" },
      answerButton(actions.present, "present", "Present", "p"), answerButton(actions.absent, "absent", "Absent", "a"), answerButton(actions.unsure, "unsure", "Unsure", "u")),
    el("div", { id: "value-part", class: "value-part" },
      el("label", { class: "field" }, el("span", { id: "value-name" }), value),
      el("button", { type: "button", id: "take-it", onclick: actions.present }),
      el("button", { type: "button", id: "cannot-tell", onclick: actions.absent }, "Cannot be told", key("a")),
      el("button", { type: "button", id: "value-unsure", onclick: actions.unsure }, "Unsure", key("u")),
      el("p", { id: "value-problem", class: "field-problem", role: "alert", hidden: true })),
    part("card-evidence"),
    el("label", { class: "field whole" }, el("span", {}, "Note ", key("t"), el("span", { id: "note-state", class: "muted" })), note),
    part("card-more"),
    el("p", { class: "card-foot row" }, el("button", { type: "button", id: "rest-absent", onclick: actions.restAbsent }, el("span", { id: "rest-absent-words" }), key("d")),
      quiet("Add the passage", "s", actions.addEvidence), quiet("Choose a code", "c", actions.choose), quiet("New code", "i", actions.inductive), quiet("Memo", "m", actions.memo)),
  );
}

function definitionOf(dimension) {
  const lines = [dimension.question, dimension.definition, dimension.note].filter((line) => line);
  return el(
    "details", { id: "definition", class: "small" },
    el("summary", {}, "About this dimension ", key("f")),
    ...lines.map((line) => el("p", {}, line)),
    el("p", { class: "muted" }, `Counts: ${COUNTS[dimension.counts] ?? dimension.counts}.`),
  );
}

function compared(session, item) {
  if (!item.compare_with?.length) return null;
  const links = item.compare_with.flatMap((name) => {
    const [dimensionId, codeId] = name.split(".");
    const dimension = session.state.dimensions.find((d) => d.id === dimensionId);
    const code = dimension && itemsOf(dimension).find((c) => c.id === codeId);
    return code ? [el("button", { type: "button", class: "link", onclick: () => session.focus(dimensionId, codeId) }, code.label)] : [];
  });
  return links.length ? el("p", { class: "small muted row" }, "Compare with", ...links) : null;
}

function drawHead(session) {
  const { dimension, item } = session;
  const { decided, all } = progress(dimension);
  const wasOpen = byId("definition")?.open && byId("definition").dataset.of === dimension.id;
  const about = definitionOf(dimension);
  about.dataset.of = dimension.id;
  about.open = Boolean(wasOpen);
  const said = item.answer ?? (item.resolved === "conflict" ? "conflict" : item.resolved ?? "undecided");
  const rule = item.exclusive ? "Stands alone: no other code of the dimension beside it." : dimension.kind === "single" ? "One code only in this dimension." : "";
  refill(
    byId("card-head"),
    el("p", { class: "card-dimension small" }, el("span", {}, dimension.title), el("span", { class: "muted" }, `${decided} of ${all} decided`)),
    el("h2", { id: "card-label", tabindex: "-1", class: item.label.length > 62 ? "is-long" : null }, el("span", {}, item.label), el("span", { class: `badge is-${said === "value" ? "present" : said}` }, answerInWords(item))),
    item.definition ? el("p", { class: "definition" }, item.definition) : null,
    rule ? el("p", { class: "small muted" }, rule) : null,
    compared(session, item),
    about,
  );
}

function passageTools(session, actions, passage) {
  const count = session.trail.length;
  return el(
    "p", { class: "passage-head small" },
    el("span", { class: `passage-kind kind-${passage.kind}` }, kindInWords(passage)),
    passage.page === null ? el("span", { class: "muted" }, "not found on the pages") : el("button", { type: "button", class: "link", id: "passage-page", onclick: () => actions.showPassage() }, `page ${passage.page}`),
    el("span", { class: "passage-step" },
      el("span", { class: "muted" }, `${session.at + 1} of ${count}`),
      count > 1 ? el("button", { type: "button", class: "button-quiet", id: "passage-next", "aria-label": "Next passage", onclick: () => actions.step(1) }, "›", key("e")) : null),
  );
}

/** A quote with the words that spoke for it marked. */
export function quoted(passage) {
  const pieces = markedPieces(passage.quote, passage.because ?? []);
  return el("blockquote", {}, ...pieces.map(([text, marked]) => (marked ? el("mark", {}, text) : text)));
}

/** Draw the passage looked at, and which of the list is it. */
export function drawPassage(session, actions) {
  const passage = session.passage;
  const nothing = el("p", { class: "passage-none muted" }, "No passage speaks for this code. Select one on the page, or move with ", arrow("←"), " ", arrow("→"), ".");
  refill(byId("card-passage"), passage ? passageTools(session, actions, passage) : nothing, passage ? quoted(passage) : null);
  drawEvidence(session, actions);
}

function suggestionInWords(session, suggestion) {
  const { calibrated } = session.state;
  const number = `${suggestion.score.toFixed(2)}, threshold ${suggestion.threshold.toFixed(2)}`;
  const verdict = session.dimension.value
    ? suggestion.value === null || suggestion.value === undefined ? "No value suggested" : `Suggested: ${suggestion.value}`
    : suggestion.suggested ? "Suggested" : "Not suggested";
  return el("p", { class: "suggestion" }, el("strong", {}, verdict), el("span", {}, `${suggestion.words} `, el("span", { class: "muted" }, `(${number}${calibrated ? "" : "; a score, not a probability"})`)));
}

function drawSuggestion(session) {
  const { suggestion } = session.item;
  const none = el("p", { class: "suggestion muted" }, session.state.model_id ? "No suggestion." : "No model has read this report yet: no suggestions.");
  refill(byId("card-suggestion"), suggestion ? suggestionInWords(session, suggestion) : none);
}

function drawEvidence(session, actions) {
  const lines = session.trail.map((passage, index) =>
    el("li", {},
      el("button", { type: "button", id: `evidence-${index}`, class: `evidence-line kind-${passage.kind}`, "aria-current": index === session.at ? "true" : null, onclick: () => actions.lookAt(index) },
        el("span", { class: "muted" }, passage.page === null ? "–" : `p. ${passage.page}`), el("span", { class: "evidence-quote" }, passage.quote), el("span", { class: "evidence-kind small muted" }, passage.kind === "own" ? "yours" : passage.kind === "other" ? passage.by : passage.kind === "held" ? passage.status : "suggested")),
      passage.kind === "own" || passage.kind === "suggested"
        ? el("button", { type: "button", class: "button-quiet evidence-away", id: `evidence-away-${index}`, "aria-label": "Take this passage away", onclick: () => actions.removeAt(index) }, "×") : null));
  const show = lines.length > 1 || session.trail[0]?.kind === "own";
  refill(byId("card-evidence"), show ? el("h3", { class: "small muted" }, "Passages ", key("e"), " ", key("x")) : null, show ? el("ol", { class: "evidence-list" }, ...lines) : null);
}

function drawAnswers(session) {
  const { item, dimension } = session;
  const valued = Boolean(dimension.value);
  byId("answers").hidden = valued;
  byId("value-part").hidden = !valued;
  for (const answer of ["present", "absent", "unsure"]) byId(`answer-${answer}`).setAttribute("aria-pressed", String(item.answer === answer));
  const rest = dimension.codes.filter((c) => c.answer === null).length;
  byId("rest-absent").hidden = valued || rest === 0;
  byId("rest-absent-words").textContent = rest === 1 ? "The last one absent, dimension done" : `The ${rest} unanswered absent, dimension done`;
  if (valued) drawValue(session, item, dimension);
}

function drawValue(session, item, dimension) {
  const field = byId("value");
  if (document.activeElement !== field) field.value = item.answer === "value" ? (item.value ?? "") : "";
  field.inputMode = dimension.kind === "number" ? "numeric" : "text";
  byId("value-name").replaceChildren(dimension.kind === "number" ? "Number " : "Text ", key("v"));
  const offered = item.suggestion?.value;
  const has = offered !== null && offered !== undefined;
  byId("take-it").hidden = !has;
  if (has) byId("take-it").replaceChildren(`Take ${offered}`, key("p"));
  byId("take-it").setAttribute("aria-pressed", String(has && item.answer === "value" && item.value === offered));
  byId("cannot-tell").setAttribute("aria-pressed", String(item.answer === "value" && item.value === null));
  byId("value-unsure").setAttribute("aria-pressed", String(item.answer === "unsure"));
}

/** Put the words of the note into its field; while the coder types it is left alone. */
export function drawNote(session) {
  const draft = session.drafts.get(session.key);
  if (document.activeElement !== byId("note")) byId("note").value = draft ?? session.item.note;
  byId("note-state").textContent = draft !== undefined && session.item.answer === null ? " – kept here until you answer" : "";
}

/** Draw all of the current code. */
export function drawCard(session, actions) {
  drawHead(session);
  drawPassage(session, actions);
  drawSuggestion(session);
  drawAnswers(session);
  drawNote(session);
  drawMore(session, actions);
}
