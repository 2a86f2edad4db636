"""How much the rules mark that look for what could tell who is meant: passages with marks, reasons, time.

    python bench/quotations.py HOME

HOME is a project with decisions. Every passage that coders marked is looked at as if it were banked. What
the rules miss is not counted: these figures say nothing of it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from ctg_nlp.identifying import Mark, marks
from ctg_nlp.quotations import known_around
from ctg_nlp.records import Answer
from ctg_nlp.settings import open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store


def main(root: Path) -> None:
    """Print the figures of a home."""
    home = open_home(root)
    store = open_store(home.database)
    found: list[tuple[str, tuple[Mark, ...]]] = []
    spent = 0.0
    with store.reading() as db:
        for report in report_store.reports(db):
            said = {
                " ".join(e.quote.split())
                for d in decision_store.decisions(db, [report.report_id])
                for e in d.evidence
                if d.answer in (Answer.PRESENT, Answer.VALUE)
            }
            known = known_around(db, home.framework, report) if said else None
            begun = time.perf_counter()
            found += [(quote, marks(quote, known)) for quote in sorted(said) if known is not None]
            spent += time.perf_counter() - begun
    store.close()
    reasons = Counter(why for _, ms in found for m in ms for why in m.why.split("; "))
    marked = sum(bool(ms) for _, ms in found)
    print(f"{len(found)} passages, {marked} with a mark ({100 * marked / max(1, len(found)):.0f} per cent)")
    each = 1e6 * spent / max(1, len(found))
    print(f"{sum(len(ms) for _, ms in found)} marks, {each:.0f} microseconds a passage")
    for why, n in reasons.most_common():
        words = Counter(m.words for _, ms in found for m in ms if why in m.why)
        print(f"{n:5} {why}: {', '.join(w for w, _ in words.most_common(8))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
