"""What to expect after so many coded reports: the learning curve.

    python bench/learning_curve.py [--cache FILE] [--draws N] [--json FILE]

For each size, reports are drawn by chance several times; the classifier learns from them and is judged on
all that were left out, beside the cues alone on the same reports. "5-fold" learns from four fifths and
judges every report once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from corpus import decided_reports, read_texts, score
from learning import FRAMEWORK, cross_validated, proposed

from ctg_nlp.framework import Example, Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.records import DecidedReport

SIZES = (8, 16, 32, 52)
FIGURES = ("micro_f1", "mean_average_precision", "evidence_hit", "distractors_suggested")

Lines = list[dict[str, Any]]
Figures = dict[str, float]


def drawn(
    reports: Sequence[DecidedReport], size: int, draw: int
) -> tuple[list[DecidedReport], list[DecidedReport]]:
    """So many reports by chance, and those left out."""
    order = np.random.default_rng([size, draw]).permutation(len(reports))
    return [reports[i] for i in order[:size]], [reports[i] for i in order[size:]]


def figures(lines: Lines, names: Collection[str]) -> Figures:
    """Those of score.py that the table shows."""
    said = score(lines, names)
    return {name: said[name] for name in FIGURES}


def averaged(runs: Iterable[Figures]) -> Figures:
    """The mean of each figure over draws, and the standard deviation of micro-F1."""
    rows = list(runs)
    found = {name: round(statistics.mean(r[name] for r in rows), 3) for name in FIGURES}
    spread = statistics.stdev(r["micro_f1"] for r in rows) if len(rows) > 1 else 0.0
    return found | {"micro_f1_deviation": round(spread, 3)}


def of_size(
    framework: Framework,
    reports: Sequence[DecidedReport],
    ways: Mapping[str, Sequence[Example]],
    size: int,
    draws: int,
    cues: Lines,
) -> dict[str, Figures]:
    """The figures of each way to learn from so many reports, and of the cues alone."""
    runs: dict[str, list[Figures]] = {}
    for draw in range(draws):
        taught, judged = drawn(reports, size, draw)
        names = {r.name for r in judged}
        runs.setdefault("cues alone", []).append(figures(cues, names))
        for way, examples in ways.items():
            lines = proposed(framework, taught, judged, examples)
            runs.setdefault(way, []).append(figures(lines, names))
    return {way: averaged(found) for way, found in runs.items()}


def curve(
    framework: Framework, reports: Sequence[DecidedReport], examples: Sequence[Example], draws: int
) -> Iterator[tuple[str, dict[str, Figures]]]:
    """The figures for each size, the cross-validation last."""
    ways: dict[str, Sequence[Example]] = {"learned": examples, "learned without examples": ()}
    cues = proposed(framework, (), reports, ())
    for size in SIZES:
        yield str(size), of_size(framework, reports, ways, size, draws, cues)
    names = {r.name for r in reports}
    found = {"cues alone": figures(cues, names)}
    for way, given in ways.items():
        found[way] = figures(cross_validated(framework, reports, given), names)
    yield "5-fold", found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    given = parser.parse_args()
    framework = load_framework(FRAMEWORK)
    reports = decided_reports(framework, read_texts(given.cache))
    examples = load_examples(FRAMEWORK, framework)
    kept: dict[str, Any] = {"reports": len(reports), "draws": given.draws, "examples": len(examples)}
    print(f"{'reports':8} {'':26} micro-F1 (±)      mAP    evidence  distractors")
    for size, ways in curve(framework, reports, examples, given.draws):
        kept[size] = ways
        for way, f in ways.items():
            deviation = f.get("micro_f1_deviation", 0.0)
            print(
                f"{size:8} {way:26} {f['micro_f1']:.3f} ({deviation:.3f})  "
                f"{f['mean_average_precision']:.3f}  {f['evidence_hit']:.3f}     "
                f"{f['distractors_suggested']:.3f}",
                flush=True,
            )
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1) + os.linesep, encoding="utf-8")


if __name__ == "__main__":
    main()
