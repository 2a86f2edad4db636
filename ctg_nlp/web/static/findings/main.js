/** The page of findings: ticking passages, writing statements that rest on them, putting passages into the bank. */

import { bindKeys } from "../keys.js";
import { byId, say } from "../report/dom.js";
import { send } from "../sending.js";
import { Statement } from "./statement.js";

const question = document.querySelector(".findings").dataset.question;
const statement = new Statement(byId("write"), question);

const passages = () => [...document.querySelectorAll(".passage")];
const sourceOf = ({ dataset }, words) => ({
  report_id: dataset.report,
  page: Number(dataset.page),
  start: Number(dataset.start),
  end: Number(dataset.end),
  quote: words,
  name: dataset.name,
});
const wordsOf = (passage) => passage.querySelector("blockquote").textContent;

/** The passage that has the focus, or null. */
const current = () => document.activeElement?.closest?.(".passage") ?? null;

function tick(passage, tied) {
  for (const same of passages().filter((p) => alike(p, passage))) {
    same.querySelector(".tie").checked = tied;
    same.classList.toggle("is-tied", tied);
  }
}

const alike = (a, b) =>
  ["report", "page", "start", "end"].every((name) => a.dataset[name] === b.dataset[name]) && wordsOf(a) === wordsOf(b);

/** Every place that j and k go to: what is folded, by its heading, and passages that can be seen. */
function stops() {
  const all = [...document.querySelectorAll(".code > summary, .passage .tie")];
  return all.filter((node) => (node.matches("summary") ? !node.parentElement.open : node.offsetParent !== null));
}

/** The next stop after a node in the order of the page, or the one before it. */
function beside(all, node, step) {
  const follows = (a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
  if (step > 0) return all.find((stop) => follows(node, stop)) ?? all.at(-1);
  return all.findLast((stop) => follows(stop, node)) ?? all[0];
}

function move(step) {
  const here = current()?.querySelector(".tie") ?? document.activeElement;
  const next = here === document.body ? stops().at(step > 0 ? 0 : -1) : beside(stops(), here, step);
  next?.focus();
  next?.scrollIntoView({ block: "center" });
}

function foldAll() {
  const codes = [...document.querySelectorAll("details.code")];
  const open = codes.some((code) => !code.open);
  for (const code of codes) code.open = open;
}

async function bank(passage) {
  if (!passage) return say("Go to a passage with j and k first.");
  const { name, ...source } = sourceOf(passage, wordsOf(passage));
  const { dimension, code } = passage.dataset;
  const { ok, answer } = await send("/api/quotes", { ...source, dimension, code: code || null });
  if (!ok) return say(answer.problem ?? "This could not be stored; try again.");
  for (const same of passages().filter((p) => alike(p, passage))) shownAsBanked(same, answer);
  return say(`It is quotation ${answer.quote_id} of the bank: ${answer.state}.`);
}

function shownAsBanked(passage, { quote_id: number, state }) {
  passage.querySelector(".bank")?.remove();
  const link = document.createElement("a");
  link.className = `badge ${{ cleared: "is-good", waiting: "is-undecided", withdrawn: "is-bad" }[state]}`;
  link.href = `/quotes/${number}`;
  link.textContent = `quotation ${number}, ${state}`;
  passage.querySelector(".hit-where").append(link);
}

const idOf = (article) => JSON.parse(article.dataset.finding).finding_id;

async function act(id, what, body) {
  const { ok, answer } = await send(`/api/findings/${id}/${what}`, body);
  if (!ok) return say(answer.problem ?? "This could not be stored; try again.");
  if (statement.unsaved) return say("Done. Keep what you write, then load the page again to see it.");
  return location.reload();
}

function change(article) {
  const known = JSON.parse(article.dataset.finding);
  for (const passage of passages()) tick(passage, false);
  statement.change(known);
  for (const passage of passages()) if (statement.has(sourceOf(passage, wordsOf(passage)))) tick(passage, true);
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches(".tie")) return;
  const passage = target.closest(".passage");
  tick(passage, target.checked);
  const { dimension, code } = passage.dataset;
  statement.tie(sourceOf(passage, wordsOf(passage)), target.checked, `${dimension}.${code}`);
});
document.addEventListener("click", ({ target }) => {
  const article = target.closest(".statement");
  if (target.matches(".bank")) bank(target.closest(".passage"));
  else if (article && target.matches(".change")) change(article);
  else if (article && target.matches(".up")) act(idOf(article), "move", { by: -1 });
  else if (article && target.matches(".down")) act(idOf(article), "move", { by: 1 });
  else if (article && target.matches(".retire")) act(idOf(article), "retire", { retired: true });
  else if (target.matches(".back")) act(target.dataset.finding, "retire", { retired: false });
});
byId("anew").addEventListener("click", () => {
  for (const passage of passages()) tick(passage, false);
  statement.anew();
});
statement.onUntied = (source) => {
  for (const p of passages()) if (statement.same(sourceOf(p, wordsOf(p)), source)) tick(p, false);
};
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  statement.keep();
});
window.addEventListener("beforeunload", (event) => {
  if (statement.unsaved && !statement.leaving) event.preventDefault();
});
for (const box of document.querySelectorAll(".tie")) box.checked = false; // browsers keep ticks over a reload
bindKeys({
  "j": () => move(1),
  "k": () => move(-1),
  "x": () => current()?.querySelector(".tie").click(),
  "b": () => bank(current()),
  "o": foldAll,
  "w": () => statement.field.focus(),
});
