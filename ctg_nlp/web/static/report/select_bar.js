/** The small bar at a passage marked by mouse or finger. */

import { byId, el, key, shortly } from "./dom.js";

const MARGIN = 8; // pixels to the edge of the window

function button(words, name, act) {
  return el("button.button-quiet", { onclick: act }, words, key(name));
}

function put(bar, rect) {
  const { offsetWidth: wide, offsetHeight: high } = bar;
  const below = rect.bottom + MARGIN + high < innerHeight;
  bar.style.top = `${below ? rect.bottom + MARGIN : Math.max(MARGIN, rect.top - high - MARGIN)}px`;
  bar.style.left = `${Math.max(MARGIN, Math.min(rect.left, innerWidth - wide - MARGIN))}px`;
}

export class SelectBar {
  constructor(actions) {
    this.bar = byId("select-bar");
    this.actions = actions;
    this.bar.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
  }

  /** Show it at a rectangle of the window, for the code in view. */
  show(rect, label) {
    const { actions } = this;
    const run = (act) => () => {
      this.hide();
      act();
    };
    this.bar.replaceChildren(
      button(`Evidence for “${shortly(label, 34)}”`, "s", run(actions.addEvidence)),
      button("Another code …", "c", run(actions.choose)),
      button("New code …", "i", run(actions.inductive)),
      button("Memo …", "m", run(actions.memo)),
    );
    this.bar.hidden = false;
    put(this.bar, rect);
  }

  hide() {
    this.bar.hidden = true;
  }
}
