/** One section: its text, saving it as a version, and what others wrote at the same time. */

import { el, say } from "../report/dom.js";
import { send } from "../sending.js";

const when = (time) => `${time.slice(0, 16).replace("T", " ")} UTC`;

export class Draft {
  constructor(node, group) {
    this.node = node;
    this.group = group;
    this.section = node.dataset.section;
    this.base = Number(node.dataset.base);
    this.field = node.querySelector("textarea");
    this.entered = false;
    this.stored = this.field.value;
    this.title = node.querySelector("h2").textContent;
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("focus", () => (this.entered = true));
    node.querySelector(".save").addEventListener("click", () => this.save());
    node.querySelector(".earlier").addEventListener("click", () => this.toggleVersions());
  }

  get unsaved() {
    return this.field.value !== this.stored;
  }

  /** The ticks of texts written at the same time that are brought in: only these are settled by saving. */
  get brought() {
    return [...this.node.querySelectorAll(".aside .brought:checked")];
  }

  changed() {
    this.tell(this.unsaved ? "Not saved yet" : "");
  }

  tell(words) {
    this.node.querySelector(".state").textContent = words;
  }

  problem(sentence) {
    const line = this.node.querySelector(".field-problem");
    line.textContent = sentence;
    line.hidden = !sentence;
  }

  /** Put words on lines of their own where the cursor is. */
  insert(words) {
    const { value } = this.field;
    const selectionEnd = this.entered ? this.field.selectionEnd : value.length; // who was never in it has no cursor
    const before = value.slice(0, selectionEnd).trimEnd();
    const after = value.slice(selectionEnd).trimStart();
    this.field.value = [before, words, after].filter(Boolean).join("\n\n");
    this.field.selectionEnd = this.field.selectionStart = before.length + words.length + (before ? 2 : 0);
    this.changed();
  }

  /** Save; where somebody else saved meanwhile both texts are kept, and theirs is shown. */
  async save() {
    const text = this.field.value;
    this.problem("");
    this.tell("Saving…");
    const { brought } = this;
    const settles = brought.map((tick) => Number(tick.value));
    const body = { group: this.group, section: this.section, text, base: this.base, settles };
    const { ok, answer } = await send("/api/cases/texts", body);
    if (!ok) {
      this.tell("Not saved yet");
      return this.problem(answer.problem ?? "This could not be stored; try again.");
    }
    this.stored = text;
    if (answer.saved.aside) return this.beside(answer);
    this.base = answer.saved.version;
    for (const tick of brought) tick.closest(".aside").remove();
    const { version, author, time } = answer.saved;
    this.node.querySelector(".written").textContent = `Version ${version}, ${author}, ${when(time)}`;
    this.changed();
    if (!this.unsaved) this.tell("Saved");
    say(`“${this.title}” is saved as version ${version}.`);
    if (answer.unknown.length) {
      const marks = answer.unknown.map((n) => `[[q${n}]]`).join(", ");
      this.problem(`Saved, but ${marks} will be left out: this case has no quotation of that number.`);
    }
  }

  beside({ saved, current }) {
    this.base = current.version;
    if (this.node.querySelector(`.brought[value="${saved.version}"]`)) return this.tell("Kept beside"); // sent twice
    const words = `${current.author} saved this section since you opened it. Your text is kept beside it as version `
      + `${saved.version}. Bring into yours what is theirs, tick it and save again.`;
    const tick = el("input.brought", { type: "checkbox", value: String(saved.version) });
    const done = el("label.check", tick, " Both texts are brought together");
    const notice = el("div.notice.is-warn.aside", el("p", words), el("pre", current.text), done);
    this.field.before(notice);
    this.tell("Kept beside");
    say(words);
  }

  async toggleVersions() {
    const list = this.node.querySelector(".versions");
    const button = this.node.querySelector(".earlier");
    list.hidden = !list.hidden;
    button.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) return;
    const query = new URLSearchParams({ group: this.group, section: this.section });
    const response = await fetch(`/api/cases/versions?${query}`).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (!response?.ok) return this.problem(answer?.problem ?? "The server cannot be reached; try again.");
    const shown = answer.versions.map((version) => this.version(version));
    list.replaceChildren(...(shown.length ? shown : [el("p.muted", "Nothing was saved yet.")]));
  }

  version({ version, author, time, aside, text }) {
    const put = () => {
      this.field.value = text;
      this.changed();
      this.field.focus();
    };
    const head = `Version ${version}, ${author}, ${when(time)}${aside ? ", written at the same time as another" : ""}`;
    return el("div.version", el("p.spread", el("span", head), el("button", { onclick: put }, "Put it into the field")), el("pre", text));
  }
}
