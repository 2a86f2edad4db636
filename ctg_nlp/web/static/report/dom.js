/** Building elements without markup: text of reports only ever becomes text nodes. */

/** An element. Attributes: "on…" are listeners, true is an empty attribute, false and null are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** Replace the children of a node; where one of them had the focus, its successor with the same id gets it. */
export function refill(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement.id : "";
  node.replaceChildren(...children.filter((c) => c !== null && c !== undefined && c !== false));
  if (held) byId(held)?.focus({ preventScroll: true });
}

let turn = 0;

/** A label cut where it is longer than `most` signs. */
export const shortly = (words, most = 62) => (words.length > most ? `${words.slice(0, most - 2).trimEnd()}…` : words);

const SHOWN = 6000; // milliseconds that a word of the page stays in sight
let hiding = 0;

/** Say something that everyone should know: it is shown for a while and read out. */
export function say(words) {
  const node = byId("said");
  turn += 1;
  node.textContent = turn % 2 ? words : `${words}\u00a0`; // the same words twice are said twice
  clearTimeout(hiding);
  hiding = setTimeout(() => (node.textContent = ""), SHOWN);
}

/** Say something to people who listen, which others see on the screen anyway. */
export function whisper(words) {
  turn += 1;
  byId("whispered").textContent = turn % 2 ? words : `${words}\u00a0`;
}
