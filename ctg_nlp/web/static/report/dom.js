/** Building elements without markup: text of reports only ever becomes text nodes. */

const isNothing = (value) => value === null || value === undefined || value === false;
const isAttributes = (value) => typeof value === "object" && value !== null && !(value instanceof Node);

function setAttribute(node, name, value) {
  if (isNothing(value)) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "class") node.classList.add(...value.split(" "));
  else node.setAttribute(name, value === true ? "" : value);
}

/**
 * An element: el("p.small#note", {title: "…"}, "text", child). Attributes may be left out; "on…" are listeners, true
 * is an empty attribute. Attributes and children that are null, undefined or false are left out.
 */
export function el(selector, ...rest) {
  const [, tag, classes, id] = /^([a-z0-9]+)((?:\.[\w-]+)*)(?:#([\w-]+))?$/.exec(selector);
  const node = document.createElement(tag);
  if (classes) node.className = classes.slice(1).replaceAll(".", " ");
  if (id) node.id = id;
  if (tag === "button") node.type = "button";
  const attributes = isAttributes(rest[0]) ? rest.shift() : {};
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...rest.filter((child) => !isNothing(child)));
  return node;
}

/** The sign of a key. */
export const key = (name) => el("kbd", name);

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** Replace the children of a node; where one of them had the focus, its successor with the same id gets it. */
export function refill(node, ...children) {
  const held = node.contains(document.activeElement) ? document.activeElement.id : "";
  node.replaceChildren(...children.filter((child) => !isNothing(child)));
  if (held) byId(held)?.focus({ preventScroll: true });
}

let turn = 0;

/** A label cut where it is longer than `most` signs. */
export const shortly = (words, most = 62) =>
  words.length > most ? `${words.slice(0, most - 2).trimEnd()}…` : words;

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
