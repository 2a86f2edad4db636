/** The current code: what it means, its passage, then what is suggested, then the answer. */

import { itemsOf, progress } from "./answers.js";
import { byId, el, key, refill } from "./dom.js";
import { drawMore } from "./more.js";
import { drawPassage, drawSuggestion } from "./passage.js";
import { answerInWords, badgeOf, countsInWords } from "./words.js";

const LONG = 62; // signs of a label that is set smaller

function answerButton(answer, words, name, act) {
  const sign = el("span.answer-sign", { "aria-hidden": "true" });
  return el(`button.answer.answer-${answer}#answer-${answer}`, { onclick: act }, sign, words, key(name));
}

function answerPart(actions) {
  return el(
    "div.answers#answers",
    { role: "group", "aria-label": "Your answer" },
    answerButton("present", "Present", "p", actions.present),
    answerButton("absent", "Absent", "a", actions.absent),
    answerButton("unsure", "Unsure", "u", actions.unsure),
  );
}

function textField(actions) {
  const sent = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey);
  const field = el("textarea#value-text", {
    rows: "7",
    maxlength: "20000",
    onkeydown: (event) => sent(event) && actions.giveValue(true),
    onblur: () => actions.giveValue(false),
  });
  const goesOn = el("span.muted", "(", el("kbd.always", "Ctrl Enter"), " goes on)");
  const name = el("span", "In your words ", key("v"), " ", goesOn);
  return el("label.field.whole#value-text-line", name, field);
}

function valuePart(actions) {
  const field = el("input#value", {
    autocomplete: "off",
    onkeydown: (event) => event.key === "Enter" && actions.giveValue(true),
    onblur: () => actions.giveValue(false),
  });
  return el(
    "div.value-part#value-part",
    el("label.field#value-line", el("span#value-name"), field),
    textField(actions),
    el("button#take-it", { onclick: actions.present }),
    el("button#cannot-tell", { onclick: actions.absent }, "Cannot be told ", key("a")),
    el("button#value-unsure", { onclick: actions.unsure }, "Unsure", key("u")),
    el("p.field-problem#value-problem", { role: "alert", hidden: true }),
  );
}

function notePart(actions) {
  const field = el("textarea#note", {
    rows: "2",
    maxlength: "20000",
    oninput: (event) => actions.draftNote(event.target.value),
    onblur: () => actions.saveNote(),
  });
  return el("label.field.whole", el("span", "Note ", key("t"), el("span.muted#note-state")), field);
}

function foot(actions) {
  const quiet = (words, name, act) => el("button.button-quiet", { onclick: act }, words, key(name));
  return el(
    "div.card-foot.row",
    el("button#rest-absent", { onclick: actions.restAbsent }, el("span#rest-absent-words"), key("d")),
    quiet("Add the passage", "s", actions.addEvidence),
    quiet("Choose a code", "c", actions.choose),
    quiet("New code", "i", actions.inductive),
    quiet("Memo", "m", actions.memo),
  );
}

/** The field of a value: one line, or for a free text several. */
export const valueField = (dimension) => byId(dimension.free ? "value-text" : "value");

/** Build the card once, so that what has the focus keeps it; `actions` are what its buttons do. */
export function buildCard(actions) {
  byId("card").replaceChildren(
    el("header#card-head"),
    el("div#card-passage"),
    el("div#card-suggestion"),
    answerPart(actions),
    valuePart(actions),
    el("div#card-evidence"),
    notePart(actions),
    el("div#card-more"),
    foot(actions),
  );
}

function aboutDimension(dimension) {
  const before = byId("definition");
  const open = before?.open && before.dataset.of === dimension.id;
  const lines = [dimension.question, dimension.definition, dimension.note].filter((line) => line);
  return el(
    "details.small#definition",
    { open, "data-of": dimension.id },
    el("summary", "About this dimension ", key("f")),
    ...lines.map((line) => el("p", line)),
    el("p.muted", countsInWords(dimension.counts)),
  );
}

function compared(session, item) {
  const links = (item.compare_with ?? []).flatMap((name) => {
    const [dimensionId, codeId] = name.split(".");
    const dimension = session.state.dimensions.find((d) => d.id === dimensionId);
    const code = dimension && itemsOf(dimension).find((c) => c.id === codeId);
    return code ? [el("button.link", { onclick: () => session.focus(dimensionId, codeId) }, code.label)] : [];
  });
  return links.length > 0 && el("p.small.muted.row", "Compare with", ...links);
}

function ruleOf(item, dimension) {
  if (item.exclusive) return "Stands alone: no other code of the dimension beside it.";
  return dimension.kind === "single" && "One code only in this dimension.";
}

function drawHead(session) {
  const { dimension, item } = session;
  const { decided, all } = progress(dimension);
  const rule = ruleOf(item, dimension);
  const written = dimension.free && item.answer === "value" && item.value;
  const badge = el("span.badge", { class: `is-${badgeOf(item)}` }, written ? "written" : answerInWords(item));
  const label = { tabindex: "-1", class: item.label.length > LONG && "is-long" };
  refill(
    byId("card-head"),
    el(
      "p.card-dimension.small",
      el("span", dimension.title),
      el("span.muted", `${decided} of ${all} decided`),
    ),
    el("h2#card-label", label, el("span", item.label), badge),
    item.definition && el("p.definition", item.definition),
    rule && el("p.small.muted", rule),
    compared(session, item),
    aboutDimension(dimension),
  );
}

const press = (id, pressed) => byId(id).setAttribute("aria-pressed", String(pressed));

function drawAnswers(session) {
  const { item, dimension } = session;
  const valued = Boolean(dimension.value);
  byId("answers").hidden = valued;
  byId("value-part").hidden = !valued;
  for (const answer of ["present", "absent", "unsure"]) press(`answer-${answer}`, item.answer === answer);
  const rest = dimension.codes.filter((c) => c.answer === null).length;
  byId("rest-absent").hidden = valued || rest === 0;
  byId("rest-absent-words").textContent =
    `${rest === 1 ? "The last one" : `The ${rest} unanswered`} absent, dimension done`;
  if (valued) drawValue(item, dimension);
}

function drawValue(item, dimension) {
  const field = valueField(dimension);
  byId("value-line").hidden = dimension.free;
  byId("value-text-line").hidden = !dimension.free;
  byId("cannot-tell").firstChild.data = dimension.free ? "Nothing told " : "Cannot be told ";
  const given = item.answer === "value";
  const offered = item.suggestion?.value ?? null;
  if (document.activeElement !== field) field.value = given ? (item.value ?? "") : "";
  field.inputMode = dimension.kind === "number" ? "numeric" : "text";
  byId("value-name").replaceChildren(dimension.kind === "number" ? "Number " : "Text ", key("v"));
  byId("take-it").hidden = offered === null;
  byId("take-it").replaceChildren(`Take ${offered}`, key("p"));
  press("take-it", given && offered !== null && item.value === offered);
  press("cannot-tell", given && (item.value ?? null) === null);
  press("value-unsure", item.answer === "unsure");
}

function drawNote(session) {
  const draft = session.drafts.get(session.key);
  const waiting = draft !== undefined && session.item.answer === null;
  if (document.activeElement !== byId("note")) byId("note").value = draft ?? session.item.note;
  byId("note-state").textContent = waiting ? " – kept here until you answer" : "";
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
