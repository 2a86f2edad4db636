/** What every page does: global keys, the dialog of keys, leaving a field by Escape. */

import { bindKeys, keysOn, setKeys } from "./keys.js";

const dialog = document.getElementById("keys-dialog");
const switched = document.getElementById("keys-switch");

function showKeys() {
  dialog.showModal();
}

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else location.assign("/search");
}

function leaveField() {
  const field = document.activeElement;
  if (!(field instanceof HTMLElement) || field === document.body) return false;
  field.blur();
  return true;
}

function places() {
  const links = [...document.querySelectorAll(".places a[data-go]")];
  return Object.fromEntries(links.map((a) => [`g ${a.dataset.go}`, () => a.click()]));
}

setKeys(keysOn());
switched.checked = keysOn();
switched.addEventListener("change", () => setKeys(switched.checked));
document.getElementById("keys-open").addEventListener("click", showKeys);
bindKeys({ "?": showKeys, "/": search, Escape: leaveField, ...places() });
