"""Who answered, and how far those who did not could move a figure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ctg_nlp.records import Dataset
from ctg_nlp.synthesis.breakdown import NOT_TOLD
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.tables import Row


@dataclass(frozen=True, slots=True)
class Response:
    """Of the `expected` groups (or those of one part), `responded` have a report that counts."""

    part: str
    expected: int
    responded: int

    @property
    def percent(self) -> str:
        """The response rate as printed."""
        return percent_text(self.responded, self.expected)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The count that a cell would have between the two extremes: none of the silent groups, or all of them,
    would have shown it; of `groups` (Manski 1989, "Anatomy of the selection problem")."""

    low: int
    high: int
    groups: int

    @property
    def percent(self) -> tuple[str, str]:
        """Both as percentages of all groups."""
        return percent_text(self.low, self.groups), percent_text(self.high, self.groups)


def response(dataset: Dataset, by: str = "") -> tuple[Response, ...]:
    """The response of all expected groups, and with `by` of those with each value of an attribute.

    Empty where no register says who was expected.
    """
    answered = {r.group_id: r.values_of(by) or ("",) for r in dataset.reports if r.expected}
    silent = {g.group_id: g.values_of(by) or ("",) for g in dataset.silent}
    if not answered and not silent:
        return ()
    found = [Response("All", len(answered) + len(silent), len(answered))]
    if by:
        came, missed = (Counter(v for values in part.values() for v in values) for part in (answered, silent))
        parts = sorted(came | missed, key=lambda v: (not v, v))
        found += [Response(v or NOT_TOLD, came[v] + missed[v], came[v]) for v in parts]
    return tuple(found)


def bounds(row: Row, silent: int) -> Bounds | None:
    """How far the silent groups could move a cell; undecided reports could go either way too. None for rows
    without a denominator."""
    if row.n is None or row.denominator is None:
        return None
    undecided = row.undecided or 0
    return Bounds(row.n, row.n + undecided + silent, row.denominator + undecided + silent)
