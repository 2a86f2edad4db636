"""How good the suggestions are for the second stage, where the development decisions have lines of it.

    python bench/indepth.py [--cache FILE]

The reports are read from their PDFs; the cues alone propose. There are few such reports: each figure has a
95 % interval, drawn again by report (percentile bootstrap, 2,000 draws), and a dimension of which little can
be said says so. One that no line names (as those that version 2 added) is not measured. Evidence is a hit
where a quote of a right suggestion has half of the words of one of the coder's.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from corpus import CORPUS, halves, read_texts

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.records import Suggestion
from ctg_nlp.suggest.propose import Proposer

DRAWS = 2000
LEAST = 10  # decided present, below which nothing is said of a dimension
Counts = Mapping[str, "Count"]


@dataclass(frozen=True, slots=True)
class Count:
    """Right, wrong and missed suggestions of one report, hits among the quotes of the right, and codes."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    hits: int = 0
    quoted: int = 0
    codes: frozenset[tuple[str, str]] = field(default=frozenset())

    def __add__(self, other: Count) -> Count:
        return Count(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed,
            self.hits + other.hits, self.quoted + other.quoted, self.codes | other.codes,
        )  # fmt: skip

    @property
    def f1(self) -> float:
        """0 where nothing is present and nothing suggested."""
        all_of = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / all_of if all_of else 0.0


def main() -> None:
    """Print the figures, one dimension a line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    given = parser.parse_args()
    framework = load_framework("ctg")
    decided = _decided()
    texts = read_texts(given.cache)
    proposer = Proposer(framework)
    made = {name: proposer.propose(name, texts[name]) for name in sorted(decided) if name in texts}
    counts = {name: _count(framework, decided[name], made[name]) for name in made}
    _report(framework, counts)


def _decided() -> dict[str, dict[str, dict[str, list[str]]]]:
    """Of each report the in-depth dimensions that are decided: their present codes with quotes."""
    found: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(dict)
    for text in (CORPUS / "decisions.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(text) if text else {}
        if line.get("stage") == "indepth":
            quotes = line.get("evidence", {})
            found[line["report"]][line["dimension"]] = {c: quotes.get(c, []) for c in line["codes"]}
    return dict(found)


def _count(
    framework: Framework, decided: Mapping[str, Mapping[str, list[str]]], made: Iterable[Suggestion]
) -> dict[str, Count]:
    """The counts of one report by dimension; one that was not decided is not counted."""
    suggested = {(s.dimension, s.code): s for s in made if s.suggested}
    found = {}
    for name, codes in decided.items():
        dimension = framework.dimension(name)
        assert dimension is not None
        proposed = {c.id for c in dimension.codes if (name, c.id) in suggested}
        right = proposed & set(codes)
        quoted = [c for c in right if codes[c] and suggested[name, c].evidence]
        hits = sum(_hit(codes[c], [e.quote for e in suggested[name, c].evidence]) for c in quoted)
        found[name] = Count(
            len(right), len(proposed - set(codes)), len(set(codes) - proposed), hits, len(quoted),
            frozenset((name, c) for c in codes),
        )  # fmt: skip
    return found


def _hit(wanted: Sequence[str], given: Sequence[str]) -> bool:
    words = [set(q.casefold().split()) for q in wanted]
    return any(2 * len(w & set(g.casefold().split())) >= len(w) for w in words for g in given)


def _report(framework: Framework, counts: Mapping[str, Counts]) -> None:
    half = halves()
    print(f"{len(counts)} reports are coded in depth ({len(half['A'] & set(counts))} of them in half A)")
    print(f"{'':18} {'present':>7}  {'F1':>4} {'95 %':>12}  {'precision':>9} {'recall':>6}  evidence")
    names = [d.id for d in framework.stage("indepth") if any(d.id in c for c in counts.values())]
    for name in [*names, "all"]:
        _line(
            name, [_total(c.values() if name == "all" else [c.get(name, Count())]) for c in counts.values()]
        )
    for name, kept in (("half A", half["A"]), ("half B", half["B"])):
        _line(name, [_total(c.values()) for report, c in counts.items() if report in kept])
    rest = [d.id for d in framework.stage("indepth") if d.coded and d.id not in names]
    print(f"Not measured, as no report is coded by them: {', '.join(rest)}.")


def _total(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())


def _line(name: str, by_report: Sequence[Count]) -> None:
    total = _total(by_report)
    present = total.right + total.missed
    low, high = _interval(by_report)
    precision = total.right / (total.right + total.wrong) if total.right + total.wrong else 0.0
    recall = total.right / present if present else 0.0
    hits = f"{total.hits} of {total.quoted}"
    few = "   too few to say" if present < LEAST else ""
    f1 = f"{total.f1:4.2f} {low:5.2f} – {high:4.2f}"
    print(f"{name:18} {present:7}  {f1}  {precision:9.2f} {recall:6.2f}  {hits}{few}")


def _interval(by_report: Sequence[Count]) -> tuple[float, float]:
    numbers = np.array([(c.right, c.wrong, c.missed) for c in by_report])
    drawn = np.random.default_rng(7).integers(0, len(numbers), (DRAWS, len(numbers)))
    right, wrong, missed = numbers[drawn].sum(axis=1).T
    f1 = 2 * right / np.maximum(2 * right + wrong + missed, 1)
    low, high = np.percentile(f1, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
