/** What keys and buttons do. */

import { queueCode } from "./address.js";
import { askMemo } from "./asking.js";
import { valueField } from "./card.js";
import { byId, say, shortly } from "./dom.js";
import { codesOn } from "./gathered.js";
import { movePassage, showView } from "./moves.js";

const GO_ON = "ctg.go-on";

const asOwn = (passage) => ({ quote: passage.quote, spans: passage.spans });

export class Actions {
  constructor(session, sender, tools) {
    Object.assign(this, { session, sender, ...tools }); // tools: paper, clock, picker, link()
    for (const name of [
      "present",
      "absent",
      "unsure",
      "restAbsent",
      "memo",
      "undo",
      "inductive",
      "choose",
      "addEvidence",
    ])
      this[name] = this[name].bind(this);
    byId("go-on").checked = localStorage.getItem(GO_ON) !== "off";
    byId("go-on").addEventListener("change", (e) =>
      localStorage.setItem(GO_ON, e.target.checked ? "on" : "off"),
    );
  }

  /** Send what is now said of the code in view; `change` holds what differs from what stands. */
  #send(change, session = this.session) {
    const { item, dimensionId, key } = session;
    const note = session.drafts.get(key) ?? item.note;
    session.drafts.delete(key);
    const stands = { answer: item.answer, value: item.value ?? null, note, shown: item.evidence };
    this.sender.answer({
      dimension: dimensionId,
      code: item.id,
      seconds: this.clock.take(),
      ...stands,
      ...change,
    });
  }

  #goOn(words) {
    say(words);
    if (!byId("go-on").checked) return;
    if (queueCode().byCode) return say(`${words} n opens the next report.`);
    if (!this.session.openNext())
      say(`${words} Nothing is left undecided in this report; ${this.#whatNext()}.`);
  }

  #whatNext() {
    return this.session.state.place?.blind ? "l locks it" : "n opens the next one";
  }

  /** The evidence of "present": this coder's, or else the passage being looked at. */
  #evidence() {
    const { item, passage } = this.session;
    const more = passage?.kind === "quoted"; // of a further framework each passage is taken by itself
    if (!passage || passage.page === null || (item.evidence.length && !more)) return item.evidence;
    return [...item.evidence, asOwn(passage)];
  }

  present() {
    if (this.session.dimension.free) return this.#takeQuote();
    if (this.session.dimension.value) return this.#takeValue();
    this.#send({ answer: "present", shown: this.#evidence() });
    this.#goOn(`${shortly(this.session.item.label)}: present.`);
  }

  absent() {
    const value = Boolean(this.session.dimension.value);
    this.#send(value ? { answer: "value", value: null, shown: [] } : { answer: "absent", shown: [] });
    this.#goOn(`${shortly(this.session.item.label)}: ${value ? "cannot be told" : "absent"}.`);
  }

  unsure() {
    this.#send({ answer: "unsure", value: null });
    this.#goOn(`${shortly(this.session.item.label)}: unsure.`);
  }

  restAbsent() {
    const { dimension } = this.session;
    if (dimension.value) return say("A value has no codes that could be absent.");
    if (!dimension.codes.some((c) => c.answer === null))
      return say("You have answered every code of this dimension.");
    this.sender.restAbsent(dimension.id, this.clock.take());
    this.#goOn(`${dimension.title}: the rest absent.`);
  }

  /** The passage in view becomes a quote of the free text. */
  #takeQuote() {
    const { passage, item } = this.session;
    if (!passage?.page) return say("There is no passage in view; select text on a page and press s.");
    if (passage.kind === "own") return say("It is a quote of this text already; x takes it away.");
    this.#quote([...item.evidence, asOwn(passage)]);
    say(`Quote taken: ${passage.quote}`);
  }

  /** Quotes of a free text: saved with it, or kept here until it is written. */
  #quote(shown) {
    const { answer } = this.session.item;
    if (answer === null) this.session.keep(shown);
    else this.#send({ shown });
  }

  /** In a further framework: the passage in view shows the code of that place, whichever code is in view. */
  codeQuoted(place) {
    const { dimension, passage } = this.session;
    if (!dimension.over_quotes) return say("Numbers give codes only where quoted passages are coded once more.");
    const code = dimension.codes[place];
    if (!code) return say(`There are only ${dimension.codes.length} codes here.`);
    if (!passage?.page) return say("There is no quoted passage in view.");
    if (codesOn(dimension, passage).includes(place + 1)) return say(`It shows ${shortly(code.label)} already.`);
    this.sender.answer({
      dimension: dimension.id,
      code: code.id,
      seconds: this.clock.take(),
      answer: code.answer === "unsure" ? "unsure" : "present",
      value: null,
      note: code.note,
      shown: [...code.evidence, asOwn(passage)],
    });
    say(`${shortly(code.label)}: ${passage.quote}`);
  }

  #takeValue() {
    const offered = this.session.item.suggestion?.value;
    if (offered === null || offered === undefined) return say("No value is suggested.");
    this.#send({ answer: "value", value: offered, shown: this.#evidence() });
    this.#goOn(`${this.session.dimension.title}: ${offered}.`);
  }

  /** Send what stands in the value field, if it is new; `goOn` where Enter was pressed. */
  giveValue(goOn) {
    const { item, dimension } = this.session;
    const field = valueField(dimension);
    const words = field.value.trim();
    const stands = item.answer === "value" ? String(item.value ?? "") : "";
    const wrong = words && dimension.kind === "number" && !/^\d{1,9}$/.test(words);
    byId("value-problem").hidden = !wrong;
    byId("value-problem").textContent =
      "A whole number is needed here; “cannot be told” is the button beside it.";
    if (wrong || !words) return;
    if (words !== stands) {
      const value = dimension.kind === "number" ? Number(words) : words;
      const shown = value === item.suggestion?.value ? this.#evidence() : item.evidence;
      this.#send({ answer: "value", value, shown });
      this.session.kept.delete(dimension.id);
    }
    if (!goOn) return;
    field.blur();
    this.#goOn(`${dimension.title}: ${dimension.free ? "written" : words}.`);
  }

  draftNote(text) {
    this.session.drafts.set(this.session.key, text);
  }

  /** Save a note where the code has an answer; without one it waits for the answer. */
  saveNote() {
    const { item, key, drafts } = this.session;
    const text = drafts.get(key);
    if (text === undefined) return;
    if (text === item.note) drafts.delete(key);
    else if (item.answer !== null) this.#send({});
    else if (!text.trim()) drafts.delete(key);
  }

  /** Evidence for the code in view: it becomes present with it, unless this coder is unsure of it. */
  addEvidence() {
    this.addTo(this.session.dimensionId, this.session.item.id);
  }

  addTo(dimensionId, codeId) {
    const places = this.picked.places;
    if (!places.length && this.#offered()) return this.present();
    if (!places.length) return say("Select text on a page first, or go to a passage with the arrow keys.");
    if (dimensionId !== this.session.dimensionId || codeId !== this.session.item.id)
      this.session.focus(dimensionId, codeId, { quiet: true });
    const { item, dimension } = this.session;
    const added = places.map((p) => ({ quote: this.picked.quoteOf(p), spans: [[p.page, p.start, p.end]] }));
    const known = new Set(item.evidence.flatMap((e) => e.spans.map(String)));
    const shown = [...item.evidence, ...added.filter((e) => !known.has(String(e.spans[0])))];
    if (dimension.free) {
      this.#quote(shown);
      this.picked.forget();
      return say(`Quote added: ${added[0].quote}`);
    }
    const valued = Boolean(dimension.value);
    const answer = item.answer === "unsure" || valued ? item.answer : "present";
    if (valued && answer === null)
      return say("Give the value first; then the passage can stand as its evidence.");
    this.#send({ answer, shown });
    this.picked.forget();
    this.session.lookAt(shown.length - 1);
    say(`Evidence for ${shortly(item.label)}${valued ? "" : `, ${answer}`}: ${added[0].quote}`);
  }

  /** Whether a passage that others quote is in view, which can be taken without selecting it. */
  #offered() {
    const { dimension, passage } = this.session;
    return (dimension.free || dimension.over_quotes) && passage?.page && passage.kind !== "own";
  }

  /** Choose a code for the selection; without a selection, a code to go to. */
  choose() {
    const places = this.picked.places;
    const purpose = places.length
      ? `It becomes present, with: ${this.picked.quoteOf(places[0])}`
      : "Enter goes to it. (With text selected, or a passage marked, it becomes its evidence.)";
    this.picker.open(this.session, purpose, (dimension, code) =>
      places.length ? this.addTo(dimension, code) : this.session.focus(dimension, code),
    );
  }

  removeCurrent() {
    if (this.session.passage) this.removeAt(this.session.at);
  }

  /** Take a passage away: the coder's own from the answer, a suggested one from the screen. */
  removeAt(index) {
    const { item, trail } = this.session;
    const passage = trail[index];
    if (passage.kind === "suggested") {
      this.session.dismiss(passage);
      return say("Suggested passage taken away.");
    }
    if (passage.kind !== "own")
      return say("Only your own evidence, or a suggested passage, can be taken away.");
    const left = item.evidence.filter((_, i) => i !== passage.index);
    if (this.session.dimension.free) this.#quote(left);
    else this.#send({ shown: left });
    say("Evidence taken away.");
  }

  #ask(inductive) {
    const [place] = this.picked.places;
    const { dimension } = this.session;
    const on = place ? `On page ${place.page}: ${this.picked.quoteOf(place)}` : "On the report as a whole.";
    const other = dimension.codes.find((c) => c.id === dimension.other);
    const under = other
      ? `In “${dimension.title}”, under “${other.label}”, which becomes present.`
      : `In “${dimension.title}”.`;
    const where = { page: place?.page ?? null, start: place?.start ?? null, end: place?.end ?? null };
    const save = (words) => {
      this.sender.memo({
        ...words,
        dimension: inductive ? dimension.id : null,
        code: inductive ? (other?.id ?? null) : null,
        ...where,
      });
      this.picked.forget();
      say(inductive ? `New code: ${words.label}.` : "Memo kept.");
    };
    askMemo({ about: inductive ? `${under} ${on}` : on, inductive, save });
  }

  memo() {
    this.#ask(false);
  }

  inductive() {
    if (!this.picked.places.length)
      return say(
        "Select text first, or go to a passage with the arrow keys: a new code stands on a passage.",
      );
    this.#ask(true);
  }

  deleteMemo(memo) {
    this.sender.deleteMemo(memo.memo_id);
    say("Memo deleted.");
  }

  undo() {
    if (!this.session.base.undo && !this.sender.outbox.pending.length)
      return say("There is nothing to undo.");
    this.sender.undo((words, place) => {
      if (place?.dimension) this.session.focus(place.dimension, place.code, { quiet: true });
      say(words ? `Undone: ${words}.` : "There is nothing to undo.");
    });
  }

  step(by) {
    movePassage(this.session, by);
  }

  lookAt(index) {
    this.session.lookAt(index);
    this.showPassage();
  }

  /** Bring the passage looked at into view. */
  showPassage() {
    if (this.session.passage?.page) this.showPlace(this.session.passage);
  }

  showPlace(place) {
    showView("pages");
    this.link(place);
  }

  openHeld(open) {
    if (this.session.heldOpen === open) return;
    this.session.heldOpen = open;
    this.session.rebase();
  }
}
