/** The passage cursor: a passage picked by the arrow keys or a click, so that evidence needs no mouse. */

export class Cursor extends EventTarget {
  constructor(paper) {
    super();
    this.paper = paper;
    this.place = null; // {page, first, last, start, end}: first and last are places in the page's passages
  }

  clear() {
    if (!this.place) return;
    this.place = null;
    this.dispatchEvent(new Event("move"));
  }

  async #passages(page) {
    const data = await this.paper.sheets.get(page)?.read();
    return data ? data.passages : null;
  }

  async #put(page, first, last) {
    const passages = await this.#passages(page);
    const [start, end] = [passages[first][0], passages[last][1]];
    this.place = { page, first, last, start, end };
    this.dispatchEvent(new Event("move"));
  }

  /** Stand on the passage that holds an offset of a page. */
  async stand(page, offset) {
    const passages = await this.#passages(page);
    if (!passages?.length) return;
    const found = passages.findIndex(([, end]) => offset < end);
    const index = found < 0 ? passages.length - 1 : found;
    await this.#put(page, index, index);
  }

  /** Take the next passage in, or let the last one go (step -1). */
  async extend(step) {
    if (!this.place) return this.move(step);
    const { page, first, last } = this.place;
    const passages = await this.#passages(page);
    const next = Math.min(Math.max(last + step, first), passages.length - 1);
    await this.#put(page, first, next);
  }

  /** Go to the next (1) or previous (-1) passage, over the ends of pages; `begin` is where to start. */
  async move(step, begin = null) {
    if (!this.place)
      return begin ? this.stand(begin.page, begin.start) : this.#enter(this.paper.current, step);
    const { page, first, last } = this.place;
    const passages = await this.#passages(page);
    const next = step > 0 ? last + 1 : first - 1;
    if (passages && next >= 0 && next < passages.length) return this.#put(page, next, next);
    return this.#enter(page + step, step);
  }

  async #enter(page, step) {
    for (let n = page; this.paper.sheets.has(n); n += step) {
      const passages = await this.#passages(n);
      if (!passages?.length) continue;
      const index = step > 0 ? 0 : passages.length - 1;
      return this.#put(n, index, index);
    }
  }
}
