/** The two questions that the page asks: the words of a memo, and whether to do what the framework needs. */

import { byId } from "./dom.js";

/**
 * Ask for a memo, or with `inductive` for a new code. `save({text, label})` is called when it is saved.
 * Words that were typed and left stay until they are saved.
 */
export function askMemo({ about, inductive, save }) {
  const dialog = byId("memo");
  byId("memo-title").textContent = inductive ? "New code" : "Memo";
  byId("memo-for").textContent = about;
  byId("memo-label-line").hidden = !inductive;
  byId("memo-text-name").textContent = inductive ? "What it stands for (may stay empty)" : "Memo";
  byId("memo-problem").hidden = true;
  const attempt = () => {
    const [text, label] = [byId("memo-text").value.trim(), inductive ? byId("memo-label").value.trim() : ""];
    const missing = inductive ? !label : !text;
    byId("memo-problem").hidden = !missing;
    byId("memo-problem").textContent = inductive
      ? "A new code needs a name."
      : "There is nothing to save yet.";
    if (missing) return;
    byId("memo-text").value = "";
    byId("memo-label").value = "";
    dialog.close();
    save({ text, label });
  };
  byId("memo-save").onclick = attempt;
  byId("memo-leave").onclick = () => dialog.close();
  dialog.onkeydown = (event) => {
    const sent =
      event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.id === "memo-label");
    if (!sent) return;
    event.preventDefault();
    attempt();
  };
  dialog.showModal();
  byId(inductive ? "memo-label" : "memo-text").focus();
}

/** Show why the framework forbids an answer (or what else is to be asked); resolves to whether its cure is wanted. */
export function askCure(problem, cure, title = "The framework does not allow this") {
  const dialog = byId("refused");
  byId("refused-title").textContent = title;
  byId("refused-problem").textContent = problem;
  byId("refused-cure").textContent = cure ?? "";
  byId("refused-cure").hidden = !cure;
  byId("refused-do").hidden = !cure;
  dialog.returnValue = "";
  byId("refused-leave").onclick = () => dialog.close("leave");
  dialog.showModal();
  byId(cure ? "refused-do" : "refused-leave").focus();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "cure"), { once: true }),
  );
}
