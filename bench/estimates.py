"""How often provisional intervals hold the count that coders reach in the end, and how wide they are.

    python bench/estimates.py [--corpus FOLDER | --home FOLDER] [--framework FILE] [--draws N] [--json FILE]

The reports of a corpus are wholly coded, so the true counts are known. Each draw takes an audit sample by
chance, lets coders confirm a part of the queue, and estimates every cell by what the product does. Scores
come from classifiers that did not see the report (five folds), or from cues alone (--cues). Naive ways are
computed beside. Larger populations are made of reports drawn with replacement.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import corpus
import numpy as np
from estimates_data import Cell, Population, of_corpus, of_home, resampled
from numpy.typing import NDArray

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.hypergeometric import Sampled, limits
from ctg_nlp.synthesis.orders import ARRIVAL, BEST, NEAREST, UNCERTAIN
from ctg_nlp.synthesis.provisional import RowFacts, provisional_cell
from ctg_nlp.synthesis.reached import Episode, Frame, RowStates, reached

Mask = NDArray[np.bool_]
STAGES = (0.3, 0.5, 0.7)
WAYS = (BEST, NEAREST, UNCERTAIN, ARRIVAL)
MIXED = "unordered"
NAIVE = ("confirmed taken as random", "confirmed and audit mixed", "rest by the audit of all")


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many reports (0: those of the corpus), of them so many audited, a way to work the queue, and the
    share of the queue that is done."""

    reports: int
    audit: int
    way: str
    done: float


@dataclass(slots=True)
class Counted:
    """What came out for one cell over the draws."""

    name: str
    count: int
    reports: int
    covered: int = 0
    draws: int = 0
    widths: list[int] | None = None
    alone: list[int] | None = None
    naive: tuple[list[float], ...] = ()


def simulate(task: tuple[Population, Scenario, int, int]) -> list[dict[str, Any]]:
    """The figures of every cell of one scenario, over so many draws."""
    population, scenario, draws, seed = task
    if scenario.reports:
        population = resampled(population, scenario.reports, seed)
    rng = np.random.default_rng(seed + 1)
    size = population.reports
    found = [
        Counted(c.name, int(c.truth.sum()), size, 0, 0, [], [], tuple([] for _ in NAIVE))
        for c in population.cells
    ]
    for _ in range(draws):
        frame = _frame(size, scenario.audit, rng)
        unordered = rng.permutation(size).astype(float)
        for cell, counted in zip(population.cells, found, strict=True):
            _count(frame, cell, scenario, unordered, counted)
    return [_figures(c) for c in found]


def _frame(size: int, audit: int, rng: np.random.Generator) -> Frame:
    position = np.zeros(size, np.int64)
    position[rng.permutation(size)[:audit]] = np.arange(1, audit + 1)
    return Frame(np.ones(size, np.int64), position, np.zeros(size, bool), np.arange(size))


def _count(frame: Frame, cell: Cell, scenario: Scenario, unordered: NDArray[Any], into: Counted) -> None:
    keys = dict(cell.orders).get(scenario.way, unordered)
    queue = np.lexsort((frame.tie, keys))
    queue = queue[~frame.audit[queue]]
    decided = frame.audit.copy()
    decided[queue[: round(scenario.done * len(queue))]] = True
    row = row_states(cell, decided)
    there = reached(frame, row, [Episode(cell.orders)])
    got, _ = provisional_cell(frame, RowFacts("", "", cell.name, row, there, cell.suggested))
    low, high = (got.confirmed, got.confirmed) if got.low is None or got.high is None else (got.low, got.high)
    a = int(cell.truth[frame.audit].sum())
    alone = limits(Sampled(into.reports, scenario.audit, a))
    into.draws += 1
    into.covered += low <= into.count <= high
    assert into.widths is not None and into.alone is not None
    into.widths.append(high - low)
    into.alone.append(alone[1] - alone[0])
    for value, kept in zip(_naive(frame, cell, decided, a), into.naive, strict=True):
        kept.append(value)


def row_states(cell: Cell, decided: Mask) -> RowStates:
    """A cell where only some reports are decided."""
    answer = np.where(cell.truth, CodeState.PRESENT, CodeState.ABSENT)
    states = np.where(decided, answer, CodeState.UNDECIDED).astype(np.uint8)
    return RowStates(states, np.zeros(len(states), bool), decided)


def _naive(frame: Frame, cell: Cell, decided: Mask, present: int) -> tuple[float, float, float]:
    """The confirmed taken as a sample by chance; confirmed and audit as one; the audit's share of all given
    to the reports that are open."""
    size, confirmed = len(decided), decided & ~frame.audit
    alone = cell.truth[confirmed].mean() * size if confirmed.any() else 0.0
    mixed = cell.truth[decided].mean() * size
    share = present / int(frame.audit.sum())
    return float(alone), float(mixed), float(cell.truth[decided].sum() + share * (~decided).sum())


def _figures(c: Counted) -> dict[str, Any]:
    assert c.widths is not None and c.alone is not None
    width, alone = statistics.median(c.widths), statistics.median(c.alone)
    return {
        "cell": c.name,
        "count": c.count,
        "reports": c.reports,
        "coverage": c.covered / c.draws,
        "width": width,
        "audit_only_width": alone,
        "mean_width": statistics.fmean(c.widths),
        "mean_audit_only_width": statistics.fmean(c.alone),
        "ratio": width / alone if alone else (1.0 if not width else None),
        "wider": sum(w > 1.05 * a for w, a in zip(c.widths, c.alone, strict=True)) / c.draws,
        "naive": dict(zip(NAIVE, (round(statistics.fmean(n), 1) for n in c.naive), strict=True)),
    }


def scenarios(sizes: Sequence[tuple[int, int]], ways: Sequence[str]) -> Iterator[Scenario]:
    """All scenarios of these sizes (reports, audit)."""
    for reports, audit in sizes:
        for way in ways:
            for done in STAGES:
                yield Scenario(reports, audit, way, done)


def summary(s: Scenario, cells: Sequence[dict[str, Any]], draws: int) -> dict[str, Any]:
    """A scenario in one line: its worst coverage with the Monte Carlo error, and its widths."""
    worst = min(cells, key=lambda c: c["coverage"])
    middle = [c for c in cells if 12 <= c["count"] <= c["reports"] - 12]
    p = worst["coverage"]
    return {
        "reports": cells[0]["reports"],
        "audit": s.audit,
        "way": s.way,
        "done": s.done,
        "draws": draws,
        "cells": len(cells),
        "worst_coverage": round(p, 4),
        "worst_cell": worst["cell"],
        "monte_carlo_error": round((p * (1 - p) / draws) ** 0.5, 4),
        "mean_coverage": round(statistics.fmean(c["coverage"] for c in cells), 4),
        "middle_cells": len(middle),
        "median_ratio": round(statistics.median(c["ratio"] for c in middle), 3) if middle else None,
        "largest_middle_ratio": round(max(c["ratio"] for c in middle), 3) if middle else None,
        "largest_ratio": round(max(c["ratio"] or 9 for c in cells), 3),
        "draws_wider": round(max(c["wider"] for c in cells), 4),
    }


def main() -> None:
    """Print a line for each scenario; keep all figures where asked."""
    args = _arguments()
    population = _population(args)
    sizes = [(0, n) for n in args.audit if n < population.reports] + [tuple(s) for s in args.enlarged]
    tasks = [
        (population, s, args.draws, args.seed + i) for i, s in enumerate(scenarios(sizes, (*WAYS, MIXED)))
    ]
    start, found = time.perf_counter(), []
    with ProcessPoolExecutor(args.processes) as pool:
        for task, cells in zip(tasks, pool.map(simulate, tasks), strict=True):
            line = summary(task[1], cells, args.draws)
            found.append({**line, "all_cells": cells})
            print(json.dumps(line), flush=True)
    print(f"{len(tasks)} scenarios in {time.perf_counter() - start:.0f} s")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _pair(text: str) -> tuple[int, int]:
    reports, _, audit = text.partition(":")
    return int(reports), int(audit)


def _population(args: argparse.Namespace) -> Population:
    if args.home:
        return of_home(args.home)
    return of_corpus(args.corpus, args.framework, args.cache, cues=args.cues)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, default=corpus.CORPUS)
    parser.add_argument("--home", type=Path, help="a project in which every report is decided")
    parser.add_argument("--framework", default="ctg")
    parser.add_argument("--cues", action="store_true", help="scores of cues alone")
    parser.add_argument("--cache", type=Path, help="keeps texts and scores for the next time")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--audit", type=int, nargs="*", default=[20, 25, 30])
    parser.add_argument("--enlarged", type=_pair, nargs="*", default=[(129, 40), (400, 60)])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
