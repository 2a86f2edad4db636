/** The page of disagreements: settle each with a reason, by mouse or keyboard. */

import { bindKeys } from "./keys.js";
import { send } from "./sending.js";

const open = () => [...document.querySelectorAll(".dispute:not([data-settled])")];
const current = () => document.activeElement?.closest(".dispute") ?? null;

function move(step) {
  const all = open();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

function problem(dispute, sentence) {
  const line = dispute.querySelector(".field-problem");
  line.textContent = sentence;
  line.hidden = !sentence;
}

function answerOf(form, button) {
  if (button.value === "unknown") return { answer: "value", value: null };
  if (button.value !== "value") return { answer: button.value };
  const field = form.elements.value;
  const said = field.value.trim();
  if (!said) return null;
  return { answer: "value", value: "number" in field.dataset && /^\d+$/.test(said) ? Number(said) : said };
}

async function settle(dispute, button, replace = false) {
  const form = dispute.querySelector("form");
  const answer = answerOf(form, button);
  if (!answer) return problem(dispute, "Give the value, or say that it cannot be told.");
  if (!form.elements.reason.value) return problem(dispute, "Choose why they differ: 1 to 4.");
  problem(dispute, "");
  const { report, dimension, code } = dispute.dataset;
  const body = {
    act_id: crypto.randomUUID(), dimension, code: code ?? null, ...answer, replace,
    reason: form.elements.reason.value, note: form.elements.note.value,
  };
  const { ok, status, answer: said } = await send(`/api/reports/${report}/adjudications`, body);
  if (ok) return settled(dispute, button.value === "unknown" ? "cannot be told" : String(answer.value ?? answer.answer));
  if (status === 409 && said.cure) return offer(dispute, button, said);
  problem(dispute, said.problem ?? "This could not be stored; try again.");
}

function offer(dispute, button, said) {
  problem(dispute, `${said.problem} ${said.cure} `);
  const agree = document.createElement("button");
  agree.type = "button";
  agree.textContent = "Do it";
  agree.addEventListener("click", () => settle(dispute, button, true));
  dispute.querySelector(".field-problem").append(agree);
  agree.focus();
}

function settled(dispute, words) {
  dispute.dataset.settled = words;
  const label = dispute.querySelector("h2").textContent;
  const line = document.createElement("p");
  line.className = "notice is-good";
  line.textContent = `Settled: ${words}.`;
  dispute.querySelector("form").replaceWith(line);
  document.querySelector("#said").textContent = `${label} is settled: ${words}. ${open().length} left on this page.`;
  (open()[0] ?? document.querySelector("#said")).focus?.();
}

document.addEventListener("submit", (event) => {
  const dispute = event.target.closest(".dispute");
  if (!dispute) return;
  event.preventDefault();
  settle(dispute, event.submitter ?? dispute.querySelector("button[name=answer]"));
});

/** The disagreement in focus; where there is none, the first one comes into focus and nothing else is done. */
function chosen() {
  const dispute = current();
  if (!dispute) move(1);
  return dispute;
}

function press(value) {
  const dispute = chosen();
  const button = dispute?.querySelector(`button[value=${value}]`);
  if (!button) return false;
  settle(dispute, button);
  return true;
}

function reason(place) {
  const choice = chosen()?.querySelectorAll("input[name=reason]")[place - 1];
  if (!choice) return false;
  choice.checked = true;
  problem(choice.closest(".dispute"), "");
  return true;
}

bindKeys({
  "j": () => move(1),
  "k": () => move(-1),
  "p": () => press("present"),
  "a": () => press("absent"),
  "Escape": () => current()?.focus(),
  "t": () => chosen()?.querySelector("[name=note]")?.focus(),
  "1": () => reason(1),
  "2": () => reason(2),
  "3": () => reason(3),
  "4": () => reason(4),
});
