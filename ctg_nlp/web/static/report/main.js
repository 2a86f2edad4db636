/** The page on which a report is coded: parts are made and joined here. */

import { bindKeys } from "../keys.js";
import { Actions } from "./actions.js";
import { asked, queueCode, showInAddress, withFilters } from "./address.js";
import { get } from "./api.js";
import { lockReport, placeInWords } from "./blind.js";
import { buildCard, drawCard } from "./card.js";
import { Clock } from "./clock.js";
import { Cursor } from "./cursor.js";
import { byId, el, say, whisper } from "./dom.js";
import { Filters } from "./filters.js";
import { drawFrame, walkFrame } from "./frame.js";
import { reportKeys } from "./key_table.js";
import { marksByPage } from "./marks.js";
import { inWords, showView } from "./moves.js";
import { Outbox } from "./outbox.js";
import { Paper } from "./paper.js";
import { drawPassage } from "./passage.js";
import { Picked } from "./picked.js";
import { Picker } from "./picker.js";
import { SelectBar } from "./select_bar.js";
import { Sender, showProblem, showSaving } from "./sending.js";
import { Session } from "./session.js";
import { depthInWords } from "./words.js";

const reportId = byId("desk").dataset.report;

class ReportPage {
  /** `base` is the state of the report as the server gave it. */
  constructor(base) {
    this.linked = null; // a place that the address or a link asked for
    this.session = new Session(base);
    this.outbox = new Outbox(showSaving);
    this.paper = new Paper(reportId, base.report.pages);
    this.cursor = new Cursor(this.paper);
    this.clock = new Clock();
    this.actions = this.#makeActions();
    buildCard(this.actions);
    this.#listen();
    this.#wireBar();
    walkFrame();
    const leave = (address) => this.leave(address);
    const keys = reportKeys({ ...this, lock: () => lockReport(this), forget: () => this.picked.forget(), leave });
    bindKeys(new Filters(reportId, this.session, this.outbox).guard(keys));
    if (!this.follow()) this.#begin();
    showSaving("saved");
  }

  #makeActions() {
    const { session, paper, clock } = this;
    const sender = new Sender(session, this.outbox, reportId);
    const link = (place) => this.#link(place);
    const actions = new Actions(session, sender, { paper, clock, link, picker: new Picker() });
    const bar = new SelectBar(actions);
    const offer = (rect) => bar.show(rect, session.item.label);
    this.picked = new Picked(paper, this.cursor, { offer, withdraw: () => bar.hide() });
    actions.picked = this.picked;
    return actions;
  }

  #listen() {
    this.session.addEventListener("change", () => this.#draw());
    this.session.addEventListener("passage", () => this.#passageChanged());
    this.session.addEventListener("focus", ({ detail }) => this.#codeChanged(detail.quiet));
    this.cursor.addEventListener("move", () => this.#cursorMoved());
    addEventListener("hashchange", () => this.follow());
    addEventListener("beforeunload", (event) => {
      const drafts = [...this.session.drafts.values()].some((text) => text.trim());
      const text = document.activeElement?.id === "value-text" && document.activeElement.value.trim();
      if (this.outbox.pending.length || drafts || text || this.session.kept.size) event.preventDefault();
    });
  }

  #draw() {
    const { undo } = this.session.state;
    showFacts(this.session.state);
    drawFrame(this.session);
    drawCard(this.session, this.actions);
    this.#drawMarks();
    byId("undo").disabled = !undo && !this.outbox.pending.length;
    byId("undo").title = undo ? `Undo: ${undo.words}` : "Nothing to undo";
  }

  #drawMarks() {
    const { linked, cursor } = this;
    const places = [
      linked && { ...linked, kind: "linked" },
      cursor.place && { ...cursor.place, kind: "cursor" },
    ];
    this.paper.draw(marksByPage(this.session, places.filter(Boolean)));
  }

  #link(place) {
    this.linked = place;
    this.#drawMarks();
    this.paper.goTo(place);
  }

  #look() {
    if (this.session.passage?.page) this.paper.goTo(this.session.passage);
  }

  #passageChanged() {
    const { session } = this;
    this.linked = null;
    drawPassage(session, this.actions);
    this.#drawMarks();
    this.#look();
    if (session.passage)
      whisper(`Passage ${session.at + 1} of ${session.trail.length}: ${session.passage.quote}`);
  }

  #codeChanged(quiet) {
    this.clock.reset();
    this.linked = null;
    this.#draw();
    this.#look();
    byId("card").scrollTop = 0;
    showInAddress(this.session.dimensionId, this.session.item.id);
    if (!quiet) whisper(inWords(this.session));
  }

  #cursorMoved() {
    const { place } = this.cursor;
    this.#drawMarks();
    if (!place) return;
    this.paper.goTo(place);
    whisper(`Page ${place.page}: ${this.picked.quoteOf(place)}`);
  }

  /** Go where the fragment of the address points; false where it points nowhere. */
  follow() {
    const { dimension, code, place } = asked();
    const found = dimension !== null && this.session.focus(dimension, code);
    if (!place) return found;
    if (!found) this.#draw();
    showView("pages");
    this.#link(place);
    return true;
  }

  /** Where a coder begins: at the code of the queue, or the first open one. */
  #begin() {
    const [dimension, code] = queueCode().code;
    if (dimension && this.session.focus(dimension, code)) return;
    const places = this.session.places();
    const first = places.find((p) => p.open) ?? places[0];
    if (first) this.session.focus(first.dimension, first.code);
  }

  /** Go to another page once all is saved. */
  async leave(address) {
    if (this.outbox.pending.length) say("Saving first …");
    await this.outbox.idle();
    location.assign(address);
  }

  #wireBar() {
    const links = { "to-queue": withFilters("/"), "to-next": withFilters("/next", { after: reportId }) };
    for (const [id, address] of Object.entries(links)) {
      byId(id).href = address;
      byId(id).addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || !this.outbox.pending.length) return;
        event.preventDefault();
        this.leave(address);
      });
    }
    document.querySelector(".places [data-go=q]").href = links["to-queue"];
    byId("undo").addEventListener("click", this.actions.undo);
    byId("lock").hidden = !this.session.state.place?.blind;
    byId("lock").addEventListener("click", () => lockReport(this));
    document
      .querySelectorAll(".views button")
      .forEach((b) => b.addEventListener("click", () => showView(b.dataset.view)));
  }
}

/** A report on which no program could read any text still has pages that people may be able to read. */
async function withPages(base) {
  if (base.report.pages.length) return base;
  const { pages } = await get(`/api/reports/${reportId}/sheets`).catch(() => ({ pages: [] }));
  return { ...base, report: { ...base.report, pages: pages.map((page) => ({ ...page, unread: true })) } };
}

function showFacts({ report, place, sample, dimensions }) {
  const count = report.pages.length === 1 ? "1 page" : `${report.pages.length} pages`;
  const facts = [
    report.group_id && `Group ${report.group_id}`,
    report.cohort && `Cohort ${report.cohort}`,
    count,
    depthInWords({ sample, dimensions }),
  ];
  const badges = [
    report.withdrawn && ["bad", "withdrawn"],
    !report.counted && ["warn", "not counted in tables"],
    report.warnings && ["warn", report.warnings],
    placeInWords(place),
  ];
  byId("report-facts").replaceChildren(
    ...badges.filter(Boolean).map(([kind, words]) => el(`span.badge.is-${kind}`, words)),
    ...facts.filter(Boolean).map((words) => el("span", words)),
  );
}

function open(base) {
  showFacts(base);
  new ReportPage(base);
}

get(`/api/reports/${reportId}`).then(withPages).then(open, (error) => {
  showProblem(`The report could not be opened: ${error.message} Load the page again to try once more.`);
  byId("card").replaceChildren();
});
