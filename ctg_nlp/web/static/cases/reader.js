/** The text of a document: passages to go through, and the place of what is selected. Offsets count code points. */

import { el } from "../report/dom.js";

/** [start, end] of the passages of a page; where a line has none it is one itself. */
function passagesOf(page, signs) {
  const found = page.passages.map(([start, end]) => [start, end]);
  let start = 0;
  for (let i = 0; i <= signs.length; i += 1) {
    if (i < signs.length && signs[i] !== "\n") continue;
    const inside = found.some(([from, to]) => from < i && start < to);
    if (i > start && !inside) found.push([start, i]);
    start = i + 1;
  }
  return found.sort((a, b) => a[0] - b[0]);
}

function piece(signs, start, end, passage) {
  const node = el(passage ? "span.passage" : "span", signs.slice(start, end).join(""));
  node.dataset.start = start;
  node.dataset.end = end;
  return node;
}

/** The nodes of one page: a heading and a paragraph for each line, whose pieces know their place. */
function pageNodes(page) {
  const signs = [...page.text];
  const nodes = [el("h3", `Page ${page.number}`)];
  let line = el("p");
  let at = 0;
  const add = (start, end, passage) => {
    let from = start;
    for (let i = start; i <= end; i += 1) {
      if (i < end && signs[i] !== "\n") continue;
      if (i > from) line.append(piece(signs, from, i, passage));
      if (i < end) {
        if (line.childNodes.length) nodes.push(line);
        line = el("p");
      }
      from = i + 1;
    }
  };
  for (const [start, end] of passagesOf(page, signs)) {
    if (start > at) add(at, start, false);
    if (end > at) add(Math.max(start, at), end, true);
    at = Math.max(at, end);
  }
  add(at, signs.length, false);
  if (line.childNodes.length) nodes.push(line);
  const sheet = el("div.page", ...nodes);
  sheet.dataset.page = page.number;
  return sheet;
}

const pieceOf = (node) =>
  (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest("[data-start]") ?? null;

function pointOf(node, offset, atEnd) {
  const holder = pieceOf(node);
  if (!holder) return null;
  const inside = node.nodeType === Node.TEXT_NODE ? [...node.data.slice(0, offset)].length : offset && atEnd ? Infinity : 0;
  const start = Number(holder.dataset.start);
  return { page: holder.closest(".page"), offset: Math.min(start + inside, Number(holder.dataset.end)) };
}

export class Reader {
  constructor(scroller, select) {
    this.scroller = scroller;
    this.select = select;
    this.reportId = "";
  }

  /** Show the document that is chosen. Resolves to a sentence where it cannot be read. */
  async open() {
    const wanted = this.select.value;
    const response = await fetch(`/api/cases/sources/${wanted}`).catch(() => null);
    const answer = await response?.json().catch(() => null);
    if (wanted !== this.select.value) return "";
    this.reportId = response?.ok ? wanted : "";
    this.scroller.replaceChildren(...(response?.ok ? answer.pages.map(pageNodes) : []));
    this.scroller.scrollTop = 0;
    this.scroller.dataset.report = this.reportId;
    return response?.ok ? "" : (answer?.problem ?? "The server cannot be reached; choose the document again.");
  }

  /** On to the next document, in a circle. */
  next() {
    this.select.selectedIndex = (this.select.selectedIndex + 1) % this.select.length;
    return this.open();
  }

  /** Go `step` passages on. */
  move(step) {
    const all = [...this.scroller.querySelectorAll(".passage")];
    if (!all.length) return;
    const at = all.findIndex((node) => node.classList.contains("current"));
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    all[at]?.classList.remove("current");
    all[next].classList.add("current");
    all[next].scrollIntoView({ block: "nearest" });
    document.getSelection().removeAllRanges();
    return all[next].textContent;
  }

  /** The place that is selected, or the current passage: {page, start, end}, or null; across pages it is null too. */
  place() {
    const chosen = document.getSelection();
    if (chosen.rangeCount && !chosen.isCollapsed && this.scroller.contains(chosen.anchorNode)) {
      const range = chosen.getRangeAt(0);
      const from = pointOf(range.startContainer, range.startOffset, false);
      const to = pointOf(range.endContainer, range.endOffset, true);
      if (!from || !to || from.page !== to.page || to.offset <= from.offset) return null;
      return { page: Number(from.page.dataset.page), start: from.offset, end: to.offset };
    }
    const passage = this.scroller.querySelector(".passage.current");
    if (!passage) return null;
    const page = Number(passage.closest(".page").dataset.page);
    return { page, start: Number(passage.dataset.start), end: Number(passage.dataset.end) };
  }
}
