/** The text of a page over its picture (see-through, selectable), or in its place where there is no picture. */

import { el } from "./dom.js";
import { pointsIn, slicer, unitsIn } from "./geometry.js";

const ruler = document.createElement("canvas").getContext("2d");
ruler.font = "100px sans-serif"; // the font of .words; widths are used relative to its size

function placed(word, text, page) {
  const [start, end, x0, y0, x1, y1] = word;
  const span = el("span", { "data-start": start, "data-end": end });
  const height = Math.max(y1 - y0, 1);
  const natural = (ruler.measureText(text).width / 100) * height || 1;
  Object.assign(span.style, {
    left: `${(100 * x0) / page.width}%`,
    top: `${(100 * y0) / page.height}%`,
    fontSize: `${(100 * height) / page.width}cqw`, // hundredths of the page's width: it scales with the page
    transform: `scaleX(${(x1 - x0) / natural})`,
  });
  return span;
}

/** Word spans over the picture; each holds its word and the white space behind it, so that copying gives text. */
export function wordLayer(page) {
  const layer = el("div.words");
  const slice = slicer(page.text);
  page.words.forEach((word, i) => {
    const text = slice(word[0], word[1]);
    const span = placed(word, text, page);
    const between = i + 1 < page.words.length ? slice(word[1], page.words[i + 1][0]) : "\n";
    span.append(/^\s*$/.test(between) ? text + between : `${text} `);
    layer.append(span);
  });
  return layer;
}

/** The lines of `page.text` as paragraphs. */
export function plainLayer(page) {
  const layer = el("div.plain");
  let start = 0;
  for (const line of page.text.split("\n")) {
    const length = [...line].length;
    layer.append(el("p", { "data-start": start, "data-end": start + length }, line || "\u00a0"));
    start += length + 1;
  }
  return layer;
}

/** The offset in `page.text` of a place in the document, or null where it is not in a text layer. */
export function offsetAt(node, offset) {
  if (node.nodeType !== Node.TEXT_NODE) {
    const child = node.childNodes[Math.min(offset, node.childNodes.length - 1)];
    const holder =
      child?.nodeType === Node.ELEMENT_NODE && child.dataset.start ? child : node.closest("[data-start]");
    if (!holder) return null;
    return Number(
      offset >= node.childNodes.length && node.childNodes.length ? holder.dataset.end : holder.dataset.start,
    );
  }
  const holder = node.parentElement.closest("[data-start]");
  if (!holder) return null;
  return Math.min(Number(holder.dataset.start) + pointsIn(node.data, offset), Number(holder.dataset.end));
}

/** Rectangles (in pixels of the window) of a stretch of a plain layer. */
export function plainRects(layer, start, end) {
  const range = document.createRange();
  return [...layer.children].flatMap((line) => {
    const [from, to] = [Number(line.dataset.start), Number(line.dataset.end)];
    if (from >= end || to <= start) return [];
    const text = line.firstChild;
    range.setStart(text, unitsIn(text.data, Math.max(0, start - from)));
    range.setEnd(text, unitsIn(text.data, Math.min(to, end) - from));
    return [...range.getClientRects()];
  });
}
