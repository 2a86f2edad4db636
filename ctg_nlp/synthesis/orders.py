"""The orders in which queues offer reports for one row: the smaller the key, the earlier.

Coders work by whole reports, the most uncertain or the earliest first, or by one code, nearest its threshold
or with the highest score first. Which of these was worked shows in what is decided (`reached.cut_off`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctg_nlp.synthesis.reached import Keys

BEST, NEAREST, UNCERTAIN, ARRIVAL = "best first", "nearest the threshold", "most uncertain", "arrival"
Scores = NDArray[np.float64]
"""Scores of some codes (columns) for all reports (rows); NaN where a report has none."""


def uncertainty(scores: Scores) -> Keys:
    """The bits that are open in each report, over all codes of the map: as its queue sums them up."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -(scores * np.log2(scores) + (1 - scores) * np.log2(1 - scores))
    certain = (scores <= 0) | (scores >= 1)
    bits = np.where(certain, 0.0, bits)
    empty = np.isnan(scores).all(axis=1)
    return np.where(empty, np.nan, np.nansum(bits, axis=1))


def orders_of(scores: Scores, thresholds: Scores, bits: Keys) -> tuple[tuple[str, Keys], ...]:
    """The orders of one row with the `scores` of its codes (several for any of them), by name; the order of
    arrival is that of the reports."""
    empty = np.asarray(np.isnan(scores).all(axis=1), bool)
    arrival = np.where(empty, np.nan, np.arange(len(scores), dtype=float))
    best = np.where(empty, np.nan, -np.nanmax(np.where(empty[:, None], 0.0, scores), axis=1))
    near = np.abs(scores - thresholds)
    nearest = np.where(empty, np.nan, np.nanmin(np.where(empty[:, None], 0.0, near), axis=1))
    return ((BEST, best), (NEAREST, nearest), (UNCERTAIN, -bits), (ARRIVAL, arrival))
