/** What stands under "Other": codes that mean the same get one name. */

import { send } from "./sending.js";

const said = document.querySelector("#said");

function suggestName(form) {
  const ticked = form.querySelectorAll("[name=label]:checked");
  const field = form.elements.into;
  if (field && !field.value && ticked.length === 1) field.value = ticked[0].value;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.merge");
  if (form && event.target.name === "label") suggestName(form);
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.merge");
  if (!form) return;
  event.preventDefault();
  const labels = [...form.querySelectorAll("[name=label]:checked")].map((box) => box.value);
  if (!labels.length) return (said.textContent = "Tick the codes that mean the same first.");
  const body = { dimension: form.dataset.dimension, labels, into: form.elements.into.value };
  const { ok, answer } = await send("/api/inductive/merge", body);
  if (ok) location.reload();
  else said.textContent = answer.problem;
});
