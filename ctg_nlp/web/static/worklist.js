/** The worklist of the framework: say what was done. */

import { send } from "./sending.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form.close");
  if (!form) return;
  event.preventDefault();
  const how = form.elements.how.value;
  const { ok, answer } = await send(`/api/tasks/${form.dataset.act}/close`, { how });
  if (ok) form.replaceWith(how);
  document.querySelector("#said").textContent = ok ? "Noted." : answer.problem;
});
