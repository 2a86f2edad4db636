/** Links between two dimensions as a matrix: a row for each code of the first, a column for each of the second. */

import { el } from "./dom.js";
import { answerInWords, signOf } from "./words.js";

function cell(session, dimension, id) {
  const item = dimension.codes.find((c) => c.id === id);
  const current = id === session.item?.id;
  const said = item.answer ?? (item.resolved === "conflict" ? "conflict" : item.resolved ? "others" : "open");
  const attributes = {
    class: `said-${said}`,
    tabindex: current ? "0" : "-1",
    "aria-current": current ? "true" : null,
    "aria-label": `${item.label}, ${answerInWords(item)}`,
    title: item.label,
    onclick: () => session.focus(dimension.id, id),
  };
  const offered = item.answer === null && item.suggestion?.suggested;
  const sign = el("span.code-sign", { "aria-hidden": "true", class: offered && "is-offered" }, signOf(item));
  return el("td", el(`button.code-button#code-${dimension.id}-${id}`, attributes, sign));
}

function present(session, dimensionId) {
  const first = session.state.dimensions.find((d) => d.id === dimensionId);
  return new Set((first?.codes ?? []).filter((c) => (c.answer ?? c.resolved) === "present").map((c) => c.id));
}

/** The matrix of a dimension of links; rows whose code is present stand out. */
export function matrix(session, dimension) {
  const { columns, rows, from } = dimension.links;
  const there = present(session, from);
  const head = el("tr", el("td"), ...columns.map((label) => el("th.small", { scope: "col" }, label)));
  const lines = rows.map((row) =>
    el(
      "tr",
      { class: there.has(row.id) ? "is-there" : "is-not-there" },
      el("th.small", { scope: "row" }, row.label, there.has(row.id) && el("span.sr", " (present)")),
      ...row.codes.map((id) => cell(session, dimension, id)),
    ),
  );
  const table = el("table.matrix", el("caption.sr", dimension.title), el("thead", head), el("tbody", ...lines));
  return el("div.matrix-scroll", table);
}
