/** The page of one case: reading its documents, quoting them, writing the sections, recording consent. */

import { bindKeys } from "../keys.js";
import { byId, el, say } from "../report/dom.js";
import { send } from "../sending.js";
import { Draft } from "./draft.js";
import { Reader } from "./reader.js";

const group = document.querySelector(".case").dataset.group;
const drafts = [...document.querySelectorAll(".draft")].map((node) => new Draft(node, group));
const reader = byId("document") ? new Reader(byId("document"), byId("source")) : null;
let current = drafts[0];

/** Make a section the one that quotations go into. */
function choose(draft) {
  current.node.classList.remove("current");
  current = draft;
  current.node.classList.add("current");
  if (byId("into")) byId("into").textContent = current.title;
}

function step(by) {
  const at = drafts.indexOf(current) + by;
  if (!drafts[at]) return;
  choose(drafts[at]);
  current.node.scrollIntoView({ block: "start" });
  say(`Section: ${current.title}`);
}

async function take(reportId, place, speaker, draft) {
  const { ok, answer } = await send("/api/cases/quotes", { group, report_id: reportId, place, speaker });
  if (!ok) return say(answer.problem ?? "This could not be stored; try again.");
  draft.insert(`[[q${answer.number}]]`);
  listed(answer);
  say(`Quotation q${answer.number} is in “${draft.title}”; save the section to keep it there. ${waits(answer)}`);
}

function waits({ banked, state }) {
  return state === "cleared" ? "" : `It is printed once quotation ${banked} of the bank is cleared.`;
}

function listed({ number, quote, speaker }) {
  const name = `[[q${number}]]`;
  byId("no-quotes").hidden = true;
  if ([...byId("quotes").querySelectorAll("code")].some((code) => code.textContent === name)) return;
  const where = el("p.hit-where", el("code", name), ` ${speaker || "no speaker given"}, taken by you`);
  byId("quotes").append(el("li.hit", where, el("blockquote", quote)));
}

function takeChosen() {
  const place = reader?.place();
  if (!place) return say("Select words on one page of the document, or go to a passage with j and k.");
  return take(reader.reportId, place, byId("speaker").value.trim(), current);
}

async function open(opening) {
  const problem = await opening;
  if (problem) say(problem);
}

async function recordConsent(form) {
  const sent = Object.fromEntries(new FormData(form));
  const { ok, answer } = await send("/api/cases/consents", { group, ...sent });
  const line = byId("consent-problem");
  line.textContent = ok ? "" : (answer.problem ?? "This could not be stored; try again.");
  line.hidden = ok;
  if (ok && !drafts.some((draft) => draft.unsaved)) return location.reload();
  if (ok) say("Recorded. Save what you wrote and load the page again to see it.");
}

for (const draft of drafts) draft.node.addEventListener("focusin", () => choose(draft));
for (const button of document.querySelectorAll(".take")) {
  const { report, page, start, end } = button.dataset;
  const draft = drafts.find((d) => d.node.contains(button));
  const place = { page: Number(page), start: Number(start), end: Number(end) };
  button.addEventListener("click", () => take(report, place, byId("speaker")?.value.trim() ?? "", draft));
}
byId("take")?.addEventListener("mousedown", (event) => event.preventDefault()); // what is selected stays selected
byId("take")?.addEventListener("click", takeChosen);
byId("source")?.addEventListener("change", () => open(reader.open()));
byId("consent")?.addEventListener("submit", (event) => {
  event.preventDefault();
  recordConsent(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  current.save();
});
window.addEventListener("beforeunload", (event) => {
  if (drafts.some((draft) => draft.unsaved)) event.preventDefault();
});

choose(current);
if (reader) open(reader.open());
bindKeys({
  "j": () => reader?.move(1),
  "k": () => reader?.move(-1),
  "s": takeChosen,
  "o": () => reader && open(reader.next()),
  "[": () => step(-1),
  "]": () => step(1),
  "w": () => current.field.focus(),
});
