"""How long agreement takes: two coders' answers on every code of many reports, made up with a tenth flipped.

    python bench/agreement.py [--reports 1000] [--resamples 1000]

Prints seconds for reading and computing (as the page does first), for asking again while nothing changed, and
for the coefficients by the library as `ctg agreement` has them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ctg_nlp.agreement import Studies, study
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Answer, Decision, Report, ReportKind, VerdictKind
from ctg_nlp.review.estimate import Method
from ctg_nlp.settings import make_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store, open_store

_FLIPPED = 0.1


def main() -> None:
    """Make the answers and time the study of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home")
        store = open_store(home.database, create=True)
        answers = _fill(store, home.framework, asked.reports)
        print(f"{asked.reports} reports, 2 coders, {answers:,} answers, {asked.resamples} resamples")
        studies, method = Studies(), Method(resamples=asked.resamples)
        _timed("first view", lambda: studies.study(store, home.framework, method=method))
        _timed("next views", lambda: studies.study(store, home.framework, method=method))
        from ctg_nlp.review.nltk_figures import NLTK

        by_library = Method(NLTK, asked.resamples)
        _timed("by the library", lambda: study(store, home.framework, method=by_library))
        store.close()


def _timed(what: str, do: Callable[[], object]) -> None:
    begun, processor = time.perf_counter(), time.process_time()
    do()
    wall, busy = time.perf_counter() - begun, time.process_time() - processor
    print(f"{what:<16}{wall:8.2f} s, of the processor {busy:6.2f} s")


def _fill(store: Store, framework: Framework, reports: int) -> int:
    draw = random.Random(1)
    count = 0
    with store.transaction() as db:
        for n in range(1, reports + 1):
            name, report_id = f"{n}.pdf", f"{n:064x}"
            report = Report(report_id, n, name, name, f"G{n}", ReportKind.FINAL, VerdictKind.ACCEPTED)
            report_store.put_report(db, report)
            made = [d for x in framework.stage("map") for d in _answers(x, report_id, framework, draw)]
            decision_store.add_decisions(db, made)
            count += len(made)
    return count


def _answers(d: Dimension, report_id: str, framework: Framework, draw: random.Random) -> Iterator[Decision]:
    for code in d.codes:
        present = draw.random() < 0.3
        for coder in ("ada", "ben"):
            said = present ^ (draw.random() < _FLIPPED / 2)
            answer = Answer.PRESENT if said else Answer.ABSENT
            yield Decision(report_id, d.id, code.id, answer, coder, "2026-01-01", framework.framework_id)


if __name__ == "__main__":
    main()
