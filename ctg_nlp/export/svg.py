"""Bars as SVG, by hand: crisp in print, told apart by pattern and words, readable on a telephone.

Widths are per cent of the space there is and text has its own size, so that a narrow page does not shrink
it. Colours are classes of the page's style; nothing is told by them alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from textwrap import wrap

from ctg_nlp.export.charts import BARS, GROUPED, MOST_BARS, charted, figure, is_withheld
from ctg_nlp.export.contents import Chart
from ctg_nlp.export.layout import is_sum
from ctg_nlp.synthesis.shown import ShownCell, ShownRow

PATTERNS = 6
_LABEL_WIDTH = 30  # characters of a line of a label
_LINE, _BAR, _GAP = 17, 13, 12  # pixels
_LONGEST = 860  # pixels of a chart that still stands on one printed page, with its title
_SET_IN = 14  # pixels: names of places below their region
_SHORT = 8  # characters of a part's name that fits beside its bar
_BARS_TO = 50  # per cent of the width that grouped bars take; their figures stand right of it


def drawn(chart: Chart, key: str) -> str:
    """A chart of bars as SVG; `key` is its id on the page. The chart is text that is safe in HTML.

    One that is longer than a printed page is several, each with its axis; the words of the first name all.
    """
    named = f'role="img" aria-labelledby="{key}-title {key}-desc"'
    title = f'<title id="{key}-title">{escape(chart.title)}</title>'
    words = f'{title}<desc id="{key}-desc">{escape(chart.alt)}</desc>'
    made: list[str] = []
    for lines, height in _pieces(chart):
        inside = "".join(lines if made else (words, *lines))
        made.append(f'<svg class="bars" width="100%" height="{height}" {named}>{inside}</svg>')
    return "".join(made)


def _pieces(chart: Chart) -> Iterator[tuple[list[str], int]]:
    """The drawing and its height in pixels of each part of the chart that stands by itself."""
    table = chart.table
    rows = charted(table)[:MOST_BARS]
    each = len(table.columns) - 1 if chart.kind == GROUPED else 1
    pieces = max(1, math.ceil(len(rows) * (each * (_BAR + 4) + _LINE + _GAP) / _LONGEST))
    size = max(1, math.ceil(len(rows) / pieces))
    if chart.kind == BARS:
        end = ceiling([r.cells[0].share for r in rows if r.cells[0].share is not None])
    else:
        assert chart.kind == GROUPED
        end = ceiling([c.share for r in rows for c in r.cells[1:] if c.share is not None])
    for start in range(0, max(len(rows), 1), size):
        some = rows[start : start + size]
        yield _bars(some, end) if chart.kind == BARS else _grouped(some, table.columns[1:], end)


def ceiling(shares: Sequence[float]) -> int:
    """Where the axis ends, in per cent: 100, or less where all shares are small."""
    most = max(shares, default=100.0)
    return next(c for c in (10, 25, 50, 100) if most <= c or c == 100)


def _bars(rows: Sequence[ShownRow], end: int) -> tuple[list[str], int]:
    lines: list[str] = []
    y = 0
    for r in rows:
        label = wrap(r.label, _LABEL_WIDTH) or [""]
        lines += _label(label, y, r)
        lines.append(_text("100%", y + 12, figure(r.cells[0]), "figure", "end"))
        y += _LINE * len(label)
        lines += _bar(r.cells[0], y, end, 100, "p-missing" if r.missing else "p0")
        y += _BAR + _GAP
    return [*_grid(y, end, 100), *lines, *_axis(y, end, 100)], y + 18


def _grouped(rows: Sequence[ShownRow], parts: Sequence[str], end: int) -> tuple[list[str], int]:
    named = all(len(p) <= _SHORT for p in parts)
    lines: list[str] = []
    y = 0
    for r in rows:
        label = wrap(r.label, _LABEL_WIDTH + 8) or [""]
        lines += _label(label, y, r)
        y += _LINE * len(label)
        for n, (part, cell) in enumerate(zip(parts, r.cells[1:], strict=True)):
            lines += _bar(cell, y, end, _BARS_TO, f"p{n % PATTERNS}")
            said = f"{part}: {figure(cell)}" if named else figure(cell)
            lines.append(_text(f"{_BARS_TO + 2}%", y + 11, said, "figure small", "start"))
            y += _BAR + 4
        y += _GAP
    return [*_grid(y, end, _BARS_TO), *lines, *_axis(y, end, _BARS_TO)], y + 18


def _label(lines: Sequence[str], y: int, row: ShownRow) -> Iterator[str]:
    """The label of a row; of a region it is bold, of a place in it set in."""
    x, kind = str(_SET_IN if row.within else 0), "label strong" if is_sum(row) else "label"
    for n, line in enumerate(lines):
        yield _text(x, y + 12 + n * _LINE, line, kind, "start")


def _bar(cell: ShownCell, y: int, end: int, width: int, pattern: str) -> Iterator[str]:
    yield f'<rect class="track" x="0" y="{y}" width="{width}%" height="{_BAR}"/>'
    if cell.share is None:
        if is_withheld(cell):
            yield f'<rect class="withheld" x="0" y="{y}" width="{width}%" height="{_BAR}"/>'
        return
    share = round(cell.share / end * width, 2)
    if share > 0:
        looks = f'class="bar {pattern}" fill="url(#{pattern})"'
        yield f'<rect {looks} x="0" y="{y}" width="{share}%" height="{_BAR}"/>'


def _grid(height: int, end: int, width: int) -> Iterator[str]:
    for quarter in range(5):
        x = f"{width * quarter / 4:g}%"
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{height - 4}"/>'


def _axis(y: int, end: int, width: int) -> Iterator[str]:
    for quarter, anchor in ((0, "start"), (2, "middle"), (4, "end")):
        said = f"{end * quarter / 4:g} %"
        yield _text(f"{width * quarter / 4:g}%", y + 10, said, "tick", anchor)


def _text(x: str, y: int, said: str, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(said)}</text>'
