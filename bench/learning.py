"""How good suggestions are that learn, on reports that the classifier did not see, and what they cost.

    python bench/learning.py [--cache FILE] [--json FILE]

Nested cross-validation of what the product does: a classifier is trained on four fifths of the reports,
thresholds and calibration chosen inside them, and judged on the last fifth. Five folds, by report.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from corpus import Texts, decided_reports, halves, read_texts, score

from ctg_nlp.aggregation import suggestion_line
from ctg_nlp.framework import Example, Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.records import DecidedReport, Passage
from ctg_nlp.suggest.propose import Proposer
from ctg_nlp.suggest.training import train

FRAMEWORK = "ctg"
_LONG = 6  # pages


def folds(reports: Sequence[DecidedReport], many: int = 5, seed: int = 0) -> list[list[DecidedReport]]:
    """The reports in parts of like size, drawn by chance."""
    drawn = np.random.default_rng(seed).permutation(len(reports)) % many
    return [[r for r, f in zip(reports, drawn, strict=True) if f == i] for i in range(many)]


def proposed(
    framework: Framework,
    taught: Sequence[DecidedReport],
    judged: Sequence[DecidedReport],
    examples: Sequence[Example],
) -> list[dict[str, Any]]:
    """The suggestions for some reports, learned from others; by cues alone where there are none."""
    trained = train(framework, taught, examples, model_id="bench")
    proposer = Proposer(framework, trained.classifier if trained else None)
    return [suggestion_line(s, r.name) for r in judged for s in proposer.propose(r.report_id, r.passages)]


def cross_validated(
    framework: Framework, reports: Sequence[DecidedReport], examples: Sequence[Example]
) -> list[dict[str, Any]]:
    """The suggestions for every report, learned from the other folds."""
    parts = folds(reports)
    lines = []
    for part in parts:
        others = [r for other in parts if other is not part for r in other]
        lines += proposed(framework, others, part, examples)
    return lines


def twice(reports: Sequence[DecidedReport], many: int) -> list[DecidedReport]:
    """The reports until there are `many`, the second time under other names and groups."""
    again = [replace(r, report_id=f"{r.report_id}|2", group_id=f"{r.group_id}|2") for r in reports]
    return [*reports, *again][:many]


def training_seconds(
    framework: Framework, reports: Sequence[DecidedReport], examples: Sequence[Example]
) -> float:
    """How long one training takes."""
    start = time.perf_counter()
    train(framework, reports, examples, model_id="bench")
    return round(time.perf_counter() - start, 1)


def long_report(texts: Texts, pages: int = _LONG) -> tuple[Passage, ...]:
    """Pages of several reports after each other, as many as asked for."""
    found: list[Passage] = []
    number = 0
    for passages in texts.values():
        for page in sorted({p.page for p in passages}):
            number += 1
            found += [replace(p, page=number) for p in passages if p.page == page]
            if number == pages:
                return tuple(found)
    return tuple(found)


def proposing_ms(proposer: Proposer, passages: Sequence[Passage], repeats: int = 15) -> float:
    """How long suggesting for a report takes once all is loaded: the median."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        proposer.propose("report", passages)
        taken.append(time.perf_counter() - start)
    return round(1000 * statistics.median(taken), 1)


def speed(
    framework: Framework, reports: Sequence[DecidedReport], texts: Texts, examples: Sequence[Example]
) -> dict[str, float]:
    """Seconds of training and milliseconds of suggesting."""
    trained = train(framework, reports, examples, model_id="bench")
    proposer = Proposer(framework, trained.classifier if trained else None)
    by_length = sorted(texts.values(), key=lambda ps: sum(len(p.text.split()) for p in ps))
    return {
        "training_65_s": training_seconds(framework, reports, examples),
        "training_129_s": training_seconds(framework, twice(reports, 129), examples),
        "median_report_ms": proposing_ms(proposer, by_length[len(by_length) // 2]),
        "six_pages_ms": proposing_ms(proposer, long_report(texts)),
        "six_pages_words": sum(len(p.text.split()) for p in long_report(texts)),
        "six_pages_cues_alone_ms": proposing_ms(Proposer(framework), long_report(texts)),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--no-examples", action="store_true", help="without the framework's examples")
    parser.add_argument("--no-speed", action="store_true", help="quality only")
    given = parser.parse_args()
    framework, texts = load_framework(FRAMEWORK), read_texts(given.cache)
    examples = () if given.no_examples else load_examples(FRAMEWORK, framework)
    reports = decided_reports(framework, texts)
    lines = cross_validated(framework, reports, examples)
    result: dict[str, Any] = {
        half: score(lines, names, per_code=half == "all") for half, names in halves().items()
    }
    if not given.no_speed:
        result["speed"] = speed(framework, reports, texts, examples)
    for part, figures in result.items():
        print(part, json.dumps({k: v for k, v in figures.items() if k != "codes_detail"}))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + os.linesep, encoding="utf-8")


if __name__ == "__main__":
    main()
