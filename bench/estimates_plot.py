"""Draws what `estimates.py` found: python bench/estimates_plot.py [RESULTS.json] [PICTURE.png]"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

_MARKS = ("o", "s", "^", "D", "v")


def main(source: Path, target: Path) -> None:
    """Three panels: coverage and width by cell, and what naive ways say."""
    found = json.loads(source.read_text(encoding="utf-8"))
    sizes = list(dict.fromkeys((c["reports"], c["audit"]) for c in found["cells"]))
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    for mark, size in zip(_MARKS, sizes, strict=False):
        cells = [c for c in found["cells"] if (c["reports"], c["audit"]) == size]
        shares = [100 * c["count"] / c["reports"] for c in cells]
        name = f"{size[0]} reports, {size[1]} audited"
        left.scatter(shares, [100 * c["coverage"] for c in cells], s=12, marker=mark, alpha=0.6, label=name)
        middle.scatter(shares, [c["ratio"] for c in cells], s=12, marker=mark, alpha=0.6, label=name)
    _line(left, 95, "95 %")
    _line(left, 94.5, "94.5 %")
    left.set(
        title="Lowest coverage of each cell",
        xlabel="reports with the code, %",
        ylabel="draws whose interval holds the count, %",
    )
    left.legend(fontsize=7, loc="lower center")
    _line(middle, 0.9, "0.9")
    _line(middle, 1.05, "1.05")
    middle.set(
        title="Widest interval of each cell",
        xlabel="reports with the code, %",
        ylabel="median width, of the audit-only exact interval's",
    )
    _naive(right, [c for c in found["cells"] if (c["reports"], c["audit"]) == sizes[min(1, len(sizes) - 1)]])
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)


def _line(axes: Any, at: float, label: str) -> None:
    axes.axhline(at, color="black", linewidth=0.8, linestyle="--")
    axes.annotate(label, (0, at), fontsize=7, va="bottom")


def _naive(axes: Any, cells: list[dict[str, Any]]) -> None:
    for mark, name in zip(_MARKS, cells[0]["naive"], strict=False):
        axes.scatter(
            [c["count"] for c in cells],
            [c["naive"][name] for c in cells],
            s=12,
            marker=mark,
            alpha=0.6,
            label=name,
        )
    most = cells[0]["reports"]
    axes.plot([0, most], [0, most], color="black", linewidth=0.8)
    axes.set(
        title="Means of naive ways, half done",
        xlabel="true count",
        ylabel="estimated count",
    )
    axes.legend(fontsize=7)


if __name__ == "__main__":
    here = Path(__file__).parent
    given = [Path(a) for a in sys.argv[1:]]
    main(
        *(
            given
            + [here / "results" / "estimates.json", here.parent / "docs" / "images" / "estimates.png"][
                len(given) :
            ]
        )
    )
