/** Pages with a list (queue, search): moving through it and opening an entry by keyboard. */

import { bindKeys } from "./keys.js";

const links = () => [...document.querySelectorAll("[data-list] a[href]")];

function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  all[next].focus();
}

function open() {
  if (document.activeElement instanceof HTMLElement && document.activeElement.matches("a, button, select, summary")) return false;
  const first = document.querySelector("#begin") ?? links()[0];
  if (!first) return false;
  first.click();
  return true;
}

function go(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  found.matches("a") ? found.click() : found.focus();
  return true;
}

bindKeys({
  "j": () => move(1),
  "k": () => move(-1),
  "Enter": open,
  "r": () => go("[data-resume]"),
  "f": () => go("form.filters select, form.filters input:not([type=hidden])"),
  ...(document.querySelector("#q") ? { "/": () => go("#q") } : {}),
});
