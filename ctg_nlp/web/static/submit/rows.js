/** The table of files sent now: a row for each, from waiting to its verdict. */

const table = document.getElementById("sent");
const READABLE = /\.(?:pdf|docx?|odt|rtf)$/i;
const SIZES = ["bytes", "kB", "MB"];

/** One file's row. `retry` is called where the person asks for it to be sent again. */
export class Row {
  constructor(path, size, retry) {
    this.path = path;
    this.retry = retry;
    this.cell = element("td", { className: "wrap" });
    const name = element("th", { scope: "row", className: "wrap", textContent: path });
    const row = element("tr", {}, name, element("td", { className: "num", textContent: inWords(size) }), this.cell);
    table.hidden = false;
    table.querySelector("tbody").append(row);
    this.waits(READABLE.test(path) ? "" : "It is no PDF by its name; it is sent all the same.");
  }

  waits(note = "") {
    this.#shows(["waits to be sent"], note);
  }

  progress(share) {
    if (!this.bar) {
      this.bar = element("progress", { className: "bar", max: 1 });
      this.bar.setAttribute("aria-label", `${this.path} being sent`);
      this.cell.replaceChildren(this.bar);
    }
    this.bar.value = share;
  }

  received() {
    this.#shows(["received, waits to be read"]);
  }

  failed(why) {
    this.#shows(["not sent", "is-bad"], why);
    if (!this.retry) return;
    const again = element("button", { type: "button", textContent: "Send again" });
    again.setAttribute("aria-label", `Send ${this.path} again`);
    again.addEventListener("click", this.retry);
    this.cell.append(" ", again);
  }

  /** Show what the intake said: {verdict, message, report_id}; `before` where the content was known already. */
  verdict({ verdict, message, report_id: reportId }, before = false) {
    const place = reportId && verdict !== "withdrawn" ? `/reports/${reportId}` : "";
    this.#shows([verdict, kindOf(verdict)], before ? `Received before. ${message}`.trim() : message, place);
  }

  #shows([words, kind = ""], note = "", place = "") {
    this.bar = null;
    const badge = element("span", { className: `badge ${kind}`, textContent: words });
    this.cell.replaceChildren(badge);
    if (note) this.cell.append(" ", element("span", { className: "small", textContent: note }));
    if (!place) return;
    const link = element("a", { href: place, textContent: "Open" });
    link.setAttribute("aria-label", `Open ${this.path}`);
    this.cell.append(" ", link);
  }
}

function kindOf(verdict) {
  if (verdict === "accepted") return "is-good";
  if (/^(?:refused|failed|erased)/.test(verdict)) return "is-bad";
  return verdict === "withdrawn" ? "" : "is-warn";
}

function inWords(size) {
  const step = size < 1000 ? 0 : size < 1e6 ? 1 : 2;
  return `${(size / 1000 ** step).toLocaleString("en", { maximumFractionDigits: 1 })}\u00a0${SIZES[step]}`;
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
