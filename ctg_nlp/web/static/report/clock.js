/** How long a code was the current one while the tab could be seen. */

const LONGEST = 86400; // seconds; more than a day is no time spent on a code

export class Clock {
  #spent = 0;
  #since = document.hidden ? null : performance.now();

  constructor() {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.#start()));
  }

  #start() {
    this.#since ??= performance.now();
  }

  #stop() {
    if (this.#since !== null) this.#spent += performance.now() - this.#since;
    this.#since = null;
  }

  /** Begin at zero. */
  reset() {
    this.#spent = 0;
    if (this.#since !== null) this.#since = performance.now();
  }

  /** Seconds since the last reset or take, which begins at zero again. */
  take() {
    const running = this.#since === null ? 0 : performance.now() - this.#since;
    const seconds = (this.#spent + running) / 1000;
    this.reset();
    return Math.min(Math.round(seconds * 10) / 10, LONGEST);
  }
}
