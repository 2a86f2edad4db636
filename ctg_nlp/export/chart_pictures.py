"""Charts as pictures for documents that cannot hold a drawing of their own: PNG, the same bytes each time.

Bars are told apart by hatching as well as by colour, and each carries its figure, so that nothing hangs on
colour alone.
"""

from __future__ import annotations

from io import BytesIO
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctg_nlp.export.contents import Chart
from ctg_nlp.export.layout import counted
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7")  # Okabe and Ito (2008)
_HATCHES = ("", "///", "...", "xxx", "\\\\\\", "+++")
_STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6,
    "svg.hashsalt": "ctg",
}  # fmt: skip
_DPI = 200
_WIDTH = 6.3  # inches: the text width of a page
_LABEL = 34  # characters


def picture(chart: Chart) -> bytes:
    """The chart as a PNG. A gap map is drawn as counts in squares, others as horizontal bars."""
    with rc_context(_STYLE):
        figure = _map(chart) if chart.kind == "gap map" else _bars(chart)
        content = BytesIO()
        figure.savefig(content, format="png", dpi=_DPI, metadata={"Software": None})
    return content.getvalue()


def _rows(chart: Chart) -> list[ShownRow]:
    return [r for r in chart.table.rows if r.cells and r.kind is not RowKind.TOTAL]


def _bars(chart: Chart) -> Figure:
    rows, parts = _rows(chart), chart.table.columns
    thick = 0.8 / max(len(parts), 1)
    figure = Figure(figsize=(_WIDTH, _height(rows, len(parts))), layout="constrained")
    ax = figure.subplots()
    for n, part in enumerate(parts):
        cells = [row.cells[n] for row in rows]
        places = [i + (n - (len(parts) - 1) / 2) * thick for i in range(len(rows))]
        look = {"color": _COLOURS[n % 6], "hatch": _HATCHES[n % 6], "edgecolor": "white"}
        ax.barh(places, [_length(c) for c in cells], 0.9 * thick, label=part, **look)  # type: ignore[arg-type]
        for place, cell in zip(places, cells, strict=True):
            ax.annotate(_figure(cell), (_length(cell), place), (3, 0), textcoords="offset points",
                        va="center", fontsize=7 if len(parts) > 2 else 8)  # fmt: skip
    ax.set_yticks(range(len(rows)), [fill(r.label, _LABEL) for r in rows])
    ax.invert_yaxis()
    ax.set_xlabel("Per cent")
    ax.set_xlim(0, max(5.0, 1.15 * max((_length(c) for r in rows for c in r.cells), default=0)))
    if len(parts) > 1:
        figure.legend(frameon=False, loc="outside upper center", ncols=4, fontsize=8)
    return figure


def _height(rows: list[ShownRow], parts: int) -> float:
    lines = sum(1 + len(r.label) // _LABEL for r in rows)
    return min(9.0, 0.8 + max(0.2 * lines, 0.17 * parts * len(rows), 0.28 * len(rows)))


def _length(cell: ShownCell) -> float:
    return cell.share or 0.0


def _figure(cell: ShownCell) -> str:
    return f"{cell.percent} %" if cell.percent else counted(cell)


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
