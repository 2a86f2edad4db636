/** The pages of the report: which are near, going to a place, marks, and zoom. */

import { byId, el } from "./dom.js";
import { Sheet } from "./sheet.js";

const ZOOM = "ctg.zoom";

export class Paper {
  constructor(reportId, pages) {
    this.scroller = byId("sheets");
    this.sheets = new Map(pages.map((p) => [p.number, new Sheet(reportId, p)]));
    this.inner = el("div.sheets-inner", ...[...this.sheets.values()].map((s) => s.node));
    this.scroller.replaceChildren(this.inner);
    this.zoom(Number(localStorage.getItem(ZOOM)) || 1);
    this.#watch();
    byId("larger").addEventListener("click", () => this.zoom(this.scale * 1.15));
    byId("smaller").addEventListener("click", () => this.zoom(this.scale / 1.15));
    this.scroller.addEventListener("scroll", () => this.#tellWhere(), { passive: true });
    this.scroller.addEventListener("plain", () => this.goal && this.goTo(this.goal));
    new ResizeObserver(() => this.sheets.forEach((s) => s.plain && s.draw(s.marks))).observe(this.scroller);
    this.#tellWhere();
  }

  #watch() {
    const seen = (entries) => {
      for (const entry of entries) {
        const sheet = this.sheets.get(Number(entry.target.dataset.page));
        if (entry.isIntersecting) sheet.approach();
        else if (sheet.near) sheet.recede();
      }
    };
    const observer = new IntersectionObserver(seen, { root: this.scroller, rootMargin: "120% 0px" });
    this.sheets.forEach((s) => observer.observe(s.node));
  }

  /** Make pages this many times as wide; kept in this browser. */
  zoom(scale) {
    const middle = this.scroller.scrollTop / (this.scroller.scrollHeight || 1);
    this.scale = Math.min(3, Math.max(0.5, scale));
    localStorage.setItem(ZOOM, String(this.scale));
    this.scroller.style.setProperty("--zoom", String(this.scale));
    this.scroller.scrollTop = middle * this.scroller.scrollHeight;
  }

  /** The number of the page in the upper half of the view. */
  get current() {
    const line = this.scroller.getBoundingClientRect().top + this.scroller.clientHeight * 0.4;
    for (const [number, sheet] of this.sheets)
      if (sheet.node.getBoundingClientRect().bottom > line) return number;
    return this.sheets.size;
  }

  #tellWhere() {
    this.told ??= requestAnimationFrame(() => {
      this.told = null;
      byId("paper-where").textContent = `Page ${this.current} of ${this.sheets.size}`;
    });
  }

  /** Scroll to a place, {page, start, end}; nothing moves where it can be seen well already. */
  async goTo(place) {
    const sheet = this.sheets.get(place.page);
    if (!sheet) return;
    this.goal = place;
    if (!sheet.boxes(place).length) await sheet.read().catch(() => null);
    if (this.goal !== place) return; // the coder has gone on meanwhile
    const boxes = sheet.boxes(place);
    const share = boxes.length ? boxes[0][1] / 100 : 0;
    const top = sheet.node.offsetTop + share * sheet.node.offsetHeight;
    const from = this.scroller.scrollTop;
    const high = this.scroller.clientHeight;
    if (top > from + high * 0.08 && top < from + high * 0.62) return;
    this.scroller.scrollTo({ top: Math.max(0, top - high * 0.28), left: 0 });
  }

  /** Show marks, given by page: Map of page number to list. */
  draw(byPage) {
    for (const [number, sheet] of this.sheets) sheet.draw(byPage.get(number) ?? []);
  }
}
