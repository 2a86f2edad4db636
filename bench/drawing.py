"""How long pages of reports take to draw, and how large their pictures are.

    python bench/drawing.py [FOLDER]

Draws the first four pages of every PDF of the folder (by default the development corpus) at the widths that
the review page asks for, one after the other, as its child processes do; medians and 95th percentiles.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from ctg_nlp.intake.picture import Drawn
from ctg_nlp.web.pictures import WIDTHS

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
_PAGES = 4


def drawn(files: list[Path], width: int) -> tuple[list[float], list[int]]:
    """Milliseconds and bytes of each page."""
    drawer, took, sizes = Drawn(), [], []
    for file in files:
        pages = len(drawer.sizes(file, (), _PAGES))
        for number in range(1, pages + 1):
            start = time.perf_counter()
            sizes.append(len(drawer.page(file, (), number, width)))
            took.append(1000 * (time.perf_counter() - start))
    drawer.close()
    return took, sizes


def main() -> None:
    """Print a line for each width."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "corpus" / "dev" / "pdf"
    files = sorted(folder.glob("*.pdf"))
    for width in WIDTHS:
        took, sizes = drawn(files, width)
        high = statistics.quantiles(took, n=20)[-1]
        print(
            f"{width} pixels: {statistics.median(took):.0f} ms (95 %: {high:.0f}), "
            f"{statistics.median(sizes) / 1024:.0f} KB, {len(took)} pages"
        )


if __name__ == "__main__":
    main()
