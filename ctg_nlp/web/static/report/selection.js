/** Text selected on the pages, as stretches of `page.text`; dragging goes from word to word, as on paper. */

import { nearestWord, wholeWords } from "./geometry.js";
import { offsetAt } from "./text_layer.js";

const sheetOf = (node) =>
  (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".sheet");

function widened(sheet, start, end) {
  const [from, to] = sheet.plain ? [start, end] : wholeWords(sheet.data.words, start, end);
  return { page: sheet.facts.number, start: from, end: to };
}

function acrossPages(paper, from, to) {
  const stretches = [];
  for (let n = from.page; n <= to.page; n += 1) {
    const sheet = paper.sheets.get(n);
    if (!sheet?.data) continue;
    const whole = [...sheet.data.text].length;
    const start = n === from.page ? from.offset : 0;
    const end = n === to.page ? to.offset : whole;
    if (end > start) stretches.push(widened(sheet, start, end));
  }
  return stretches;
}

function placeOf(node, offset) {
  const sheet = sheetOf(node);
  const found = sheet ? offsetAt(node, offset) : null;
  return found === null ? null : { page: Number(sheet.dataset.page), offset: found };
}

/** What is selected now: [{page, start, end}], empty where nothing of a page is. */
export function selected(paper) {
  const chosen = document.getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed) return [];
  const range = chosen.getRangeAt(0);
  const from = placeOf(range.startContainer, range.startOffset);
  const to = placeOf(range.endContainer, range.endOffset);
  return from && to ? acrossPages(paper, from, to) : [];
}

function pointOn(sheet, event) {
  const frame = sheet.node.getBoundingClientRect();
  const { width, height } = sheet.facts;
  return [
    ((event.clientX - frame.left) / frame.width) * width,
    ((event.clientY - frame.top) / frame.height) * height,
  ];
}

function wordUnder(paper, event) {
  const node = document
    .elementsFromPoint(event.clientX, event.clientY)
    .find((n) => n.classList?.contains("sheet"));
  const sheet = node && paper.sheets.get(Number(node.dataset.page));
  if (!sheet?.data || !sheet.layer || sheet.plain) return null;
  const index = nearestWord(sheet.data.words, ...pointOn(sheet, event));
  return index < 0 ? null : { sheet, index, span: sheet.layer.children[index] };
}

const before = (a, b) =>
  a.sheet.facts.number < b.sheet.facts.number || (a.sheet === b.sheet && a.index <= b.index);

function select(a, b) {
  const [first, last] = before(a, b) ? [a, b] : [b, a];
  const end = last.span.firstChild;
  const length = end.data.trimEnd().length;
  document.getSelection().setBaseAndExtent(first.span.firstChild, 0, end, length);
}

/**
 * Mouse on the pages: dragging selects from word to word; a click calls `clicked(page, offset)`. Fingers and pens
 * keep the browser's own selecting, as does text without a picture.
 */
export function selectByMouse(paper, clicked) {
  let anchor = null;
  let moved = false;
  paper.scroller.addEventListener("mousedown", (event) => {
    anchor = event.button === 0 && !event.shiftKey ? wordUnder(paper, event) : null;
    moved = false;
    if (!anchor) return;
    event.preventDefault(); // the browser would jump over columns and gaps
    document.getSelection().removeAllRanges();
    document.activeElement?.blur(); // a field that was being typed in is left, and saved
  });
  document.addEventListener("mousemove", (event) => {
    if (!anchor || !(event.buttons & 1)) return;
    const here = wordUnder(paper, event);
    moved ||= here !== null && here.index !== anchor.index;
    if (here && moved) select(anchor, here);
  });
  document.addEventListener("mouseup", () => {
    if (anchor && !moved) clicked(anchor.sheet.facts.number, anchor.sheet.data.words[anchor.index][0]);
    anchor = null;
  });
}
