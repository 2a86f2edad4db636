"""Tables of a Word document: their blocks, widths and cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from ctg_nlp.export import docx_parts as parts
from ctg_nlp.export.layout import WITHHELD, Layout, printable, spans
from ctg_nlp.synthesis.shown import ShownTable

_SET_IN_CM = 0.5  # labels of places below their region
_LONG_WORD = 22  # characters; longer ones are broken
_PARTS = 8  # columns of a table by parts; more are written below each other
_TOGETHER = 20  # rows: a table with more may go over a page


def fill(document: Document, layout: Layout, shown: ShownTable, width: float) -> None:
    """Write a table of `width` cm with its description for screen readers."""
    table = grid(document, layout, width, _widths(layout, width))
    parts.mark_table(table, printable(shown.caption), printable(" ".join(shown.notes) or shown.title))


def blocks(layout: Layout) -> Iterator[Layout]:
    """A table that is too wide for a page, cut into several with the same rows."""
    for start in range(1, max(len(layout.columns), 2), _PARTS):
        end = start + _PARTS
        rows = tuple(replace(r, cells=r.cells[start - 1 : end - 1]) for r in layout.rows)
        yield Layout((layout.columns[0], *layout.columns[start:end]), rows, ())


def _widths(layout: Layout, width: float) -> tuple[float, ...]:
    """Of each column in cm: by what it holds, at least its longest word; the labels get the rest."""
    needs = [_need(layout, n) for n in range(len(layout.columns) - 1)]
    room = width - max(0.25 * width, 4.0)
    least, wanted = sum(x for x, _ in needs), sum(x for _, x in needs)
    if least > room:
        kept = tuple(x * room / least for x, _ in needs)
    else:
        spare = min(1.0, (room - least) / (wanted - least)) if wanted > least else 0.0
        kept = tuple(x + spare * (y - x) for x, y in needs)
    return (width - sum(kept), *kept)


def _need(layout: Layout, column: int) -> tuple[float, float]:
    """What a column cannot do without, and what it would have, in cm."""
    heading, cells = layout.columns[column + 1], [r.cells[column] for r in layout.rows]
    words = [w for text in (heading, *cells) for w in _unbroken(text).split(" ")]
    longest = min(max(map(len, words), default=0), _LONG_WORD)
    whole = max((len(text) for text in cells), default=0)
    least = 0.21 * longest + 0.45
    return least, max(least, min(0.19 * max(whole, min(len(heading), 10)) + 0.45, 5.5))


def grid(document: Document, layout: Layout, width: float, widths: tuple[float, ...]) -> Table:
    """A table without a description, its columns of these `widths` in cm."""
    table: Table = document.add_table(rows=1 + len(layout.rows), cols=len(layout.columns))
    table.autofit = False
    parts.rule_table(table)
    small = len(layout.columns) > 5
    right = _figures(layout)
    # Cells are taken once: asking python-docx for each by its place takes quadratic time.
    lines = [row.cells for row in table.rows]
    for cell, text, right_hand in zip(lines[0], layout.columns, (False, *right), strict=True):
        _write(cell.paragraphs[0], text, bold=True, right=right_hand, small=small)
        parts.shade(cell, "E8ECF3")
    reach = spans([None if row.heading else row.label for row in layout.rows])
    for cells, row, span in zip(lines[1:], layout.rows, reach, strict=True):
        strong = row.heading or row.total
        _write(cells[0].paragraphs[0], row.label if span else "", bold=strong, small=small)
        if row.within:
            cells[0].paragraphs[0].paragraph_format.left_indent = Cm(_SET_IN_CM)
        for cell, text, right_hand in zip(cells[1:], row.cells, right, strict=True):
            _write(cell.paragraphs[0], text, bold=row.total, right=right_hand, small=small)
    for n, cells in enumerate(lines[:-1]):
        if n == 0 or len(lines) <= _TOGETHER and not small or layout.rows[n - 1].heading:
            cells[0].paragraphs[0].paragraph_format.keep_with_next = True
    _set_widths(table, lines, widths)
    for n, span in enumerate(reach, start=1):
        if span > 1:
            lines[n][0].merge(lines[n + span - 1][0])
    return table


def _set_widths(table: Table, lines: list[tuple[_Cell, ...]], widths: tuple[float, ...]) -> None:
    for cells in lines:
        for cell, wide in zip(cells, widths, strict=True):
            cell.width = Cm(wide)
    for column, wide in zip(table.columns, widths, strict=True):
        column.width = Cm(wide)


def _figures(layout: Layout) -> list[bool]:
    """For each column but the first whether it holds figures, which stand to the right."""
    said = [[r.cells[n] for r in layout.rows] for n in range(len(layout.columns) - 1)]
    return [any(column) and all(_numeric(text) for text in column) for column in said]


def _write(line: Paragraph, text: str, *, bold: bool = False, right: bool = False, small: bool) -> None:
    line.style = "Table Text Small" if small else "Table Text"
    line.add_run(_unbroken(printable(text))).bold = bold or None
    if right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _unbroken(text: str) -> str:
    """Figures on one line: "60 of 129 (46.5)" must not be parted before its percentage."""
    return text.replace(" ", "\u00a0") if _numeric(text) else text.replace(" (of ", " (of\u00a0")


def _numeric(text: str) -> bool:
    return text == WITHHELD or len(text) < 20 and not any(c.isalpha() for c in text.replace(" of ", ""))
