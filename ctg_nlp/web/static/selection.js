/** The page of the selection: settle what coders differ on, freeze a sample, use another one. */

import { send } from "./sending.js";

const said = document.querySelector("#said");

function problem(place, sentence) {
  const line = place.querySelector(".field-problem");
  line.textContent = sentence ?? "";
  line.hidden = !sentence;
}

async function settle(article, form) {
  const { report, filter } = article.dataset;
  const body = {
    decision_id: crypto.randomUUID(),
    filter,
    level: form.elements.level.value,
    reason: form.elements.reason.value,
  };
  const { ok, answer } = await send(`/api/reports/${report}/filters/settle`, body);
  if (!ok) return problem(article, answer.problem ?? "This could not be stored; try again.");
  problem(article, "");
  const label = article.querySelector("h3").textContent;
  const line = document.createElement("p");
  line.className = "notice is-good";
  line.textContent = `Settled: ${answer.state}.`;
  form.replaceWith(line);
  said.textContent = `${label} is settled: ${answer.state}.`;
}

async function freeze(form) {
  const body = { name: form.elements.name.value.trim(), note: form.elements.note.value.trim() };
  const { ok, answer } = await send("/api/selections", body);
  if (!ok) return problem(form, answer.problem ?? "This could not be stored; try again.");
  location.reload();
}

async function use(button) {
  const { ok, answer } = await send("/api/selections/use", { name: button.dataset.name });
  if (ok) return location.reload();
  said.textContent = answer.problem ?? "This could not be stored; try again.";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const article = form.closest(".filter-dispute");
  if (!article && form.id !== "freeze") return;
  event.preventDefault();
  if (article) settle(article, form);
  else freeze(form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest(".use-sample");
  if (button) use(button);
});
