/** One page: a placeholder of the right size that gets its picture, text and marks while it is near the view. */

import { get } from "./api.js";
import { el, refill } from "./dom.js";
import { boxesOf } from "./geometry.js";
import { plainLayer, plainRects, wordLayer } from "./text_layer.js";

const WIDTHS = [900, 1400, 2000];
const PAUSE = 60; // milliseconds near the view before a page is fetched: pages that rush by are not

export class Sheet {
  constructor(reportId, facts) {
    Object.assign(this, { reportId, facts, data: null, near: false, marks: [], layer: null, plain: false });
    this.marksBox = el("div.marks", { "aria-hidden": "true" });
    this.body = el("div.sheet-body");
    this.node = el(
      "article.sheet",
      { "data-page": facts.number, "aria-label": `Page ${facts.number}` },
      this.body,
    );
    this.node.style.aspectRatio = `${facts.width} / ${facts.height}`;
  }

  /** The page's text, words and passages; fetched once. */
  async read() {
    if (this.facts.unread) this.reading ??= Promise.resolve({ ...this.facts, text: "", words: [], passages: [] });
    this.reading ??= get(`/api/reports/${this.reportId}/pages/${this.facts.number}`).catch((error) => {
      this.reading = null;
      throw error;
    });
    this.data = await this.reading;
    return this.data;
  }

  approach() {
    this.near = true;
    this.timer = setTimeout(() => this.#show(), PAUSE);
  }

  recede() {
    this.near = false;
    clearTimeout(this.timer);
    if (this.plain) return; // its height is its text's; letting it go would make the pages jump
    this.layer = null;
    this.body.replaceChildren();
  }

  async #show() {
    const picture = this.#picture();
    this.body.replaceChildren(el("p.sheet-number", `Page ${this.facts.number}`), picture);
    try {
      await this.read();
    } catch (error) {
      this.body.replaceChildren(
        el("p.sheet-number", `Page ${this.facts.number} could not be fetched: ${error.message}`),
      );
      return;
    }
    if (!this.near || this.plain) return;
    this.layer = wordLayer(this.data);
    this.body.replaceChildren(picture, this.marksBox, this.layer);
    this.draw(this.marks);
  }

  #picture() {
    const wanted = this.node.clientWidth * devicePixelRatio;
    const width = WIDTHS.find((w) => w >= wanted * 0.9) ?? WIDTHS.at(-1);
    const address = `/reports/${this.reportId}/pages/${this.facts.number}/picture?width=${width}`;
    const picture = el("img.picture", { alt: "", draggable: "false", src: address });
    picture.addEventListener("error", () => this.#showPlain());
    return picture;
  }

  /** Where there is no picture, the text is shown as text. */
  async #showPlain() {
    if (this.plain || !this.near) return;
    this.plain = true;
    const data = await this.read().catch(() => null);
    if (!data) return (this.plain = false);
    this.node.classList.add("is-plain");
    this.node.style.aspectRatio = "";
    this.layer = plainLayer(data);
    const name = `Page ${data.number}: its picture cannot be shown; this is its text.`;
    const none = data.text ? null : el("p.muted", "No text could be read on it.");
    refill(this.body, el("p.sheet-note.small.muted", name), none, this.marksBox, this.layer);
    this.draw(this.marks);
    this.node.dispatchEvent(new Event("plain", { bubbles: true }));
  }

  /** Boxes of a stretch in hundredths of the sheet's width and height: [left, top, width, height]. */
  boxes(mark) {
    if (this.plain && this.layer) return this.#plainBoxes(mark);
    const { width, height } = this.facts;
    const found = this.data ? boxesOf(this.data.words, mark.start, mark.end) : [];
    const boxes = found.length ? found : (mark.boxes ?? []);
    return boxes.map(([x0, y0, x1, y1]) =>
      [x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height].map((v) => v * 100),
    );
  }

  #plainBoxes(mark) {
    const frame = this.node.getBoundingClientRect();
    return plainRects(this.layer, mark.start, mark.end).map((r) =>
      [
        (r.left - frame.left) / frame.width,
        (r.top - frame.top) / frame.height,
        r.width / frame.width,
        r.height / frame.height,
      ].map((v) => v * 100),
    );
  }

  /** Show these marks: {start, end, boxes?, kind}. */
  draw(marks) {
    this.marks = marks;
    if (!this.layer) return;
    this.marksBox.replaceChildren(
      ...marks.flatMap((mark) => this.boxes(mark).map((box) => drawn(mark, box))),
    );
  }
}

function drawn(mark, [left, top, width, height]) {
  const node = el(`div.mark.is-${mark.kind}`);
  Object.assign(node.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
  return node;
}
