/** Going from code to code, passage to passage and report to report. */

import { byId, say } from "./dom.js";
import { answerInWords } from "./words.js";

/** Go to the next (1) or previous (-1) code; over the ends of dimensions. */
export function moveCode(session, step) {
  const places = session.places();
  const next = places[session.placeIndex() + step];
  if (!next) return say(step > 0 ? "This is the last code." : "This is the first code.");
  session.focus(next.dimension, next.code);
}

/** Go to the next (1) or previous (-1) dimension: to its first open code, or its first. */
export function moveDimension(session, step) {
  const { dimensions } = session.state;
  const next = dimensions[dimensions.findIndex((d) => d.id === session.dimensionId) + step];
  if (!next) return say(step > 0 ? "This is the last dimension." : "This is the first dimension.");
  const open = session.places().find((p) => p.dimension === next.id && p.open);
  session.focus(next.id, open ? open.code : null);
}

/** Look at the next (1) or previous (-1) passage of the code, round and round. */
export function movePassage(session, step) {
  const count = session.trail.length;
  if (!count) return say("No passage speaks for this code.");
  session.lookAt((session.at + step + count) % count);
}

/** What is in view, in words for people who listen. */
export function inWords(session) {
  const { dimension, item, passage } = session;
  const place = passage ? ` ${passage.page ? `Page ${passage.page}: ` : ""}${passage.quote}` : " No passage.";
  return `${dimension.title}: ${item.label}, ${answerInWords(item)}.${place}`;
}

/** Show one of "frame", "pages", "code" where the window is too narrow for all. */
export function showView(view) {
  byId("desk").dataset.view = view;
  document
    .querySelectorAll(".views button")
    .forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.view === view)));
}
