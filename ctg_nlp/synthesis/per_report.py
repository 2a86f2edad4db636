"""How many codes of a dimension reports have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import mean, median

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
        return mean(self._all()) if self.reports else None

    @property
    def median(self) -> float | None:
        """The median number of codes in a report; None of no report."""
        return float(median(self._all())) if self.reports else None

    def _all(self) -> list[int]:
        return [codes for codes, reports in self.counts for _ in range(reports)]


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
