"""How long the provisional figures of 100 codes take over 100,000 reports, and how much memory.

python bench/estimates_scale.py [reports] [codes]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.orders import orders_of, uncertainty
from ctg_nlp.synthesis.provisional import RowFacts, provisional_cell
from ctg_nlp.synthesis.reached import Episode, Frame, RowStates, reached

AUDIT = 400


def main(reports: int, codes: int) -> None:
    """Print the seconds and the largest memory, and how many intervals hold the count."""
    rng = np.random.default_rng(1)
    scores, thresholds = rng.random((reports, codes)), np.full((reports, codes), 0.5)
    position = np.zeros(reports, np.int64)
    position[rng.permutation(reports)[:AUDIT]] = np.arange(1, AUDIT + 1)
    frame = Frame(np.ones(reports, np.int64), position, np.zeros(reports, bool), np.arange(reports))
    start, holding = time.perf_counter(), 0
    bits = uncertainty(scores)
    for k in range(codes):
        score = scores[:, k]
        truth, decided = rng.random(reports) < score, (position > 0) | (score > 0.8)
        answer = np.where(truth, CodeState.PRESENT, CodeState.ABSENT)
        states = np.where(decided, answer, CodeState.UNDECIDED).astype(np.uint8)
        row = RowStates(states, np.zeros(reports, bool), decided)
        there = reached(frame, row, [Episode(orders_of(scores[:, [k]], thresholds[:, [k]], bits))])
        cell, _ = provisional_cell(frame, RowFacts("d", "c", "C", row, there, score > 0.5))
        holding += (cell.low or 0) <= truth.sum() <= (cell.high or 0)
    took, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{codes} codes of {reports} reports: {took:.1f} s, {memory:.2f} GB, {holding} intervals hold")


if __name__ == "__main__":
    given = [int(a) for a in sys.argv[1:]]
    main(*(given + [100_000, 100][len(given) :]))
