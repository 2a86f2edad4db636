/** The filters of a report: a panel in place of the code's, once every code of the map is decided. */

import { Refusal, get, post } from "./api.js";
import { byId, el, key, refill, say } from "./dom.js";
import { showView } from "./moves.js";

const PASS_ON = new Set(["n", "q", "+", "-", "ArrowLeft", "ArrowRight", "shift+ArrowLeft", "shift+ArrowRight"]);
const REACHED = "not reached";
const LOOK = { passed: "good", "not passed": "absent", "blocked by the map": "absent", "coders disagree": "conflict" };
const WAIT = 250; // milliseconds after a change before the filters are asked for anew

export class Filters {
  /** `outbox` is waited for before anything is asked, so that the server knows the map as the page shows it. */
  constructor(reportId, session, outbox) {
    this.address = `/api/reports/${reportId}/filters`;
    this.session = session;
    this.outbox = outbox;
    this.state = null;
    this.drafts = new Map(); // level and reason by filter, while they are not saved
    this.base = null;
    this.wanted = location.hash === "#filters"; // before the page writes the code in view there
    byId("filters-open").addEventListener("click", () => this.toggle());
    session.addEventListener("change", () => this.#changed());
    session.addEventListener("focus", () => this.#close());
    this.#changed();
  }

  get isOpen() {
    return !byId("filters").hidden;
  }

  /** The page's keys, with those of the panel while it is open: a key must not answer a code that is hidden. */
  guard(table) {
    const guarded = Object.entries(table).map(([name, act]) => [
      name,
      (event) => (this.isOpen && !PASS_ON.has(name) ? this.#key(name) : act(event)),
    ]);
    const digits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [
      String(n),
      (event) => (this.isOpen ? this.#pick(n - 1) : table[n]?.(event)),
    ]);
    return { ...Object.fromEntries(guarded), ...Object.fromEntries(digits), y: () => this.toggle() };
  }

  #key(name) {
    if (name === "Escape") return this.#escape();
    if (name === "z") return void this.undo();
    if (name === "t") return this.#current()?.querySelector("textarea")?.focus();
    return false;
  }

  #escape() {
    if (document.activeElement?.matches("textarea")) document.activeElement.blur();
    else this.toggle();
  }

  #current() {
    return byId("filters").querySelector("form.is-current");
  }

  #pick(place) {
    const choice = this.#current()?.querySelectorAll("input[type=radio]")[place];
    if (!choice || choice.disabled) return false;
    choice.click();
    return choice.focus();
  }

  #changed() {
    const { base } = this.session;
    if (base === this.base) return;
    this.base = base;
    clearTimeout(this.timer);
    if (base.left > 0) return this.#show(null);
    this.timer = setTimeout(() => this.load(), WAIT);
  }

  /** Ask the server where the report stands. */
  async load() {
    await this.outbox.idle();
    try {
      this.#show(await get(this.address));
    } catch {
      this.#show(null); // whoever may not see them, or a server that is away: asked again after the next change
    }
    if (this.wanted && this.state && !this.isOpen) this.toggle();
    this.wanted = false;
  }

  #show(state) {
    this.state = state?.complete && state.filters.length ? state : null;
    byId("filters-open").hidden = !this.state;
    if (!this.state) this.#close();
    if (this.state && this.isOpen) this.draw();
  }

  #close() {
    byId("filters").hidden = true;
    byId("card").hidden = false;
    byId("filters-open").setAttribute("aria-expanded", "false");
  }

  /** Open the panel or close it; the code's card comes back. */
  toggle() {
    if (this.isOpen) {
      this.#close();
      return byId("filters-open").focus();
    }
    if (!this.state) return say("Filters come once every code of the map is decided.");
    byId("filters").hidden = false;
    byId("card").hidden = true;
    byId("filters-open").setAttribute("aria-expanded", "true");
    showView("code");
    this.draw();
    return this.#first();
  }

  #first() {
    (this.#current()?.querySelector("input:checked, input:enabled") ?? byId("filters")).focus();
  }

  /** Draw the panel; what is typed and not saved stays. */
  draw() {
    const at = this.state.filters.find((f) => f.state !== "passed");
    const cards = this.state.filters.map((f, n) => this.#card(f, n, f === at));
    const undo = el("button.button-quiet#filters-undo", { onclick: () => this.undo() }, "Undo my last ", key("z"));
    const back = el("button.button-quiet", { onclick: () => this.toggle() }, "Back to the code ", key("y"));
    refill(
      byId("filters"),
      el("h2", "Filters for the second stage"),
      !at && el("p.notice.is-good", "This report passed every filter."),
      ...cards,
      el("div.row", this.state.undo && undo, back),
    );
  }

  #card(filter, n, current) {
    const look = LOOK[filter.state] ?? "undecided";
    const blocked = filter.blocked_by.length > 0;
    const form = filter.state !== REACHED && this.#form(filter, current);
    return el(
      "article.filter-card.stack",
      { "aria-labelledby": `filter-${filter.id}` },
      el("h3", { id: `filter-${filter.id}` }, `${n + 1}. ${filter.label} `, el(`span.badge.is-${look}`, filter.state)),
      filter.level && el("p.small", `Level: ${filter.level}`),
      filter.definition && el("p.small", filter.definition),
      filter.criteria.length > 0 && el("ul.small", ...filter.criteria.map((c) => el("li", c))),
      blocked && el("p.notice.is-warn", `Coded in the map as ${filter.blocked_by.join(", ")}: it cannot pass.`),
      filter.others.length > 0 && this.#others(filter.others),
      form && (current ? form : el("details", el("summary", "Change what I said"), form)),
    );
  }

  #others(others) {
    const lines = others.map((o) =>
      el("li", el("strong", o.role === "adjudicator" ? `${o.coder} (settled)` : o.coder), `: ${o.level}. ${o.reason}`),
    );
    return el("ul.small.plain-list", ...lines);
  }

  #form(filter, current) {
    const draft = this.drafts.get(filter.id) ?? filter.mine ?? { level: "", reason: "" };
    const levels = filter.levels.map((level, n) => this.#level(filter, level, n, draft.level, current));
    const reason = el("textarea.whole", {
      id: `reason-${filter.id}`, name: "reason", rows: "3", maxlength: "20000", required: true,
    });
    reason.value = draft.reason;
    const form = el(
      "form.stack",
      { class: current && "is-current", onsubmit: (event) => this.#save(event, filter) },
      el("fieldset.filter-levels", el("legend.small", "Level"), ...levels),
      el("label.field.whole", el("span", "Reason ", current && key("t")), reason),
      el("p.field-problem", { role: "alert", hidden: true }),
      el("button.button-primary", { id: `save-${filter.id}` }, "Save ", key("Ctrl Enter")),
    );
    form.querySelector("button").type = "submit";
    form.addEventListener("input", () => this.#keep(filter, form));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    return form;
  }

  #level(filter, level, n, chosen, current) {
    const barred = level.passes && filter.blocked_by.length > 0;
    const box = el("input", {
      type: "radio", name: "level", value: level.id, id: `level-${filter.id}-${level.id}`, required: true,
      checked: level.id === chosen && !barred, disabled: barred,
    });
    return el("label.check", box, ` ${level.label} `, current && n < 9 && key(String(n + 1)));
  }

  #keep(filter, form) {
    this.drafts.set(filter.id, { level: form.elements.level.value, reason: form.elements.reason.value });
  }

  async #save(event, filter) {
    event.preventDefault();
    const form = event.target;
    const { level, reason } = { level: form.elements.level.value, reason: form.elements.reason.value };
    const body = { decision_id: crypto.randomUUID(), filter: filter.id, level, reason };
    try {
      await this.outbox.idle();
      const state = await post(this.address, body);
      this.drafts.delete(filter.id);
      this.#show(state);
      const now = state.filters.find((f) => f.id === filter.id);
      say(`${filter.label}: ${now.state}.`);
      this.#first();
    } catch (error) {
      const line = form.querySelector(".field-problem");
      line.textContent = error instanceof Refusal ? error.message : `${error.message} Nothing was stored; try again.`;
      line.hidden = false;
    }
  }

  /** Undo this coder's last filter decision or settlement on the report. */
  async undo() {
    if (!this.state?.undo) return say("There is no filter decision of yours to undo.");
    try {
      this.#show(await post(`${this.address}/undo`, { decision_id: this.state.undo }));
      this.drafts.clear();
      this.draw();
      say("Undone: your last filter decision.");
    } catch (error) {
      say(error.message);
    }
  }
}
