/** The framework beside the pages: dimensions with their progress, the codes of the one in view. */

import { itemsOf, mapped, progress } from "./answers.js";
import { byId, el, refill, say } from "./dom.js";

const SIGNS = { present: "✓", absent: "–", unsure: "?", value: "✓" };

/** What this coder said of a thing, or what holds by others, in words. */
export function answerInWords(item) {
  if (item.answer === "value") return item.value === null || item.value === undefined ? "cannot be told" : String(item.value);
  if (item.answer) return item.answer;
  if (item.resolved === "conflict") return "coders disagree";
  if (item.resolved === "value") return `${item.others.find((o) => o.answer === "value")?.value ?? "cannot be told"} by others`;
  return item.resolved ? `${item.resolved} by others` : "undecided";
}

function sign(item) {
  if (item.resolved === "conflict") return "≠";
  return item.answer ? SIGNS[item.answer] : item.resolved ? (SIGNS[item.resolved] ?? "✓") : "○";
}

function passagesInWords(item) {
  const count = item.answer ? item.evidence.length : (item.suggestion?.evidence.length ?? 0);
  return count ? el("span", { class: "code-passages muted", title: "passages" }, `¶${count}`) : null;
}

function codeLine(session, dimension, item) {
  const current = item.id === (session.item?.id ?? null);
  const said = item.answer ?? (item.resolved === "conflict" ? "conflict" : item.resolved ? "others" : "open");
  return el(
    "li",
    { class: "code-line" },
    el(
      "button",
      {
        type: "button", id: `code-${dimension.id}-${item.id}`, class: `code-button said-${said}`, tabindex: current ? "0" : "-1",
        "aria-current": current ? "true" : null, onclick: () => session.focus(dimension.id, item.id),
      },
      el("span", { class: "code-sign", "aria-hidden": "true" }, sign(item)),
      el("span", { class: "code-label", title: item.label.length > 62 ? item.label : null }, item.label),
      el("span", { class: "sr" }, `, ${answerInWords(item)}`),
      passagesInWords(item),
    ),
  );
}

function codeList(session, dimension) {
  if (dimension.value) return null;
  let group = "";
  const lines = itemsOf(dimension).flatMap((item) => {
    const heading = item.group && item.group !== group ? [el("li", { class: "code-group small muted" }, item.group)] : [];
    group = item.group;
    return [...heading, codeLine(session, dimension, item)];
  });
  return el("ol", { class: "code-list" }, ...lines);
}

const STATES = { decided: "✓", undecided: "", conflict: "≠" };

function dimensionLine(session, dimension, number) {
  const open = dimension.id === session.dimensionId;
  const { decided, all } = progress(dimension);
  const button = el(
    "button",
    {
      type: "button", id: `dimension-${dimension.id}`, class: `dimension-button is-${dimension.state}`, tabindex: open && dimension.value ? "0" : "-1",
      "aria-expanded": dimension.value ? null : String(open), "aria-current": open ? "true" : null,
      onclick: () => session.focus(dimension.id, null),
    },
    el("span", { class: "dimension-number muted" }, String(number)),
    el("span", { class: "dimension-title" }, dimension.title),
    el("span", { class: "dimension-left small" }, el("span", { "aria-hidden": "true" }, STATES[dimension.state]), ` ${decided}/${all}`, el("span", { class: "sr" }, ` decided${dimension.state === "conflict" ? ", coders disagree" : ""}`)),
  );
  return el("li", { class: open ? "dimension is-open" : "dimension" }, button, open ? codeList(session, dimension) : null);
}

function byArrow(event, step) {
  const buttons = [...byId("frame").querySelectorAll("button")];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Go to the next undecided code, or say that there is none. */
export function openNext(session) {
  if (!session.openNext()) say("Nothing is left undecided in this report; n opens the next one.");
}

const STAGES = { map: "", indepth: "In depth" };

function stages(session) {
  const numbered = session.state.dimensions.map((d, i) => [d, i + 1]);
  return Object.entries(STAGES).flatMap(([stage, heading]) => {
    const lines = numbered.filter(([d]) => d.stage === stage).map(([d, n]) => dimensionLine(session, d, n));
    if (!lines.length) return [];
    return [heading ? el("h2", { class: "stage small muted" }, heading) : null, el("ol", { class: "dimension-list" }, ...lines)];
  });
}

/** Draw the framework; the code in view is kept in sight. */
export function drawFrame(session) {
  const node = byId("frame");
  const held = node.scrollTop;
  const counts = mapped(session.state.dimensions).map(progress);
  const [total, done] = [sum(counts.map((c) => c.all)), sum(counts.map((c) => c.decided))];
  refill(
    node,
    el("div", { class: "frame-head" }, el("progress", { class: "bar", max: total || 1, value: done, "aria-label": "Decided codes of this report" }), el("p", { class: "small muted" }, `${done} of ${total} decided`), el("button", { type: "button", id: "next-open", class: "button-quiet", onclick: () => openNext(session) }, "Next", el("span", { class: "sr" }, " undecided code"), el("kbd", {}, "N"))),
    ...stages(session),
  );
  node.scrollTop = held;
  keepInSight(node);
}

function keepInSight(node) {
  const current = node.querySelector(".code-button[aria-current]") ?? node.querySelector(".dimension-button[aria-current]");
  if (!current) return;
  const top = current.getBoundingClientRect().top - node.getBoundingClientRect().top;
  if (top < 90 || top > node.clientHeight - 60) node.scrollTop += top - node.clientHeight * 0.35;
}

/** Arrow keys move through the framework where the focus is in it. */
export function walkFrame() {
  byId("frame").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") byArrow(event, 1);
    if (event.key === "ArrowUp") byArrow(event, -1);
  });
}
