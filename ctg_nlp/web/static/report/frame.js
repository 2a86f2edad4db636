/** The framework beside the pages: dimensions with their progress, the codes of the one in view. */

import { itemsOf, mapped, progress } from "./answers.js";
import { byId, el, key, refill, say } from "./dom.js";
import { matrix } from "./matrix.js";
import { answerInWords, signOf } from "./words.js";

const LONG = 62; // signs; a longer label is cut, and told whole when pointed at

function passagesIn(item) {
  const count = item.answer ? item.evidence.length : (item.suggestion?.evidence.length ?? 0);
  return count > 0 && el("span.code-passages.muted", { title: "passages" }, `¶${count}`);
}

function codeLine(session, dimension, item, number) {
  const current = item.id === (session.item?.id ?? null);
  const said = item.answer ?? (item.resolved === "conflict" ? "conflict" : item.resolved ? "others" : "open");
  const attributes = {
    class: `said-${said}`,
    tabindex: current ? "0" : "-1",
    "aria-current": current ? "true" : null,
    onclick: () => session.focus(dimension.id, item.id),
  };
  const button = el(
    `button.code-button#code-${dimension.id}-${item.id}`,
    attributes,
    el("span.code-sign", { "aria-hidden": "true" }, signOf(item)),
    dimension.over_quotes && number < 10 && key(String(number)),
    el("span.code-label", { title: item.label.length > LONG && item.label }, item.label),
    el("span.sr", `, ${answerInWords(item)}`),
    passagesIn(item),
  );
  return el("li.code-line", button);
}

function codeList(session, dimension) {
  let group = "";
  const lines = itemsOf(dimension).flatMap((item, i) => {
    const begins = item.group && item.group !== group;
    group = item.group;
    const line = codeLine(session, dimension, item, i + 1);
    return begins ? [el("li.code-group.small.muted", item.group), line] : [line];
  });
  return el("ol.code-list", ...lines);
}

const STATES = { decided: "✓", undecided: "", conflict: "≠" };

function howFar(dimension) {
  const { decided, all } = progress(dimension);
  const heard = dimension.state === "conflict" ? " decided, coders disagree" : " decided";
  const sign = el("span", { "aria-hidden": "true" }, STATES[dimension.state]);
  return el("span.dimension-left.small", sign, ` ${decided}/${all}`, el("span.sr", heard));
}

function dimensionLine(session, dimension, number) {
  const open = dimension.id === session.dimensionId;
  const coded = !dimension.value;
  const attributes = {
    class: `is-${dimension.state}`,
    tabindex: open && !coded ? "0" : "-1",
    "aria-expanded": coded && String(open),
    "aria-current": open && "true",
    onclick: () => session.focus(dimension.id, null),
  };
  const button = el(
    `button.dimension-button#dimension-${dimension.id}`,
    attributes,
    el("span.dimension-number.muted", String(number)),
    el("span.dimension-title", dimension.title),
    howFar(dimension),
  );
  return el(
    "li.dimension",
    { class: open && "is-open" },
    button,
    open && coded && (dimension.links ? matrix(session, dimension) : codeList(session, dimension)),
  );
}

const STAGES = { map: "", indepth: "In depth" };

function stages(session) {
  const numbered = session.state.dimensions.map((d, i) => [d, i + 1]);
  return Object.entries(STAGES).flatMap(([stage, heading]) => {
    const shown = numbered.filter(([d]) => d.stage === stage);
    if (!shown.length) return [];
    return [heading && el("h2.stage.muted", heading), ...byQuestion(session, shown)];
  });
}

function byQuestion(session, numbered) {
  const headings = [...new Set(numbered.map(([d]) => d.enquiry))];
  return headings.flatMap((heading) => {
    const mine = numbered.filter(([d]) => d.enquiry === heading);
    const lines = mine.map(([d, n]) => dimensionLine(session, d, n));
    return [heading && el("h3.enquiry", heading), el("ol.dimension-list", ...lines)];
  });
}

/** Go to the next undecided code, or say that there is none. */
export function openNext(session) {
  if (!session.openNext()) say("Nothing is left undecided in this report; n opens the next one.");
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function head(session) {
  const counts = mapped(session.state.dimensions).map(progress);
  const [all, decided] = [sum(counts.map((c) => c.all)), sum(counts.map((c) => c.decided))];
  const label = "Decided codes of this report";
  return el(
    "div.frame-head",
    el("progress.bar", { max: all || 1, value: decided, "aria-label": label }),
    el("p.small.muted", `${decided} of ${all} decided`),
    el(
      "button.button-quiet#next-open",
      { onclick: () => openNext(session) },
      "Next",
      el("span.sr", " undecided code"),
      key("N"),
    ),
  );
}

/** Draw the framework; the code in view is kept in sight. */
export function drawFrame(session) {
  const node = byId("frame");
  const held = node.scrollTop;
  refill(node, head(session), ...stages(session));
  node.scrollTop = held;
  keepInSight(node);
}

function keepInSight(node) {
  const current =
    node.querySelector(".code-button[aria-current]") ?? node.querySelector(".dimension-button[aria-current]");
  if (!current) return;
  const top = current.getBoundingClientRect().top - node.getBoundingClientRect().top;
  if (top < 90 || top > node.clientHeight - 60) node.scrollTop += top - node.clientHeight * 0.35;
}

/** Arrow keys move through the framework where the focus is in it. */
export function walkFrame() {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  byId("frame").addEventListener("keydown", (event) => {
    const buttons = [...byId("frame").querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + (steps[event.key] ?? NaN)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
