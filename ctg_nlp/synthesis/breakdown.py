"""One dimension broken down by another, or by what is known of the groups: cohort, year, region, any column.

Columns of a breakdown by a dimension with several codes overlap; so do those of a group that belongs to
several. The first column is always that of all reports.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from ctg_nlp.framework import Dimension
from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind
from ctg_nlp.synthesis.tables import Denominator, Row, counted_row, denominator_of, sample_of, without

NOT_TOLD = "Not told"
UNDECIDED = "Undecided"


@dataclass(frozen=True, slots=True)
class Part:
    """A column: some of the reports. `id` is the code or the value by which they are together. `without`: so
    many were wholly decided and have no row at all."""

    id: str
    label: str
    reports: int
    without: int = 0


@dataclass(frozen=True, slots=True)
class CrossRow:
    """A row of a breakdown: one cell for each part, none for a heading."""

    kind: RowKind
    id: str
    label: str
    cells: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossTable:
    """A dimension by parts of the reports; each cell has its own denominator: the part's decided reports."""

    dimension: str
    by: str
    title: str
    note: str
    denominator: Denominator
    parts: tuple[Part, ...]
    rows: tuple[CrossRow, ...]


Named = tuple[Part, Mask]


def by_attribute(columns: Columns, name: str) -> tuple[Named, ...]:
    """The parts that an attribute of the reports makes, in the order of their values."""
    said = [r.values_of(name) for r in columns.reports]
    values = sorted({v for vs in said for v in vs})
    found = [_part(v, v, np.array([v in vs for vs in said], bool)) for v in values]
    if not all(said):
        found.append(_part("", NOT_TOLD, np.array([not vs for vs in said], bool)))
    return tuple(found)


_SINGLE_ROWS = (RowKind.CODE, RowKind.BAND, RowKind.VALUE)


def by_dimension(
    columns: Columns, dimension: Dimension, kinds: Collection[RowKind] = _SINGLE_ROWS
) -> tuple[Named, ...]:
    """The parts that the rows of a dimension make, and those reports on which it is still undecided.

    `kinds`: which rows; of a place (a text) `RowKind.ANY_OF` are the regions.
    """
    specs = [s for s in columns.specs(dimension) if s.kind in kinds or s.missing]
    states = [columns.row(dimension, s) for s in specs]
    found = [
        _part(spec.id, spec.label, np.asarray(column == CodeState.PRESENT, bool))
        for spec, column in zip(specs, states, strict=True)
    ]
    open_ = np.isin(np.stack(states), (CodeState.UNDECIDED, CodeState.CONFLICT)).any(axis=0)
    placed = np.stack([mask for _, mask in found]).any(axis=0)
    waiting = np.asarray(open_ & ~placed, bool)
    if waiting.any():
        found.append(_part("undecided", UNDECIDED, waiting))
    return tuple(found)


def _part(part_id: str, label: str, mask: Mask) -> Named:
    return Part(part_id, label, int(mask.sum())), mask


def breakdown(columns: Columns, dimension: Dimension, by: str, parts: tuple[Named, ...]) -> CrossTable:
    """A dimension broken down by parts; `by` names them."""
    denominator = denominator_of(dimension)
    sample = sample_of(columns, dimension, denominator)
    everything = (_part("all", "All", np.ones(len(columns.reports), bool)), *parts)
    masks = [mask & sample for _, mask in everything]
    nothing = without(columns, dimension)
    return CrossTable(
        dimension=dimension.id,
        by=by,
        title=f"{dimension.title} by {by}",
        note=dimension.note,
        denominator=denominator,
        parts=tuple(
            Part(p.id, p.label, int(mask.sum()), int((mask & nothing).sum()))
            for (p, _), mask in zip(everything, masks, strict=True)
        ),
        rows=tuple(_rows(columns, dimension, masks)),
    )


def _rows(columns: Columns, dimension: Dimension, masks: list[Mask]) -> Iterator[CrossRow]:
    for spec in columns.specs(dimension):
        if spec.kind is RowKind.GROUP:
            yield CrossRow(spec.kind, spec.id, spec.label)
        elif spec.kind is not RowKind.TOTAL:
            states = columns.row(dimension, spec)
            cells = tuple(counted_row(spec, states[mask]) for mask in masks)
            yield CrossRow(spec.kind, spec.id, spec.label, cells)
