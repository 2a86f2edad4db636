"""Who answered, and how far those who did not could move a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ctg_nlp.records import Dataset, SilentGroup
from ctg_nlp.synthesis.breakdown import NOT_TOLD, CrossTable
from ctg_nlp.synthesis.cells import RowKind
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


@dataclass(frozen=True, slots=True)
class BoundedRow:
    """A row with its bounds in each part; a heading has none."""

    kind: RowKind
    id: str
    label: str
    bounds: tuple[Bounds | None, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundedTable:
    """How far the groups that sent nothing could move each cell. `parts` are (name, reports, silent groups),
    the first that of all."""

    dimension: str
    by: str
    title: str
    note: str
    parts: tuple[tuple[str, int, int], ...]
    rows: tuple[BoundedRow, ...]


def bounded(table: CrossTable, silent: Sequence[SilentGroup]) -> BoundedTable:
    """A breakdown by what is known of the groups (or by nothing) with the bounds of its cells; `silent`
    groups sent nothing."""
    missing = Counter(v for g in silent for v in (g.values_of(table.by) or ("",)))
    lacking = [len(silent), *(missing[p.id] for p in table.parts[1:])]
    rows = (
        BoundedRow(r.kind, r.id, r.label, tuple(bounds(c, n) for c, n in zip(r.cells, lacking, strict=True)))
        if r.cells
        else BoundedRow(r.kind, r.id, r.label)
        for r in table.rows
    )
    parts = tuple((p.label, p.reports, n) for p, n in zip(table.parts, lacking, strict=True))
    return BoundedTable(table.dimension, table.by, table.title, table.note, parts, tuple(rows))


def bounds(row: Row, silent: int) -> Bounds | None:
    """How far the silent groups could move a cell; undecided reports could go either way too. None for rows
    without a denominator."""
    if row.n is None or row.denominator is None:
        return None
    undecided = row.undecided or 0
    return Bounds(row.n, row.n + undecided + silent, row.denominator + undecided + silent)
