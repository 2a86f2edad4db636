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
from estimates_draws import Drawn, decided_of, estimated
from numpy.typing import NDArray

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.orders import ARRIVAL, BEST, NEAREST, UNCERTAIN
from ctg_nlp.synthesis.provisional import RowFacts, provisional_cell
from ctg_nlp.synthesis.reached import Episode, Frame, RowStates, reached

Mask = NDArray[np.bool_]
STAGES = (0.3, 0.5, 0.7)
WAYS = (BEST, NEAREST, UNCERTAIN, ARRIVAL)
MIXED = "unordered"
COMPARED = 3
"""Draws of each cell that are made by the product itself too, and must come out the same."""
NAIVE = ("confirmed taken as random", "confirmed and audit mixed", "rest by the audit of all")


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many reports (0: those of the corpus), of them so many audited, a way to work the queue, and the
    share of the queue that is done."""

    reports: int
    audit: int
    way: str
    done: float


def simulate(task: tuple[Population, Scenario, int, int]) -> list[dict[str, Any]]:
    """The figures of every cell of one scenario, over so many draws."""
    population, scenario, draws, seed = task
    if scenario.reports:
        population = resampled(population, scenario.reports, seed)
    rng = np.random.default_rng(seed + 1)
    size = population.reports
    ranks = np.array([rng.permutation(size) for _ in range(draws)])
    audit = ranks < scenario.audit
    unordered = np.array([rng.permutation(size) for _ in range(draws)])
    found = []
    for cell in population.cells:
        keys = dict(cell.orders).get(scenario.way)
        order = unordered if keys is None else np.tile(np.lexsort((np.arange(size), keys)), (draws, 1))
        decided = decided_of(audit, order, scenario.done)
        drawn = estimated(cell, audit, decided)
        for i in range(min(COMPARED, draws)):
            _compare(cell, ranks[i], audit[i], decided[i], (int(drawn.low[i]), int(drawn.high[i])))
        found.append(_figures(cell, drawn))
    return found


def _compare(cell: Cell, rank: NDArray[np.int64], audit: Mask, decided: Mask, fast: tuple[int, int]) -> None:
    """Raises `AssertionError` where the product says anything else of one draw."""
    size = len(audit)
    position = np.where(audit, rank + 1, 0)
    frame = Frame(np.ones(size, np.int64), position, np.zeros(size, bool), np.arange(size))
    row = row_states(cell, decided)
    there = reached(frame, row, [Episode(cell.orders)])
    got, _ = provisional_cell(frame, RowFacts("", "", cell.name, row, there, cell.suggested))
    said = (got.confirmed, got.confirmed) if got.low is None or got.high is None else (got.low, got.high)
    assert said == fast, (cell.name, said, fast)


def row_states(cell: Cell, decided: Mask) -> RowStates:
    """A cell where only some reports are decided."""
    answer = np.where(cell.truth, CodeState.PRESENT, CodeState.ABSENT)
    states = np.where(decided, answer, CodeState.UNDECIDED).astype(np.uint8)
    return RowStates(states, np.zeros(len(states), bool), decided)


def _figures(cell: Cell, drawn: Drawn) -> dict[str, Any]:
    count = int(cell.truth.sum())
    widths, alone = drawn.high - drawn.low, drawn.alone_high - drawn.alone_low
    width, other = float(np.median(widths)), float(np.median(alone))
    return {
        "cell": cell.name,
        "count": count,
        "reports": len(cell.truth),
        "coverage": float(np.mean((drawn.low <= count) & (count <= drawn.high))),
        "width": width,
        "audit_only_width": other,
        "mean_ratio": round(float(widths.mean() / alone.mean()), 3) if alone.any() else 1.0,
        "ratio": round(width / other, 3) if other else (1.0 if not width else 9.0),
        "wider": float(np.mean(widths > 1.05 * alone)),
        "naive": {
            name: {"mean": round(float(n.mean()), 1), "worst": round(float(abs(n - count).max()), 1)}
            for name, n in zip(NAIVE, drawn.naive, strict=True)
        },
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
        "largest_ratio": max(c["ratio"] for c in cells),
        "largest_mean_ratio": max(c["mean_ratio"] for c in cells),
        "draws_wider": round(max(c["wider"] for c in cells), 4),
    }


def main() -> None:
    """Print a line for each scenario; keep all figures where asked."""
    args = _arguments()
    population = _population(args)
    sizes = [(0, n) for n in args.audit if n < population.reports] + [tuple(s) for s in args.enlarged]
    tasks = [(population, s, args.draws, args.seed + i) for i, s in enumerate(scenarios(sizes, args.ways))]
    start, found = time.perf_counter(), []
    with ProcessPoolExecutor(args.processes) as pool:
        for task, cells in zip(tasks, pool.map(simulate, tasks), strict=True):
            line = summary(task[1], cells, args.draws)
            found.append((line, cells))
            print(json.dumps(line), flush=True)
    print(f"{len(tasks)} scenarios in {time.perf_counter() - start:.0f} s")
    if args.json:
        args.json.write_text(_kept(found, args), encoding="utf-8")


def _kept(found: Sequence[tuple[dict[str, Any], list[dict[str, Any]]]], args: argparse.Namespace) -> str:
    """Every scenario in a line, and every cell with its worst figures over the ways and stages of a size."""
    cells: dict[tuple[int, int, str], dict[str, Any]] = {}
    for line, figures in found:
        for c in figures:
            key = (line["reports"], line["audit"], c["cell"])
            at = cells.setdefault(
                key,
                dict(zip(("reports", "audit", "cell"), key, strict=True))
                | {"count": c["count"], "coverage": 1.0, "ratio": 0.0, "naive": {}},
            )
            at["coverage"] = min(at["coverage"], round(c["coverage"], 4))
            at["ratio"] = max(at["ratio"], c["ratio"])
            if (line["way"], line["done"]) == (BEST, 0.5):
                at["naive"] = {name: n["mean"] for name, n in c["naive"].items()}
    parts = {
        "draws": args.draws,
        "scores": "cues" if args.cues else "cross-fitted classifier",
        "scenarios": [line for line, _ in found],
        "cells": list(cells.values()),
    }
    rows = [f'"{k}": {json.dumps(v)}' if not isinstance(v, list) else
            f'"{k}": [\n' + ",\n".join(map(json.dumps, v)) + "\n]" for k, v in parts.items()]  # fmt: skip
    return "{" + ",\n".join(rows) + "}\n"


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
    parser.add_argument("--ways", nargs="*", default=[*WAYS, MIXED], choices=[*WAYS, MIXED])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
