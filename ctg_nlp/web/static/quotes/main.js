/** One quotation: leaving words out, attributing, looking at what is marked, clearing, withdrawing. */

import { bindKeys } from "../keys.js";
import { byId, say } from "../report/dom.js";
import { send } from "../sending.js";

const OMITTED = "[...]";
const page = document.querySelector(".quote-page");
const address = `/api/quotes/${page.dataset.number}`;
const base = Number(page.dataset.version);
const form = byId("text");
const field = form?.elements.text;
const boxes = [...document.querySelectorAll(".looked")];
const stored = said();
let leaving = false;

function said() {
  return form ? JSON.stringify([field.value, form.elements.role.value, form.elements.by_case.checked]) : "";
}

function problem(line, sentence) {
  line.textContent = sentence;
  line.hidden = !sentence;
}

async function ask(what, body, line) {
  problem(line, "");
  const { ok, answer } = await send(`${address}/${what}`, body);
  if (ok) {
    leaving = true;
    return location.reload();
  }
  return problem(line, answer.problem ?? "This could not be stored; try again.");
}

/** Put the mark in the place of some words, together with a mark beside them. */
function leaveOut(start, end) {
  const before = field.value.slice(0, start).replace(/\[\.\.\.\]\s*$/, "");
  const after = field.value.slice(end).replace(/^\s*\[\.\.\.\]/, "");
  const gap = before && !/\s$/.test(before) && /^\s/.test(field.value.slice(start, end)) ? " " : "";
  field.value = `${before}${gap}${OMITTED}${after && /\s$/.test(field.value.slice(start, end)) ? " " : ""}${after}`;
  field.focus();
  field.selectionStart = field.selectionEnd = before.length + gap.length + OMITTED.length;
  changed();
}

function leaveSelectedOut() {
  if (!field) return;
  const { selectionStart: start, selectionEnd: end } = field;
  if (start === end) return say("Select words in the text first.");
  leaveOut(start, end);
}

function changed() {
  const open = said() !== stored;
  if (byId("clear")) byId("clear").disabled = open;
  if (byId("unsaved")) byId("unsaved").hidden = !open;
}

function save() {
  const { role, by_case: byCase } = form.elements;
  const body = { text: field.value, role: role.value, by_case: byCase.checked, base };
  return ask("text", body, form.querySelector(".field-problem"));
}

function clear() {
  if (!byId("clear") || byId("clear").disabled) return;
  const kept = boxes.filter((box) => box.checked).map(({ dataset }) => [Number(dataset.start), Number(dataset.end)]);
  return ask("clear", { base, kept }, byId("clear-problem"));
}

function look(number) {
  const box = boxes[number - 1];
  if (box && !box.disabled) box.click();
}

for (const button of document.querySelectorAll(".leave-out")) {
  button.hidden = !form;
  button.addEventListener("click", () => {
    const { start, end } = button.dataset;
    const words = button.closest("li").querySelector("strong").textContent;
    const there = field.value.slice(Number(start), Number(end)) === words;
    const at = there ? Number(start) : field.value.indexOf(words);
    if (at >= 0) leaveOut(at, at + words.length);
  });
}
form?.addEventListener("input", changed);
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
byId("cut")?.addEventListener("mousedown", (event) => event.preventDefault()); // what is selected stays selected
byId("cut")?.addEventListener("click", leaveSelectedOut);
byId("whole")?.addEventListener("click", () => {
  field.value = document.querySelector(".source").textContent.split(/\s+/).filter(Boolean).join(" ");
  changed();
});
byId("clear")?.addEventListener("click", clear);
byId("restore")?.addEventListener("click", () => ask("restore", {}, byId("clear-problem")));
byId("withdraw")?.addEventListener("submit", (event) => {
  event.preventDefault();
  ask("withdraw", { why: event.target.elements.why.value }, byId("clear-problem"));
});
document.addEventListener("keydown", (event) => {
  if (event.altKey && event.key.toLowerCase() === "r") {
    event.preventDefault();
    leaveSelectedOut();
  }
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !form) return;
  event.preventDefault();
  save();
});
window.addEventListener("beforeunload", (event) => {
  if (form && said() !== stored && !leaving) event.preventDefault();
});
bindKeys({
  "e": () => field?.focus(),
  "y": clear,
  "n": () => byId("next")?.click(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), () => look(n)])),
});
