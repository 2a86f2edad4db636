"""Attack many random sets of tables: `python -m bench.disclosure [--seconds 60]`.

Prints how many sets were attacked, and every small count that could be told too exactly.
"""

from __future__ import annotations

import argparse
import random
import time

from ctg_nlp.synthesis.disclosure import Rules
from tests.test_disclosure import KINDS, dataset, told_too_exactly


def main() -> None:
    """Attack for so many seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, sets, told = random.Random(asked.seed), 0, 0
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        kinds = rng.choice((2, 3, 5, 8, 12, 30))
        most = rng.choice((2, 6, 14))
        data = dataset([(rng.randrange(len(KINDS)), rng.randint(1, most)) for _ in range(kinds)])
        minimum = rng.choice((3, 5, 10))
        found = told_too_exactly(data, Rules(minimum))
        sets, told = sets + 1, told + bool(found)
        for said in found:
            print(f"{len(data.reports)} reports, minimum {minimum}: {said}", flush=True)
    print(f"{sets} sets of tables attacked; {told} told a small count too exactly")


if __name__ == "__main__":
    main()
