"""How many codes of a dimension reports have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ctg_nlp.framework import Dimension
from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Columns


@dataclass(frozen=True, slots=True)
class CodesPerReport:
    """Over the wholly decided reports of a dimension: how many have each number of codes, codes that stand
    for nothing (missing, exclusive) left out. `undecided` reports are not in it."""

    dimension: str
    title: str
    reports: int
    undecided: int
    counts: tuple[tuple[int, int], ...]  # (codes, reports), by codes

    @property
    def mean(self) -> float | None:
        """The mean number of codes in a report; None of no report."""
        return sum(c * n for c, n in self.counts) / self.reports if self.reports else None

    @property
    def median(self) -> float | None:
        """The median number of codes in a report; None of no report."""
        if not self.reports:
            return None
        return (self._of_report((self.reports - 1) // 2) + self._of_report(self.reports // 2)) / 2

    def _of_report(self, place: int) -> int:
        """The codes of the report at a place, counted from 0, when those with fewest come first."""
        for codes, reports in self.counts:
            if place < reports:
                return codes
            place -= reports
        raise IndexError(place)


def codes_per_report(columns: Columns, dimension: Dimension) -> CodesPerReport:
    """How many codes of a coded dimension the reports have."""
    every = np.stack([columns.code(dimension.id, c.id) for c in dimension.codes])
    decided = np.isin(every, (CodeState.PRESENT, CodeState.ABSENT)).all(axis=0)
    counting = [i for i, c in enumerate(dimension.codes) if not (c.missing or c.exclusive)]
    numbers = (every[counting] == CodeState.PRESENT).sum(axis=0)[decided]
    found = Counter(int(n) for n in numbers)
    return CodesPerReport(
        dimension.id,
        dimension.title,
        int(decided.sum()),
        int((~decided).sum()),
        tuple(sorted(found.items())),
    )
