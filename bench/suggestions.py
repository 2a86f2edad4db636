"""How good the suggestions are, by the corpus's own ruler, and how long they take.

    python bench/suggestions.py [--per-code] [--half A|B]

The reports are read from their PDFs. Half A are the reports at even, half B those at odd places of the
sorted groups: cues were written with the texts of A at hand, B was only scored.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

from corpus import halves, read_texts, score

from ctg_nlp.aggregation import suggestion_line
from ctg_nlp.framework_file import load_framework
from ctg_nlp.suggest.propose import Proposer


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--per-code", action="store_true")
    parser.add_argument("--half", choices=["all", "A", "B"], default="all")
    parser.add_argument("--cache", type=Path, help="keep the passages in this file")
    given = parser.parse_args()
    texts = read_texts(given.cache)
    proposer = Proposer(load_framework("ctg"))
    lines, seconds = [], []
    for name, found in texts.items():
        start = time.perf_counter()
        made = proposer.propose(name, found)
        seconds.append(time.perf_counter() - start)
        lines += [suggestion_line(s, name) for s in made]
    words = sum(len(p.text.split()) for ps in texts.values() for p in ps)
    for half, names in halves().items():
        result = score(lines, names, per_code=given.per_code and half == given.half)
        detail = result.pop("codes_detail", None)
        print(half, json.dumps(result, indent=None))
        for code, row in (detail or {}).items():
            print(
                f"   {code:34} tp {row['tp']:3} fp {row['fp']:3} fn {row['fn']:3} "
                f"f1 {row['f1']:.2f} ap {row['ap']}"
            )
    print(
        f"{1000 * statistics.median(seconds):.1f} ms a report (median), "
        f"{1e6 * sum(seconds) / words:.1f} ms per 1,000 words"
    )


if __name__ == "__main__":
    main()
