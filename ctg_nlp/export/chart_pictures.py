"""Charts as pictures for documents that cannot hold a drawing of their own: PNG, the same bytes each time.

Bars are told apart by hatching as well as by colour, and each carries its figure, so that nothing hangs on
colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from math import ceil
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctg_nlp.export.charts import GAP_MAP, MOST_BARS, charted, is_withheld
from ctg_nlp.export.contents import Chart
from ctg_nlp.export.layout import WITHHELD, counted
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7")  # Okabe and Ito (2008)
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++")
_EDGE = "#55534c"
_STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6,
    "svg.hashsalt": "ctg",
}  # fmt: skip
_DPI = 200
_WIDTH = 6.3  # inches: the text width of a page
_LONGEST = 8.6  # inches: what a page has room for below a title
_BAR, _LINE, _GAP = 0.17, 0.155, 0.1  # inches: a bar, a line of a label, the space between rows
_AROUND, _LEGEND = 0.55, 0.35  # inches: the axis with its name, and the names of parts
_LABEL = 34  # characters
_SET_IN = "    "  # before the name of a place below its region


def pictures(chart: Chart) -> tuple[bytes, ...]:
    """The chart as PNGs without a background, so that a watermark shows through: one, or several where it is
    longer than a page. A gap map is drawn as counts in squares, others as horizontal bars."""
    with rc_context(_STYLE):
        if chart.kind == GAP_MAP:
            return (_saved(_map(chart)),)
        rows = charted(chart.table)[:MOST_BARS]
        return tuple(_saved(_bars(chart, part)) for part in _pages(rows, len(chart.table.columns)))


def _saved(figure: Figure) -> bytes:
    content = BytesIO()
    figure.savefig(content, format="png", dpi=_DPI, metadata={"Software": None}, transparent=True)
    return content.getvalue()


def _pages(rows: Sequence[ShownRow], parts: int) -> Iterator[Sequence[ShownRow]]:
    """The rows, cut into as few pictures of about one length as pages have room for."""
    tall = sum(_tall(r, parts) for r in rows)
    room = _LONGEST - _AROUND - _LEGEND
    most = tall / ceil(tall / room) if tall else room
    page: list[ShownRow] = []
    for row in rows:
        if page and sum(_tall(r, parts) for r in page) + _tall(row, parts) / 2 > most:
            yield page
            page = []
        page.append(row)
    if page:
        yield page


def _rows(chart: Chart) -> list[ShownRow]:
    return [r for r in chart.table.rows if r.cells and r.kind is not RowKind.TOTAL]


def _tall(row: ShownRow, parts: int) -> float:
    """How much room a row takes, in inches: its bars, or its label where that has more lines."""
    return max(_BAR * parts, _LINE * len(_label(row).split("\n"))) + _GAP


def _label(row: ShownRow) -> str:
    before = _SET_IN if row.within else ""
    return before + fill(row.label, _LABEL).replace("\n", f"\n{before}")


def _bars(chart: Chart, rows: Sequence[ShownRow]) -> Figure:
    parts = chart.table.columns
    legend = _LEGEND * ceil(len(parts) / 4) if len(parts) > 1 else 0.0
    heights = [_tall(r, len(parts)) for r in rows]
    figure = Figure(figsize=(_WIDTH, sum(heights) + _AROUND + legend), layout="constrained")
    ax = figure.subplots()
    end = max(5.0, 1.15 * max((_length(c) for r in charted(chart.table) for c in r.cells), default=0))
    middles = [sum(heights[:n]) + heights[n] / 2 for n in range(len(rows))]
    for n, part in enumerate(parts):
        places = [y + (n - (len(parts) - 1) / 2) * _BAR for y in middles]
        look = {"color": _COLOURS[n % 6], "hatch": _HATCHES[n % 6], "edgecolor": "white"}
        cells = [row.cells[n] for row in rows]
        ax.barh(places, [_length(c) for c in cells], 0.9 * _BAR, label=part, **look)  # type: ignore[arg-type]
        for place, cell in zip(places, cells, strict=True):
            _tell(ax, cell, place, end, 7 if len(parts) > 2 else 8)
    _axes_of_bars(ax, rows, middles)
    ax.set_xlim(0, end)
    ax.set_ylim(sum(heights), 0)
    if len(parts) > 1:
        figure.legend(frameon=False, loc="outside upper center", ncols=4, fontsize=8)
    return figure


def _tell(ax: Axes, cell: ShownCell, place: float, end: float, size: int) -> None:
    """The figure beside a bar; for one that is withheld a dashed outline with the word in it."""
    if is_withheld(cell):
        outline = {"fill": False, "edgecolor": _EDGE, "linestyle": (0, (4, 3)), "linewidth": 0.8}
        ax.barh([place], [0.99 * end], 0.8 * _BAR, **outline)  # type: ignore[arg-type]
    said = WITHHELD if is_withheld(cell) else f"{cell.percent} %" if cell.percent else cell.n
    at = (_length(cell), place)
    ax.annotate(said, at, (3, 0), textcoords="offset points", va="center", fontsize=size)


def _axes_of_bars(ax: Axes, rows: Sequence[ShownRow], middles: Sequence[float]) -> None:
    ax.set_yticks(middles, [_label(r) for r in rows])
    for text, row in zip(ax.get_yticklabels(), rows, strict=True):
        if row.kind is RowKind.ANY_OF:
            text.set_fontweight("bold")
    ax.set_xlabel("Per cent")


def _length(cell: ShownCell) -> float:
    return cell.share or 0.0


def _map(chart: Chart) -> Figure:
    rows, parts = _rows(chart), chart.table.columns
    figure = Figure(figsize=(_WIDTH, min(9.0, 1.8 + 0.36 * len(rows))), layout="constrained")
    ax = figure.subplots()
    values = [[c.value or 0 for c in r.cells] for r in rows]
    most = max((v for line in values for v in line), default=0) or 1
    ax.imshow(values, cmap="Blues", vmin=0, vmax=most, aspect="auto")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row.cells):
            shade = "white" if (cell.value or 0) > 0.6 * most else "black"
            ax.text(x, y, counted(cell) or "0", ha="center", va="center", color=shade, fontsize=8)
    _axes_of_map(ax, rows, parts)
    return figure


def _axes_of_map(ax: Axes, rows: list[ShownRow], parts: tuple[str, ...]) -> None:
    ax.set_yticks(range(len(rows)), [fill(r.label, _LABEL) for r in rows])
    ax.set_xticks(range(len(parts)), [fill(p or "All", 16) for p in parts], rotation=45, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
