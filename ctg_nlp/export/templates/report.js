// Opens the reports behind a number. Everything that came from reports or people is written as text, never as mark-up.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const byId = (id) => document.getElementById(id);
  const panel = byId("panel");
  let data = null;

  const behind = () => (data ??= JSON.parse(byId("behind").textContent));

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function drawing(name, values) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
    return made;
  }

  function picture(place) {
    const [top, width, height] = behind().clips[place.clip];
    const area = { x: 0, y: top, width, height };
    const label = `Page ${place.page}, with the passage marked`;
    const made = drawing("svg", { viewBox: `0 ${top} ${width} ${height}`, class: "place", role: "img", "aria-label": label });
    const content = byId(`picture-${place.clip}`).textContent;
    made.append(drawing("image", { ...area, href: `data:image/webp;base64,${content}` }));
    for (const [x0, y0, x1, y1] of place.boxes) {
      made.append(drawing("rect", { x: x0 - 1, y: y0 - 1, width: x1 - x0 + 2, height: y1 - y0 + 2, rx: 1.5 }));
    }
    return made;
  }

  function evidence(quote) {
    const made = element("figure", "", "evidence");
    made.append(element("blockquote", quote.text));
    if (!quote.places.length) made.append(element("figcaption", "As given: it was not found on the pages word for word."));
    let last = null;
    for (const place of quote.places) {
      if (place.page !== last) made.append(element("figcaption", `Page ${place.page}`));
      last = place.page;
      if (place.clip !== undefined) {
        const around = element("div", "", "around");
        around.tabIndex = 0; // on a telephone the picture is wider than the page
        around.append(picture(place));
        made.append(around);
      }
    }
    return made;
  }

  function answer(said) {
    const made = element("div");
    const who = element("p", "", "who");
    const role = said.role === "coder" ? "" : ` (${said.role})`;
    who.append(element("strong", `${said.who}${role}: `), `${said.answer}`);
    if (said.note) who.append(" – ", element("span", said.note, "note-text"));
    made.append(who);
    for (const n of said.quotes ?? []) made.append(evidence(behind().quotes[n]));
    return made;
  }

  function answers(report, questions) {
    const made = [];
    const source = behind().reports[report];
    if (source.unseen) made.push(element("p", source.unseen, "note"));
    for (const question of questions) {
      const said = behind().said[`${report}/${question}`] ?? [];
      if (!said.length) continue;
      const part = element("div", "", "said");
      part.append(element("h3", behind().questions[question]), ...said.map(answer));
      made.push(part);
    }
    return made;
  }

  function line(report, cell) {
    const source = behind().reports[report];
    const item = element("li");
    const details = element("details");
    const summary = element("summary");
    if (source.group) summary.append(element("strong", source.group));
    summary.append(element("span", source.name));
    if (source.cohort) summary.append(` · cohort ${source.cohort}`);
    details.append(summary);
    const fill = () => {
      if (details.childElementCount === 1) details.append(...answers(report, cell.questions));
    };
    details.addEventListener("toggle", fill);
    item.append(details);
    return item;
  }

  function show(key) {
    const cell = behind().cells[key];
    const blind = cell.blind ?? 0;
    const n = cell.reports.length + blind;
    byId("panel-title").textContent = cell.title;
    const unlisted = `, ${blind} of them not listed before somebody has finished coding blind`;
    byId("panel-count").textContent = (n === 1 ? "1 report" : `${n} reports`) + (blind ? unlisted : "");
    byId("panel-reports").replaceChildren(...cell.reports.map((report) => line(report, cell)));
    panel.querySelector("details")?.setAttribute("open", "");
    panel.showModal();
    panel.scrollTop = 0;
    byId("panel-title").focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-cell]");
    if (button) show(button.dataset.cell);
    else if (event.target === panel) panel.close();
  });
  byId("panel-close").addEventListener("click", () => panel.close());
  byId("panel-all").addEventListener("click", () => {
    for (const details of panel.querySelectorAll("details")) details.open = true;
  });
})();
