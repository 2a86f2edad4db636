/** The page on which a report is coded: parts are made and joined here. */

import { bindKeys } from "../keys.js";
import { Actions } from "./actions.js";
import { get } from "./api.js";
import { buildCard, drawCard, drawPassage } from "./card.js";
import { Clock } from "./clock.js";
import { Cursor } from "./cursor.js";
import { byId, el, say, whisper } from "./dom.js";
import { drawFrame, walkFrame } from "./frame.js";
import { slicer } from "./geometry.js";
import { reportKeys } from "./key_table.js";
import { marksByPage } from "./marks.js";
import { inWords, showView, withFilters } from "./moves.js";
import { Outbox } from "./outbox.js";
import { Paper } from "./paper.js";
import { Picker } from "./picker.js";
import { SelectBar } from "./select_bar.js";
import { selectByMouse, selected } from "./selection.js";
import { Sender, showProblem, showSaving } from "./sending.js";
import { Session } from "./session.js";

const reportId = byId("desk").dataset.report;

function showFacts({ report }) {
  const facts = [report.group_id && `Group ${report.group_id}`, report.cohort && `Cohort ${report.cohort}`, report.pages.length === 1 ? "1 page" : `${report.pages.length} pages`];
  const badges = [report.withdrawn && ["is-bad", "withdrawn"], !report.counted && ["is-warn", "not counted in tables"], report.warnings && ["is-warn", report.warnings]];
  byId("report-facts").replaceChildren(
    ...badges.filter(Boolean).map(([kind, words]) => el("span", { class: `badge ${kind}` }, words)),
    ...facts.filter(Boolean).map((f) => el("span", {}, f)),
  );
}

function begin(base) {
  const session = new Session(base);
  const outbox = new Outbox(showSaving);
  const sender = new Sender(session, outbox, reportId);
  const paper = new Paper(reportId, base.report.pages);
  const cursor = new Cursor(paper);
  const clock = new Clock();
  let linked = null; // a place that was asked for by the address or a link
  let chosen = []; // what is selected on the pages

  const marked = () => (chosen.length ? chosen : cursor.place ? [cursor.place] : []);
  const quoteOf = (p) => slicer(paper.sheets.get(p.page).data.text)(p.start, p.end);
  const drawMarks = () => {
    const extra = [linked && { ...linked, kind: "linked" }, cursor.place && { ...cursor.place, kind: "cursor" }];
    paper.draw(marksByPage(session, extra.filter(Boolean)));
  };
  const forget = () => {
    document.getSelection().removeAllRanges();
    chosen = [];
    cursor.clear();
    bar.hide();
  };
  const link = (place) => {
    linked = place;
    drawMarks();
  };
  const actions = new Actions(session, sender, { paper, clock, cursor, picker: new Picker(), marked, quoteOf, forget, link });
  const bar = new SelectBar(actions);

  const draw = () => {
    drawFrame(session);
    drawCard(session, actions);
    drawMarks();
    const { undo } = session.state;
    byId("undo").disabled = !undo && !outbox.pending.length;
    byId("undo").title = undo ? `Undo: ${undo.words}` : "Nothing to undo";
  };
  const look = () => {
    if (session.passage?.page) paper.goTo(session.passage);
  };

  buildCard(actions);
  showFacts(base);
  session.addEventListener("change", draw);
  session.addEventListener("passage", () => {
    linked = null;
    drawPassage(session, actions);
    drawMarks();
    look();
    whisper(session.passage ? `Passage ${session.at + 1} of ${session.trail.length}: ${session.passage.quote}` : "");
  });
  session.addEventListener("focus", ({ detail }) => {
    clock.reset();
    linked = null;
    draw();
    look();
    byId("card").scrollTop = 0;
    history.replaceState(null, "", `${location.pathname}${location.search}#${new URLSearchParams({ d: session.dimensionId, c: session.item.id ?? "" })}`);
    if (!detail.quiet) whisper(inWords(session));
  });
  cursor.addEventListener("move", () => {
    drawMarks();
    if (!cursor.place) return;
    paper.goTo(cursor.place);
    whisper(`Page ${cursor.place.page}: ${quoteOf(cursor.place)}`);
  });

  watchSelection();
  addEventListener("hashchange", follow);
  addEventListener("beforeunload", (event) => {
    const drafts = [...session.drafts.values()].some((text) => text.trim());
    if (outbox.pending.length || drafts) event.preventDefault();
  });
  bindKeys(reportKeys({ session, actions, cursor, paper, forget, leave }));
  wireBar();
  walkFrame();
  if (!follow()) firstPlace();
  showSaving("saved");

  function watchSelection() {
    const settled = () => {
      chosen = selected(paper);
      if (!chosen.length) return bar.hide();
      cursor.clear();
      bar.show(document.getSelection().getRangeAt(0).getBoundingClientRect(), session.item.label);
    };
    let timer;
    document.addEventListener("selectionchange", () => {
      clearTimeout(timer);
      timer = setTimeout(settled, 120); // while it is being dragged it changes many times a second
    });
    selectByMouse(paper, async (page, offset) => {
      await cursor.stand(page, offset);
      const [box] = document.querySelectorAll(".mark.is-cursor");
      if (box && cursor.place) bar.show([...document.querySelectorAll(".mark.is-cursor")].at(-1).getBoundingClientRect(), session.item.label);
    });
    paper.scroller.addEventListener("scroll", () => bar.hide(), { passive: true });
  }

  /** Go where the fragment of the address points; false where it points nowhere. */
  function follow() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const [page, start, end] = ["p", "s", "e"].map((name) => Number(asked.get(name)));
    const found = asked.get("d") ? session.focus(asked.get("d"), asked.get("c") || null) : page > 0;
    if (page > 0) {
      if (!asked.get("d")) draw();
      showView("pages");
      link({ page, start, end });
      paper.goTo(linked);
    }
    return found;
  }

  /** Where a coder begins: at the code of the queue, or the first open one. */
  function firstPlace() {
    const [dimension, code] = (new URLSearchParams(location.search).get("code") ?? "").split(".");
    if (dimension && session.focus(dimension, code)) return;
    const places = session.places();
    const first = places.find((p) => p.open) ?? places[0];
    if (first) session.focus(first.dimension, first.code);
  }

  async function leave(address) {
    if (outbox.pending.length) say("Saving first …");
    await outbox.idle();
    location.assign(address);
  }

  function wireBar() {
    const links = { "to-queue": withFilters("/"), "to-next": withFilters("/next", { after: reportId }) };
    for (const [id, address] of Object.entries(links)) {
      byId(id).href = address;
      byId(id).addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || !outbox.pending.length) return;
        event.preventDefault();
        leave(address);
      });
    }
    document.querySelector(".places [data-go=q]").href = links["to-queue"];
    byId("undo").addEventListener("click", actions.undo);
    document.querySelectorAll(".views button").forEach((b) => b.addEventListener("click", () => showView(b.dataset.view)));
  }
}

/** A report on which no program could read any text still has pages that people may be able to read. */
async function withPages(base) {
  if (base.report.pages.length) return base;
  const { pages } = await get(`/api/reports/${reportId}/sheets`).catch(() => ({ pages: [] }));
  return { ...base, report: { ...base.report, pages: pages.map((page) => ({ ...page, unread: true })) } };
}

get(`/api/reports/${reportId}`).then(withPages).then(begin, (error) => {
  showProblem(`The report could not be opened: ${error.message} Load the page again to try once more.`);
  byId("card").replaceChildren();
});
