/** Coding blind: closing it, so that suggestions and others' answers are shown. */

import { post } from "./api.js";
import { askCure } from "./asking.js";
import { byId, say } from "./dom.js";
import { showProblem } from "./sending.js";

/** What is told of how the report is to be coded: a badge's kind and words, or null. */
export function placeInWords(place) {
  if (!place || place.purpose === "coding") return null;
  if (!place.blind) return ["good", `locked on ${place.locked_at.slice(0, 10)}`];
  const why = { audit: "audit sample", double: "double coding", training: "training" }[place.purpose];
  return ["warn", `coded blind (${why})`];
}

/** Lock the report once all is saved, and load the page anew with everything on it. */
export async function lockReport(page) {
  if (!page.session.state.place?.blind) return say("There is nothing to lock.");
  const sure = await askCure(
    "What you said until now stays as your independent answer and cannot be undone.",
    "What is suggested and what others said is shown then; later answers are kept beside the first.",
    "Lock this report?",
  );
  if (!sure) return say("Not locked.");
  await page.outbox.idle();
  try {
    await post(`/api/reports/${byId("desk").dataset.report}/lock`, {});
  } catch (error) {
    return showProblem(error.message);
  }
  location.reload();
}
