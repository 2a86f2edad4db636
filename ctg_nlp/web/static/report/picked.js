/** What is picked on the pages: selected text, or else the passage that the cursor stands on. */

import { byId } from "./dom.js";
import { slicer } from "./geometry.js";
import { selectByMouse, selected } from "./selection.js";

const SETTLED = 120; // milliseconds without a change: while one drags, a selection changes many times a second

export class Picked {
  /** `offer(rect)` is called where a bar may be shown, `withdraw()` where it may not. */
  constructor(paper, cursor, { offer, withdraw }) {
    Object.assign(this, { paper, cursor, offer, withdraw, chosen: [] });
    let timer;
    document.addEventListener("selectionchange", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#settle(), SETTLED);
    });
    selectByMouse(paper, (page, offset) => this.#click(page, offset));
    paper.scroller.addEventListener("scroll", withdraw, { passive: true });
  }

  /** The places picked, as {page, start, end}; more than one where a selection crosses pages. */
  get places() {
    if (this.chosen.length) return this.chosen;
    return this.cursor.place ? [this.cursor.place] : [];
  }

  /** The words of a place. */
  quoteOf(place) {
    return slicer(this.paper.sheets.get(place.page).data.text)(place.start, place.end);
  }

  forget() {
    document.getSelection().removeAllRanges();
    this.chosen = [];
    this.cursor.clear();
    this.withdraw();
  }

  #settle() {
    this.chosen = selected(this.paper);
    if (!this.chosen.length) return this.withdraw();
    this.cursor.clear();
    this.offer(document.getSelection().getRangeAt(0).getBoundingClientRect());
  }

  async #click(page, offset) {
    await this.cursor.stand(page, offset);
    const boxes = byId("sheets").querySelectorAll(".mark.is-cursor");
    if (boxes.length) this.offer(boxes[boxes.length - 1].getBoundingClientRect());
  }
}
