"""One dimension broken down by another, or by what is known of the groups: cohort, year, region, any column.

Columns of a breakdown by a dimension with several codes overlap; so do those of a group that belongs to
several. The first column is always that of all reports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ctg_nlp.framework import Dimension
from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind
from ctg_nlp.synthesis.tables import (
    Denominator,
    Row,
    counted_row,
    denominator_of,
    note_of,
    sample_of,
    without,
)

NOT_TOLD = "Not told"


@dataclass(frozen=True, slots=True)
class Part:
    """A column: some of the reports. `id` is the code or the value by which they are together. `without`: so
    many were wholly decided and have no row at all. `everything`: with those that percentages are not of."""

    id: str
    label: str
    reports: int
    without: int = 0
    everything: int = 0


@dataclass(frozen=True, slots=True)
class CrossRow:
    """A row of a breakdown: one cell for each part, none for a heading."""

    kind: RowKind
    id: str
    label: str
    cells: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossTable:
    """A dimension by parts of the reports; each cell has its own denominator: the part's decided reports.
    `overlapping`: some report is in several parts (not counting the first, that of all reports)."""

    dimension: str
    by: str
    title: str
    note: str
    denominator: Denominator
    parts: tuple[Part, ...]
    rows: tuple[CrossRow, ...]
    overlapping: bool = False


Named = tuple[Part, Mask]


def by_attribute(columns: Columns, name: str, further: Iterable[str] = ()) -> tuple[Named, ...]:
    """The parts that an attribute of the reports makes, in the order of their values; also of `further`
    values, which no report may have."""
    having: dict[str, list[int]] = {value: [] for value in further}
    for i, report in enumerate(columns.reports):
        for value in report.values_of(name) or ("",):
            having.setdefault(value, []).append(i)
    size = len(columns.reports)
    return tuple(
        _part(v, _label(name, v), _mask(having[v], size)) for v in sorted(having, key=_last_if_empty)
    )


def _label(name: str, value: str) -> str:
    """A bare number says nothing at the head of a column: "Cohort 1"."""
    return f"{name[:1].upper()}{name[1:]} {value}" if value.isdigit() else value or NOT_TOLD


def _last_if_empty(value: str) -> tuple[bool, str]:
    return not value, value


def _mask(places: list[int], size: int) -> Mask:
    mask = np.zeros(size, bool)
    mask[places] = True
    return mask


SINGLE_ROWS = (RowKind.CODE, RowKind.BAND, RowKind.VALUE)


def by_dimension(
    columns: Columns, dimension: Dimension, kinds: Collection[RowKind] = SINGLE_ROWS
) -> tuple[Named, ...]:
    """The parts that the rows of a dimension make, those reports on which it is still undecided, and those of
    which none of the rows holds.

    `kinds`: which rows; of a place (a text) `RowKind.ANY_OF` are the regions.
    """
    specs = [s for s in columns.specs(dimension) if s.kind in kinds or s.missing]
    states = [columns.row(dimension, s) for s in specs]
    found = [
        _part(spec.id, spec.label, np.asarray(column == CodeState.PRESENT, bool))
        for spec, column in zip(specs, states, strict=True)
        if dimension.coded or (column == CodeState.PRESENT).any()
    ]
    open_ = np.isin(np.stack(states), (CodeState.UNDECIDED, CodeState.CONFLICT)).any(axis=0)
    placed = np.any([mask for _, mask in found], axis=0) if found else np.zeros(len(columns.reports), bool)
    for part, rest in (("undecided", open_ & ~placed), ("none of these", ~open_ & ~placed)):
        if rest.any():
            found.append(_part(part, part.capitalize(), np.asarray(rest, bool)))
    return tuple(found)


def _part(part_id: str, label: str, mask: Mask) -> Named:
    return Part(part_id, label, int(mask.sum())), mask


def breakdown(
    columns: Columns,
    dimension: Dimension,
    by: str,
    parts: tuple[Named, ...],
    of: Denominator | None = None,
) -> CrossTable:
    """A dimension broken down by parts; `by` names them. `of`: as for `table_of`."""
    denominator = of or denominator_of(dimension)
    sample = sample_of(columns, dimension, denominator)
    everything = (_part("all", "All", np.ones(len(columns.reports), bool)), *parts)
    masks = [mask & sample for _, mask in everything]
    nothing = without(columns, dimension)
    return CrossTable(
        dimension=dimension.id,
        by=by,
        title=f"{dimension.title} by {by}" if by else dimension.title,
        note=note_of(dimension),
        denominator=denominator,
        parts=tuple(
            Part(p.id, p.label, int(mask.sum()), int((mask & nothing).sum()), p.reports)
            for (p, _), mask in zip(everything, masks, strict=True)
        ),
        rows=tuple(_rows(columns, dimension, masks)),
        overlapping=sum(int(m.sum()) for m in masks[1:]) > int(np.any(masks[1:] or [masks[0]], axis=0).sum()),
    )


def _rows(columns: Columns, dimension: Dimension, masks: list[Mask]) -> Iterator[CrossRow]:
    for spec in columns.specs(dimension):
        if spec.kind is RowKind.GROUP:
            yield CrossRow(spec.kind, spec.id, spec.label)
        elif spec.kind is not RowKind.TOTAL:
            states = columns.row(dimension, spec)
            cells = tuple(counted_row(spec, states[mask]) for mask in masks)
            yield CrossRow(spec.kind, spec.id, spec.label, cells)
