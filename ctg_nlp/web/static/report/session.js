/** What the page knows: the server's state, acts under way, the code in view and the passage of it. */

import { itemsOf, isOpen } from "./answers.js";
import { passagesOfQuestion, quotedPassages, trailOverQuotes } from "./gathered.js";
import { spanKey, trailOf } from "./trail.js";

export class Session extends EventTarget {
  /** `base` is what the server holds, `state` the same with the acts that are under way. */
  constructor(base) {
    super();
    this.base = base;
    this.state = base;
    this.jobs = [];
    this.dimensionId = base.dimensions[0]?.id ?? null;
    this.codeId = null;
    this.at = 0; // which passage of the trail is looked at
    this.heldOpen = false;
    this.dismissed = new Set(); // suggested passages that this coder has taken away
    this.drafts = new Map(); // notes on codes that have no answer yet
    this.kept = new Map(); // quotes for free texts that are not written yet
  }

  /** The dimension in view. */
  get dimension() {
    return this.state.dimensions.find((d) => d.id === this.dimensionId);
  }

  /** The code in view, or the value of a number or text dimension (its id is null). */
  get item() {
    const items = itemsOf(this.dimension);
    const item = items.find((i) => i.id === this.codeId) ?? items[0];
    if (!this.dimension?.free) return item;
    const kept = item.answer === null ? this.kept.get(this.dimensionId) : undefined;
    const offered = passagesOfQuestion(this.state, this.dimension);
    const suggestion = { value: null, evidence: offered, held_back: [], opinions: [] };
    return { ...item, evidence: kept ?? item.evidence, suggestion };
  }

  /** Keep quotes for a free text until it is written. */
  keep(evidence) {
    if (evidence.length) this.kept.set(this.dimensionId, evidence);
    else this.kept.delete(this.dimensionId);
    this.dispatchEvent(new Event("change"));
  }

  /** Passages of the code in view, in the order in which `e` shows them. */
  get trail() {
    const item = this.item;
    const key = `${this.dimensionId}.${item?.id ?? ""}`;
    const trail = trailOf(item, (p) => this.dismissed.has(`${key}|${spanKey(p)}`), this.heldOpen);
    return this.dimension?.over_quotes ? trailOverQuotes(quotedPassages(this.state), trail) : trail;
  }

  /** The passage being looked at, or null. */
  get passage() {
    return this.trail[this.at] ?? null;
  }

  /** A name for the code in view, for drafts and fragments. */
  get key() {
    return `${this.dimensionId}.${this.item?.id ?? ""}`;
  }

  /** Take a new state of the server; acts under way are put on top of it. */
  rebase(base = this.base) {
    this.base = base;
    this.state = this.jobs.reduce((state, job) => job.apply(state), base);
    this.at = Math.min(this.at, Math.max(0, this.trail.length - 1));
    this.dispatchEvent(new Event("change"));
  }

  /** Make a code the current one (its first passage is looked at). */
  focus(dimensionId, codeId, { at = 0, quiet = false } = {}) {
    const dimension = this.state.dimensions.find((d) => d.id === dimensionId);
    if (!dimension) return false;
    this.dimensionId = dimensionId;
    const items = itemsOf(dimension);
    this.codeId = (items.find((i) => i.id === codeId) ?? items[0])?.id ?? null;
    this.at = at;
    this.dispatchEvent(new CustomEvent("focus", { detail: { quiet } }));
    return true;
  }

  /** No longer offer a suggested passage for the code in view. */
  dismiss(passage) {
    this.dismissed.add(`${this.key}|${spanKey(passage)}`);
    this.at = Math.max(0, Math.min(this.at, this.trail.length - 1));
    this.dispatchEvent(new Event("change"));
  }

  /** Go to the next code of this stage that nobody has decided, from the top again after the last. False where none is left. */
  openNext() {
    const places = this.places();
    const here = this.placeIndex();
    const next = [...places.slice(here + 1), ...places.slice(0, here)].find(
      (p) => p.open && p.stage === this.dimension.stage,
    );
    return next ? this.focus(next.dimension, next.code) : false;
  }

  /** Look at another passage of the current code. */
  lookAt(index) {
    this.at = index;
    this.dispatchEvent(new Event("passage"));
  }

  /** All (dimension id, code id) in the order of the framework, open ones marked. */
  places() {
    return this.state.dimensions.flatMap((d) =>
      itemsOf(d).map((i) => ({ dimension: d.id, code: i.id, stage: d.stage, open: isOpen(i) })),
    );
  }

  /** Where the code in view stands among `places()`. */
  placeIndex() {
    return this.places().findIndex(
      (p) => p.dimension === this.dimensionId && p.code === (this.item?.id ?? null),
    );
  }
}
