"""Plots of an evaluation and a simulation, as PNG and SVG.

Made without pyplot, so that no window system and no global state is touched. Colours are those of Okabe and
Ito (2008), told apart by most colour-blind people; marks and dashes say the same again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ctg_nlp.evaluation import Evaluation
from ctg_nlp.export.files import whole_file
from ctg_nlp.simulation import Simulation
from ctg_nlp.suggest.measures import Calibration, CodeMeasures
from ctg_nlp.synthesis.distance import Distance

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#6B6B6B"
_STYLE: dict[Any, Any] = {
    "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10,
    "svg.fonttype": "none", "svg.hashsalt": "ctg",
}  # fmt: skip
_DPI = 150
_TITLE_WIDTH = 38  # characters

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # its first use tells of a cache


def write_evaluation_plots(folder: Path, e: Evaluation) -> tuple[Path, ...]:
    """Write the reliability diagram and precision and recall of each code. Returns the paths."""
    with rc_context(_STYLE):
        return (
            *_saved(folder, "reliability", reliability_diagram(e.calibration)),
            *_saved(folder, "codes", code_plot(e.codes)),
        )


def write_simulation_plots(folder: Path, s: Simulation) -> tuple[Path, ...]:
    """Write the error of all tables, and of each, by the coder's effort. Returns the paths."""
    with rc_context(_STYLE):
        return (
            *_saved(folder, "error_by_effort", error_plot(s)),
            *_saved(folder, "error_by_table", error_by_table(s)),
        )


def _saved(folder: Path, name: str, figure: Figure) -> tuple[Path, ...]:
    paths = []
    for form in ("png", "svg"):
        paths.append(folder / f"{name}.{form}")
        with whole_file(paths[-1], binary=True) as file:
            metadata = {"Date": None} if form == "svg" else None  # the same figures make the same file
            figure.savefig(file, format=form, dpi=_DPI, metadata=metadata)
    return tuple(paths)


def reliability_diagram(calibrations: Sequence[Calibration]) -> Figure:
    """For each calibration the share present by score, with the number of pairs beneath each bin."""
    n = max(len(calibrations), 1)
    figure = Figure(figsize=(4.2 * n, 5.6), layout="constrained")
    axes = figure.subplots(2, n, squeeze=False, sharex=True, gridspec_kw={"height_ratios": (3, 1)})
    for column, c in enumerate(calibrations):
        _reliability(axes[0][column], c)
        _pairs_by_score(axes[1][column], c)
    figure.suptitle("Reliability: is a score of 0.8 right in 8 of 10 cases?")
    return figure


def _reliability(ax: Axes, c: Calibration) -> None:
    told = [(b.mean_score, b.share_present) for b in c.bins if b.n]
    ax.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="scores as probabilities")
    scores, shares = zip(*told, strict=True) if told else ((), ())
    ax.plot(scores, shares, color=_BLUE, marker="o", label="as decided", clip_on=False)
    error = "" if c.ece is None else f"\ncalibration error {c.ece:.3f}"
    ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="share that coders found present")
    ax.set_title(f"{c.of} ({c.pairs:,} decisions){error}")
    ax.legend(loc="upper left", frameon=False)
    ax.grid(color="#DDDDDD", linewidth=0.5)


def _pairs_by_score(ax: Axes, c: Calibration) -> None:
    bars = ax.bar([b.low for b in c.bins], [b.n for b in c.bins], [b.high - b.low for b in c.bins],
                  align="edge", color=_BLUE, edgecolor="white")  # fmt: skip
    ax.bar_label(bars, fmt="{:,.0f}", fontsize=7)
    ax.set(xlabel="score", ylabel="decisions")
    ax.margins(y=0.2)


def code_plot(codes: Sequence[CodeMeasures]) -> Figure:
    """Precision and recall of each code that was suggested or present, by dimension."""
    told = [c for c in codes if c.counts.f1 is not None]
    figure = Figure(figsize=(7.5, 1.6 + 0.19 * max(len(told), 1)), layout="constrained")
    ax = figure.subplots()
    for y, c in enumerate(told):
        known = [v for v in (c.counts.precision, c.counts.recall) if v is not None]
        ax.plot(known, [y] * len(known), color="#BBBBBB", zorder=1)
    for name, colour, mark, size in (("recall", _ORANGE, "D", 36), ("precision", _BLUE, "o", 18)):
        at = [(getattr(c.counts, name), y) for y, c in enumerate(told)]
        known_at = [(v, y) for v, y in at if v is not None]
        face = "none" if name == "recall" else colour
        ax.scatter([v for v, _ in known_at], [y for _, y in known_at], s=size, marker=mark, facecolors=face,
                   edgecolors=colour, label=name, zorder=2, clip_on=False)  # fmt: skip
    ax.set_yticks(range(len(told)), [f"{c.dimension}: {c.code} ({c.present})" for c in told], fontsize=7)
    ax.set(xlim=(-0.02, 1.02), ylim=(len(told) - 0.4, -0.6), xlabel="precision, recall")
    _part_dimensions(ax, told)
    ax.grid(axis="x", color="#DDDDDD", linewidth=0.5)
    left_out = len(codes) - len(told)
    ax.set_title(
        "Precision and recall of each code (reports on which it is present)"
        + (f"\n{left_out} codes were neither suggested nor present" if left_out else "")
    )
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def _part_dimensions(ax: Axes, codes: Sequence[CodeMeasures]) -> None:
    for y, (one, other) in enumerate(zip(codes, codes[1:], strict=False)):
        if one.dimension != other.dimension:
            ax.axhline(y + 0.5, color="#999999", linewidth=0.6)


def error_plot(s: Simulation) -> Figure:
    """Mean and largest error over the rows of all tables, by the coder's effort."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    both = [t.with_suggestions for t in s.steps]
    only = [t.decided_only for t in s.steps]
    for ax, figure_of, title in ((left, "mean", "Mean over all rows"), (right, "largest", "Worst row")):
        _curves(ax, s, both, only, figure_of)
        ax.set(title=title, xlabel="coder's hours by the cost model", ylabel="error, percentage points")
    _explain(figure, left, "Error of the tables as decisions come in")
    return figure


def error_by_table(s: Simulation) -> Figure:
    """The mean error of each table, by the coder's effort."""
    tables = s.steps[0].tables
    columns = 4 if len(tables) > 4 else max(len(tables), 1)
    lines = -(-len(tables) // columns) or 1
    figure = Figure(figsize=(3 * columns, 2.6 * lines + 1), layout="constrained")
    axes = figure.subplots(lines, columns, squeeze=False, sharex=True)
    for i, ax in enumerate(axes.flat):
        if i >= len(tables):
            ax.set_visible(False)
            continue
        both = [t.tables[i].with_suggestions for t in s.steps]
        only = [t.tables[i].decided_only for t in s.steps]
        _curves(ax, s, both, only, "mean")
        number = f"{tables[i].number}. " if tables[i].number else ""
        ax.set_title(fill(number + tables[i].title, _TITLE_WIDTH), fontsize=8)
        if i + columns >= len(tables):  # the lowest of its column
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("coder's hours by the cost model", fontsize=8)
    figure.supylabel("mean error, percentage points", fontsize=9)
    _explain(figure, axes[0][0], "Error of each table as decisions come in")
    return figure


def _curves(
    ax: Axes,
    s: Simulation,
    both: Sequence[Distance | None],
    only: Sequence[Distance | None],
    figure_of: str,
) -> None:
    hours = [t.seconds / 3600 for t in s.steps]
    lines: tuple[tuple[Any, ...], ...] = (
        (both, _BLUE, "-", "o", "decided so far, suggestions for the rest"),
        (only, _ORANGE, "--", "s", "decided so far alone"),
    )
    every = max(len(hours) // 8, 1)
    for values, colour, dash, mark, label in lines:
        at = [(h, getattr(v, figure_of)) for h, v in zip(hours, values, strict=True) if v is not None]
        ax.plot(*zip(*at, strict=True) if at else ([], []), color=colour, linestyle=dash, marker=mark,
                markersize=4, markevery=every, label=label)  # fmt: skip
    learned = [
        h for h, a, b in zip(hours[1:], s.steps, s.steps[1:], strict=False) if a.trained_on != b.trained_on
    ]
    if learned:
        marks = ax.plot(learned, [0] * len(learned), color=_GREY, linestyle="none", marker="^", markersize=4)
        marks[0].set(clip_on=False, label="the classifier learned again")
    ax.set_ylim(bottom=0)
    ax.set_xlim(left=0)
    ax.grid(color="#DDDDDD", linewidth=0.5)


def _explain(figure: Figure, ax: Axes, title: str) -> None:
    figure.suptitle(title)
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
