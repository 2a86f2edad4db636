/** Turning what a coder did into jobs of the outbox. */

import { withAct, withReply } from "./answers.js";
import { get, post } from "./api.js";
import { askCure } from "./asking.js";
import { byId, say } from "./dom.js";

const SAYS = { saving: "Saving …", saved: "Saved", failing: "Not saved, trying again" };

/** Show how far saving has come. */
export function showSaving(status, words = "") {
  const node = byId("saving");
  node.dataset.status = status;
  node.textContent = words ? `${SAYS[status]}: ${words}` : SAYS[status];
}

/** Show a problem until the next act. */
export function showProblem(words) {
  const node = byId("problem");
  node.textContent = words;
  node.hidden = !words;
}

export class Sender {
  constructor(session, outbox, reportId) {
    Object.assign(this, { session, outbox, reportId, address: `/api/reports/${reportId}` });
    this.done = new Map(); // act id -> where it was done, so that undo can go there
    session.jobs = outbox.pending;
  }

  #put(job) {
    showProblem("");
    this.outbox.add(job);
    this.session.rebase();
  }

  #taken(reply) {
    this.session.rebase(withReply(this.session.base, reply));
  }

  async #restore(error) {
    showProblem(error.message);
    say(error.message);
    const base = await get(this.address).catch(() => this.session.base);
    this.session.rebase(base);
    return null;
  }

  /** Send an answer. `act` holds dimension, code, answer, value, note, `shown` (evidence with quotes) and seconds. */
  answer(act) {
    const made = {
      kind: "answer",
      replace: false,
      assisted: this.session.state.model_id !== null,
      model_id: this.session.state.model_id ?? "",
      ...act,
      act_id: crypto.randomUUID(),
    };
    this.done.set(made.act_id, { dimension: made.dimension, code: made.code ?? this.session.codeId });
    this.#put(this.#actJob(made));
  }

  #actJob(act) {
    const { shown = [], ...wire } = act;
    const evidence = shown.flatMap((e) => e.spans.map(([page, start, end]) => ({ page, start, end })));
    return {
      send: () => post(`${this.address}/acts`, { ...wire, evidence }),
      apply: (state) => withAct(state, act),
      done: (reply) => this.#taken(reply),
      refused: (error) => (error.status === 409 ? this.#cured(act, error) : this.#restore(error)),
      dropped: () => this.session.rebase(),
    };
  }

  /** The framework forbids it: ask whether to do what it needs; the code comes back into view. */
  async #cured(act, error) {
    this.session.focus(act.dimension, act.code);
    if (!(await askCure(error.message, error.cure))) {
      say("Left as it was.");
      return null;
    }
    const again = { ...act, act_id: crypto.randomUUID(), replace: true };
    this.done.set(again.act_id, { dimension: act.dimension, code: act.code });
    return this.#actJob(again);
  }

  /** Make all open codes of a dimension absent. */
  restAbsent(dimension, seconds) {
    this.answer({
      kind: "rest_absent",
      dimension,
      code: null,
      answer: "absent",
      value: null,
      note: "",
      shown: [],
      seconds,
    });
  }

  /** Undo the last act that the server holds once all before this is sent; `undone(words, place)` is called then. */
  undo(undone) {
    let target;
    this.#put({
      send: () => {
        target ??= this.session.base.undo;
        return target ? post(`${this.address}/undo`, { act_id: target.act_id }) : Promise.resolve({});
      },
      apply: (state) => state,
      done: (reply) => {
        this.#taken(reply);
        undone(
          target?.words,
          target && (this.done.get(target.act_id) ?? { dimension: reply.dimension?.id, code: null }),
        );
      },
      refused: (error) => this.#restore(error),
    });
  }

  /** Keep a memo, or with a label and a dimension an inductive code. */
  memo(memo) {
    const made = { memo_id: crypto.randomUUID(), ...memo };
    this.done.set(made.memo_id, { dimension: made.dimension ?? this.session.dimensionId, code: made.code });
    this.#put({
      send: () => post(`${this.address}/memos`, made),
      apply: (state) => state,
      done: (reply) => this.#taken(reply),
      refused: (error) => this.#restore(error),
    });
  }

  deleteMemo(memoId) {
    this.#put({
      send: () => post(`/api/memos/${memoId}/delete`, {}),
      apply: (state) => ({ ...state, memos: state.memos.filter((m) => m.memo_id !== memoId) }),
      done: (reply) => this.#taken(reply),
      refused: (error) => this.#restore(error),
    });
  }
}
