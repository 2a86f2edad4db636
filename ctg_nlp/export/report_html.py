"""The report as one HTML page that needs nothing else: no other file, no network, no program but a browser.

A content security policy in the page allows its one style and its one script by their hashes, and pictures
that are in the page; nothing else is loaded or run, whatever a report or a note may hold.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape

from ctg_nlp.export.charts import charted, is_gap, is_open, is_withheld
from ctg_nlp.export.contents import Contents, Figure, Section
from ctg_nlp.export.drawing_svg import svg_of
from ctg_nlp.export.drilldown import Behind, NumberKey, as_json, cell_id, picture_texts
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.files import whole_file
from ctg_nlp.export.layout import filled, reach, stub
from ctg_nlp.export.svg import PATTERNS, drawn
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

_BESIDE, _NARROW = 30, 28  # lines of a table beside its chart in print, and characters of each
_TOGETHER = 24  # rows of a table that is not parted in print
_CIRCLE = (8.0, 21.0)  # pixels: the radius of the smallest and largest circle of a gap map


@dataclass(frozen=True, slots=True)
class Form:
    """Which columns a table has under each part, besides the number or text."""

    percent: bool
    of: bool
    undecided: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Their headings."""
        chosen = (("Per cent", self.percent), ("Of", self.of), ("Undecided", self.undecided))
        return ("No.", *(name for name, there in chosen if there))


def write_html(path: Path, contents: Contents, behind: Behind | None = None) -> None:
    """Write the page of an edition. The same contents make the same bytes.

    Raises `HomeError` where it cannot be written.
    """
    page = html_of(contents, behind)
    with whole_file(path) as file:
        file.write(page)


def html_of(contents: Contents, behind: Behind | None = None) -> str:
    """The page. Only the internal edition may have something behind its numbers."""
    internal = contents.edition is Edition.INTERNAL
    if behind is not None and not internal:
        raise ValueError("what is behind the numbers belongs to the internal edition alone")
    shown = internal and behind is not None
    environment = Environment(
        loader=PackageLoader("ctg_nlp.export"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = _source(environment, "report.css") + _running(contents)
    script = _source(environment, "report.js")
    return environment.get_template("report.html").render(
        contents=contents,
        internal=internal,
        opens=shown,
        edition_words=contents.edition_words,
        style=style,
        script=script,
        policy=_policy(style, script if shown else ""),
        openable=_openable(behind.cells) if behind is not None else frozenset(),
        data=_in_script(as_json(behind)) if behind is not None else "",
        pictures=picture_texts(behind) if behind is not None else (),
        **_WAYS,
    )


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _policy(style: str, script: str) -> str:
    run = f"script-src {_hash(script)}; " if script else ""
    rest = "img-src data:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; {run}style-src {_hash(style)}; {rest}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_script(value: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _running(contents: Contents) -> str:
    """What stands in the margins of printed pages, and the watermark."""
    title, status = _css(contents.title), _css(contents.status)
    marks = _css(" – ".join(contents.marks))
    font = "font: 8.5pt system-ui, sans-serif; color: #444"
    return (
        f":root {{ --status: {status} }}\n"
        f"@page {{ size: A4; margin: 18mm 15mm 16mm; @top-left {{ content: {title}; {font} }} "
        f"@top-right {{ content: {marks}; {font}; font-weight: 700 }} "
        f'@bottom-right {{ content: "Page " counter(page) " of " counter(pages); {font} }} }}\n'
        "@page :first { @top-left { content: none } }\n"
        "@page wide { size: A4 landscape }\n"
    )


def _css(text: str) -> str:
    """A text as a string of CSS."""
    escaped = (c if c.isalnum() or c == " " else f"\\{ord(c):06x} " for c in text)  # it takes one space
    return f'"{"".join(escaped)}"'


def _openable(cells: Mapping[NumberKey, Any]) -> frozenset[NumberKey]:
    return frozenset(key for key, cell in cells.items() if cell.reports or cell.blind)


def form_of(table: ShownTable) -> Form:
    """Numbers of undecided reports are shown where there are any, and what percentages are of where it is
    not the same in the whole of a part, which then says it in its heading."""
    cells = [c for r in table.rows for c in r.cells if c.percent or c.undecided]
    undecided = any(c.undecided not in ("", "0") for c in cells)
    uneven = any(len(_ofs(table, n)) > 1 for n in range(len(table.columns)))
    return Form(bool(cells), undecided or uneven, undecided)


def of_part(table: ShownTable, column: int) -> str:
    """What all percentages of a part are of; empty where that differs or there are none."""
    told = _ofs(table, column)
    return told.pop() if len(told) == 1 else ""


def _ofs(table: ShownTable, column: int) -> set[str]:
    return {r.cells[column].of for r in table.rows if r.cells and r.cells[column].of}


def bodies(table: ShownTable) -> Iterator[list[tuple[int, ShownRow]]]:
    """The rows with their places, cut where a heading stands over some of them."""
    body: list[tuple[int, ShownRow]] = []
    for i, row in enumerate(table.rows):
        if row.kind is RowKind.GROUP and body:
            yield body
            body = []
        body.append((i, row))
    if body:
        yield body


def radius(cell: ShownCell, table: ShownTable) -> float:
    """The radius of a circle whose area grows with the number, in pixels."""
    most = max((c.value or 0 for r in charted(table) for c in r.cells[1:]), default=1)
    least, largest = _CIRCLE
    return round(max(least, largest * math.sqrt((cell.value or 0) / max(most, 1))), 1)


def gap_open(table: ShownTable) -> bool:
    """Whether a cell of a gap map is not yet known to be a gap."""
    return any(is_open(c) for r in charted(table) for c in r.cells[1:])


def has_missing(table: ShownTable) -> bool:
    """Whether a row counts reports that do not tell."""
    return any(r.missing for r in charted(table))


def has_withheld(table: ShownTable) -> bool:
    """Whether a bar is not shown, so that nobody can be told by it."""
    return any(is_withheld(c) for r in charted(table) for c in r.cells)


def breakable(label: str) -> str:
    """A label that may be broken after a stroke, as of "pupils/students"."""
    return label.replace("/", "/\u200b")


def long(table: ShownTable) -> bool:
    """Whether a table has more rows than are kept together on a printed page."""
    return len(table.rows) > _TOGETHER


def short(table: ShownTable) -> bool:
    """Whether a table and its chart stand side by side on a printed page, kept together."""
    return sum(1 + len(r.label) // _NARROW for r in table.rows) <= _BESIDE


def words(text: str) -> Markup:
    """A text that may be broken after a point or stroke, so that an id such as "size.4_to_7" is not broken
    within its parts; what is copied from the page is the text itself."""
    return Markup(re.sub(r"([./])(?=\w)", r"\1<wbr>", str(escape(text))))  # noqa: S704 - escaped before


def figure_svg(figure: Figure, name: str) -> Markup:
    """A drawing as it stands in the page."""
    return Markup(svg_of(figure.drawing, name))  # noqa: S704 - what is text in it was escaped


def outline(sections: Sequence[Section]) -> list[tuple[Section, list[Section]]]:
    """The sections that the list of contents has: each of the first level with those of the second in it."""
    found: list[tuple[Section, list[Section]]] = []
    for section in sections:
        if section.level == 1 or not found:
            found.append((section, []))
        elif section.level == 2:
            found[-1][1].append(section)
    return found


def anchor(section: Section) -> str:
    """The section's address on the page."""
    return f"section-{section.id}"


_WAYS: dict[str, Any] = {
    "form_of": form_of, "bodies": bodies, "radius": radius, "gap_open": gap_open, "has_missing": has_missing,
    "anchor": anchor, "figure_svg": figure_svg, "is_gap": is_gap, "is_open": is_open, "cell_id": cell_id,
    "drawn": drawn, "patterns": PATTERNS, "has_withheld": has_withheld, "breakable": breakable,
    "long": long, "short": short, "words": words, "stub": stub, "filled": filled,
    "reach": reach, "outline": outline, "of_part": of_part,
}  # fmt: skip
