/** Choosing a code of any dimension by some of its words. */

import { itemsOf } from "./answers.js";
import { byId, el } from "./dom.js";
import { answerInWords } from "./words.js";

const MOST = 60;

function entries(state) {
  return state.dimensions.flatMap((d) =>
    itemsOf(d).map((i) => ({
      dimension: d,
      item: i,
      label: i.label.toLowerCase(),
      all: `${i.label} ${d.title} ${i.definition}`.toLowerCase(),
    })),
  );
}

function rank(entry, words) {
  const inLabel = words.filter((w) => entry.label.includes(w)).length;
  return inLabel * 2 + (entry.label.startsWith(words[0] ?? "") ? 1 : 0);
}

/** Entries that hold all the words, best first (those of the dimension in view first among equals). */
export function matching(all, query, dimensionId) {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((w) => w);
  const found = all.filter((e) => words.every((w) => e.all.includes(w)));
  const weight = (e) => rank(e, words) + (e.dimension.id === dimensionId ? 0.5 : 0);
  return found.sort((a, b) => weight(b) - weight(a)).slice(0, MOST);
}

export class Picker {
  constructor() {
    this.dialog = byId("picker");
    this.field = byId("picker-words");
    this.list = byId("picker-list");
    this.field.addEventListener("input", () => this.#find());
    this.field.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Open it; `chosen(dimensionId, codeId)` is called on a choice. `purpose` says what will happen. */
  open(session, purpose, chosen) {
    Object.assign(this, { all: entries(session.state), dimensionId: session.dimensionId, chosen });
    byId("picker-for").textContent = purpose;
    this.field.value = "";
    this.#find();
    this.dialog.showModal();
    this.field.focus();
  }

  #find() {
    this.found = matching(this.all, this.field.value, this.dimensionId);
    const lines = this.found.map((e, i) => this.#line(e, i));
    this.list.replaceChildren(
      ...(lines.length
        ? lines
        : [
            el(
              "li.muted",
              { role: "option", "aria-disabled": "true", "aria-selected": "false" },
              "No code holds these words.",
            ),
          ]),
    );
    this.#point(0);
  }

  #line({ dimension, item }, index) {
    const attributes = { role: "option", "aria-selected": "false", onclick: () => this.#choose(index) };
    const about = el("span.small.muted", `${dimension.title} · ${answerInWords(item)}`);
    return el(`li#picked-${index}`, attributes, el("span", item.label), about);
  }

  #point(index) {
    this.index = Math.max(0, Math.min(index, this.found.length - 1));
    [...this.list.children].forEach((line, i) =>
      line.setAttribute("aria-selected", String(i === this.index && this.found.length > 0)),
    );
    if (!this.found.length) return this.field.removeAttribute("aria-activedescendant");
    this.field.setAttribute("aria-activedescendant", `picked-${this.index}`);
    this.list.children[this.index].scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in steps) this.#point(this.index + steps[event.key]);
    else if (event.key === "Enter") this.#choose(this.index);
    else return;
    event.preventDefault();
  }

  #choose(index) {
    const entry = this.found[index];
    if (!entry) return;
    this.dialog.close();
    this.chosen(entry.dimension.id, entry.item.id);
  }
}
