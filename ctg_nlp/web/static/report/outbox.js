/** Acts on their way to the server: one at a time, in order, tried again under the same id until answered. */

import { Failure } from "./api.js";

const FIRST = 600; // milliseconds before the second try; doubled each time
const LONGEST = 15000;

/**
 * A job is {send: async () => reply, apply: state => state, done: reply => void, refused: async refusal => job|null}.
 * `refused` may give a job to be sent instead. `changed(status, words)` hears "saving", "saved" or "failing".
 */
export class Outbox {
  constructor(changed) {
    this.jobs = [];
    this.changed = changed;
    this.running = false;
    this.waiters = [];
    addEventListener("online", () => this.wake?.());
  }

  /** Jobs that the server has not acknowledged. */
  get pending() {
    return this.jobs;
  }

  add(job) {
    this.jobs.push(job);
    this.changed("saving");
    if (!this.running) this.#run();
  }

  /** Resolves once nothing is left to be sent. */
  idle() {
    return this.jobs.length ? new Promise((resolve) => this.waiters.push(resolve)) : Promise.resolve();
  }

  async #run() {
    this.running = true;
    while (this.jobs.length) await this.#deliver(this.jobs[0]);
    this.running = false;
    this.changed("saved");
    this.waiters.splice(0).forEach((resolve) => resolve());
  }

  async #deliver(job) {
    for (let wait = FIRST; ; wait = Math.min(wait * 2, LONGEST)) {
      try {
        const reply = await job.send();
        this.jobs.shift();
        job.done(reply);
        return;
      } catch (error) {
        if (!(error instanceof Failure)) return this.#refused(job, error);
        this.changed("failing", error.message);
        await this.#pause(wait);
      }
    }
  }

  async #refused(job, error) {
    const instead = await job.refused(error);
    if (instead) this.jobs[0] = instead;
    else this.jobs.shift();
    job.dropped?.();
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, milliseconds);
    });
  }
}
