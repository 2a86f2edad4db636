/** The statement that is being written: its words, what it is on, and the passages that it rests on. */

import { byId, el, say } from "../report/dom.js";
import { send } from "../sending.js";

const keyOf = ({ report_id: report, page, start, end, quote }) => JSON.stringify([report, page, start, end, end ? "" : quote]);
const shortly = (words) => (words.length > 90 ? `${words.slice(0, 88).trimEnd()}…` : words);

export class Statement {
  constructor(form, question) {
    this.form = form;
    this.question = question;
    this.field = form.elements.text;
    this.sources = new Map();
    this.onUntied = () => {};
    this.leaving = false;
    this.begin(crypto.randomUUID(), 0);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.keep();
    });
    this.show();
  }

  /** Which statement the form is for: a new one (`base` 0), or a version of one. */
  begin(id, base) {
    this.id = id;
    this.base = base;
    this.stored = this.said();
  }

  said() {
    const { kind, on, text } = this.form.elements;
    return JSON.stringify([kind.value, on.value, text.value, [...this.sources.keys()]]);
  }

  get unsaved() {
    return this.said() !== this.stored && (this.field.value.trim() !== "" || this.base > 0);
  }

  same(a, b) {
    return keyOf(a) === keyOf(b);
  }

  has(source) {
    return this.sources.has(keyOf(source));
  }

  /** Tie a passage, or untie it. The first one also says what the statement is on. */
  tie(source, tied, on) {
    if (tied && !this.sources.size && !this.field.value && this.option(on)) this.form.elements.on.value = on;
    if (tied) this.sources.set(keyOf(source), source);
    else this.sources.delete(keyOf(source));
    this.show();
  }

  option(value) {
    return [...this.form.elements.on.options].some((o) => o.value === value);
  }

  show() {
    byId("nothing-tied").hidden = this.sources.size > 0;
    byId("tied").replaceChildren(...[...this.sources.values()].map((source) => this.line(source)));
    byId("anew").hidden = this.base === 0;
    byId("write-title").textContent = this.base ? `Change (version ${this.base})` : "Write";
  }

  line(source) {
    const untie = () => {
      this.sources.delete(keyOf(source));
      this.onUntied(source);
      this.show();
      this.field.focus();
    };
    const button = el("button.small-button", { onclick: untie }, "Untie", el("span.sr", ` ${shortly(source.quote)}`));
    return el("li.row", el("span", `“${shortly(source.quote)}” ${source.name}`), button);
  }

  change({ finding_id: id, version, kind, dimension, code, text, sources }) {
    const { elements } = this.form;
    elements.kind.value = kind;
    elements.on.value = `${dimension}.${code ?? ""}`;
    elements.text.value = text;
    this.sources = new Map(sources.map((source) => [keyOf(source), source]));
    this.begin(id, version);
    this.show();
    this.field.focus();
  }

  anew() {
    this.form.reset();
    this.sources = new Map();
    this.begin(crypto.randomUUID(), 0);
    this.show();
    this.field.focus();
  }

  problem(sentence) {
    const line = this.form.querySelector(".field-problem");
    line.textContent = sentence;
    line.hidden = !sentence;
  }

  async keep() {
    const { kind, on, text } = this.form.elements;
    if (!text.value.trim()) return this.problem("Write the statement first.");
    this.problem("");
    const [dimension, code] = on.value.split(".");
    const body = {
      finding_id: this.id,
      question: this.question,
      dimension,
      code: code || null,
      kind: kind.value,
      text: text.value,
      sources: [...this.sources.values()].map(({ report_id, page, start, end, quote }) => ({ report_id, page, start, end, quote })),
      base: this.base,
    };
    const { ok, answer } = await send("/api/findings", body);
    if (!ok) return this.problem(answer.problem ?? "This could not be stored; try again.");
    say("Kept.");
    this.leaving = true;
    this.form.reset();
    return location.reload();
  }
}
