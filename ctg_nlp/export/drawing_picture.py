"""A drawing as PNG, for documents that take no SVG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from ctg_nlp.export.drawing import FONT, LINE, PAD, Arrow, Box, Drawing, Edge
from ctg_nlp.export.files import whole_file

_UNITS = 100.0  # of the layout to an inch
_POINTS = 72.0 / _UNITS * 0.86  # a little smaller, since the font that is at hand everywhere is wide
_LINES: dict[Edge, Any] = {Edge.AUTOMATIC: (0, (6, 3)), Edge.WAITING: (0, (1.5, 2))}
_DPI = 200


def png_of(made: Drawing) -> bytes:
    """The figure as a PNG of 200 dots an inch."""
    figure = Figure(figsize=(made.width / _UNITS, made.height / _UNITS))
    with rc_context({"font.family": "DejaVu Sans"}):
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, made.width)
        axes.set_ylim(made.height, 0)
        axes.set_axis_off()
        _draw(axes, made)
        held = BytesIO()
        figure.savefig(held, format="png", dpi=_DPI, facecolor="white")
    return held.getvalue()


def write_png(path: Path, drawing: Drawing) -> None:
    """Write it."""
    with whole_file(path, binary=True) as file:
        file.write(png_of(drawing))


def _draw(axes: Axes, made: Drawing) -> None:
    for band in made.bands:
        axes.add_patch(Rectangle((12, band.top), 96, band.bottom - band.top, color="#dbe7ee"))
        _write(axes, 60, (band.top + band.bottom) / 2 + FONT / 3, band.label, bold=True, middle=True)
    for a in made.arrows:
        _arrow(axes, a)
    for box in made.boxes:
        _box(axes, box)


def _arrow(axes: Axes, a: Arrow) -> None:
    start = a.x1, a.y1
    if a.square and a.y1 != a.y2:
        start = (a.x1 + a.x2) / 2, a.y2
        axes.plot([a.x1, start[0], start[0]], [a.y1, a.y1, a.y2], color="black", linewidth=1.1)
    axes.add_patch(
        FancyArrowPatch(
            start, (a.x2, a.y2), arrowstyle="<|-|>" if a.both else "-|>", mutation_scale=11, color="black",
            linewidth=1.1, shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip


def _box(axes: Axes, box: Box) -> None:
    style = _LINES.get(box.edge, "-")
    axes.add_patch(
        Rectangle(
            (box.x, box.y), box.width, box.height, facecolor="white", edgecolor="black", linestyle=style,
            linewidth=1.5 if box.edge is Edge.MAIN else 1.1,
        )
    )  # fmt: skip
    for n, line in enumerate(box.lines):
        indent = 5 * (len(line) - len(line.lstrip()))
        y = box.y + PAD + LINE * (n + 0.75)
        _write(axes, box.x + PAD + indent, y, line.strip(), bold=n < box.bold)


def _write(axes: Axes, x: float, y: float, words: str, *, bold: bool, middle: bool = False) -> None:
    weight, side = ("bold" if bold else "normal"), ("center" if middle else "left")
    axes.text(
        x, y, words, fontsize=FONT * _POINTS, fontweight=weight, ha=side, va="baseline", parse_math=False
    )
