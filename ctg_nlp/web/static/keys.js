/** Keys of the whole site: one listener, tables of bindings, and the switch that turns single keys off. */

const STORED = "ctg.keys";
const WAIT = 1500; // milliseconds that "g" waits for its second key
const tables = [];
let sequence = { first: "", until: 0 };

/** Whether single keys work on this computer (WCAG 2.1.4 asks that they can be turned off). */
export function keysOn() {
  return localStorage.getItem(STORED) !== "off";
}

/** Turn single keys on or off, for this browser. */
export function setKeys(on) {
  localStorage.setItem(STORED, on ? "on" : "off");
  document.documentElement.dataset.keys = on ? "on" : "off";
}

/**
 * Add bindings: {"j": fn, "shift+n": fn, "g q": fn, "?": fn}. Later tables win over earlier ones.
 * A function may return false to leave the key to the browser.
 */
export function bindKeys(table) {
  tables.unshift(table);
}

/** The name of a key press: letters in lower case with "shift+", other characters as typed. */
export function nameOf(event) {
  const letter = event.key.length === 1 && event.key.toLowerCase() !== event.key.toUpperCase();
  const named = event.key.length > 1;
  const name = letter ? event.key.toLowerCase() : event.key;
  return (letter || named) && event.shiftKey ? `shift+${name}` : name;
}

function typing(target) {
  return (
    target instanceof Element &&
    target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !==
      null
  );
}

function find(name) {
  const table = tables.find((t) => name in t);
  return table && table[name];
}

function follow(name) {
  const pending = sequence.first && Date.now() < sequence.until ? `${sequence.first} ${name}` : "";
  sequence = { first: "", until: 0 };
  if (pending) return find(pending) ?? (() => {});
  if (tables.some((t) => Object.keys(t).some((k) => k.startsWith(`${name} `)))) {
    sequence = { first: name, until: Date.now() + WAIT };
    return () => {};
  }
  return find(name);
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "Shift" || document.querySelector("dialog[open]")) return;
  const escape = event.key === "Escape";
  const single = event.key.length === 1; // arrows go on working where single keys are turned off
  if (!escape && (typing(event.target) || (single && !keysOn()))) return;
  const action = follow(nameOf(event));
  if (!action) return;
  if (action(event) !== false) event.preventDefault();
}

document.addEventListener("keydown", onKey);
