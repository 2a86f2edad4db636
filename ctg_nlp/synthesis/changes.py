"""Which cells differ between two datasets, and which reports moved each of them, by how much.

Only reports whose row differs are looked at one by one. The moves of a cell add up exactly to the difference
of its count, and of its denominator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodeState, Dataset
from ctg_nlp.synthesis.breakdown import Named, Part, by_attribute, by_dimension
from ctg_nlp.synthesis.cells import Columns, RowKind, RowSpec
from ctg_nlp.synthesis.tables import denominator_of, sample_of, tabulated

_DECIDED = (CodeState.ABSENT, CodeState.PRESENT)
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellKey:
    """A cell: its table (a dimension), its row, and the part of the reports in a breakdown ("": all)."""

    table: str
    row: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Addends:
    """A cell as what each report of a dataset adds to its count and denominator, and its state in the row.
    `codes` are those that the row is made of."""

    key: CellKey
    kind: RowKind
    label: str
    codes: tuple[str, ...]
    n: Numbers
    denominator: Numbers
    states: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Move:
    """What one report changed in a cell. `before` and `after` are its states; None: it did not count."""

    report_id: str
    n: int
    denominator: int
    before: CodeState | None
    after: CodeState | None


@dataclass(frozen=True, slots=True)
class Count:
    """The count of a cell and its denominator; a total has none."""

    n: int
    denominator: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tables (empty: all that are tabulated) and by which attribute they are broken down ("": not at
    all). With `rows` it is a dimension, whose rows of these kinds make the parts."""

    tables: tuple[str, ...] = ()
    by: str = ""
    rows: tuple[RowKind, ...] = ()


def cells(framework: Framework, dataset: Dataset, asked: Asked) -> Iterator[Addends]:
    """All cells of the tables asked for, the parts of a breakdown without that of all reports."""
    columns = Columns(framework, dataset)
    parts = parts_of(columns, asked)
    for dimension in dimensions(framework, asked.tables):
        sample = sample_of(columns, dimension, denominator_of(dimension))
        for spec in columns.specs(dimension):
            if spec.kind is RowKind.GROUP or (spec.kind is RowKind.TOTAL and asked.by):
                continue
            states = columns.row(dimension, spec)
            n, of = _added(columns, dimension, spec)
            for part, mask in parts:
                inside = sample & mask
                key = CellKey(dimension.id, spec.id, part.id)
                codes = spec.codes if spec.kind is RowKind.ANY_OF and dimension.coded else (spec.id,)
                label = f"{spec.label}, {part.label}" if part.label else spec.label
                yield Addends(key, spec.kind, label, codes, n * inside, of * inside, states)


def _added(columns: Columns, dimension: Dimension, spec: RowSpec) -> tuple[Numbers, Numbers]:
    states = columns.row(dimension, spec)
    if spec.kind is RowKind.TOTAL:
        numbers = (v.value if isinstance(v.value, int) else 0 for v in columns.values(dimension.id))
        return np.fromiter(numbers, np.int64, len(states)), np.zeros(len(states), np.int64)
    return (states == CodeState.PRESENT).astype(np.int64), np.isin(states, _DECIDED).astype(np.int64)


def dimensions(framework: Framework, tables: Collection[str]) -> tuple[Dimension, ...]:
    """The dimensions of some tables, named by their id or number; all that are tabulated if none is named."""
    if tables:
        return tuple(d for d in framework.dimensions if {d.id, str(d.table)} & set(tables))
    return tabulated(framework, "map") + tabulated(framework, "indepth")


def parts_of(columns: Columns, asked: Asked) -> Sequence[Named]:
    """The parts of a breakdown, or the one of all reports; none where the framework has no such dimension."""
    everything = np.ones(len(columns.reports), bool)
    if not asked.by:
        return ((Part("", "", len(everything)), everything),)
    if not asked.rows:
        return by_attribute(columns, asked.by)
    dimension = columns.framework.dimension(asked.by)
    return () if dimension is None else by_dimension(columns, dimension, asked.rows)


def totals(
    framework: Framework, dataset: Dataset, asked: Asked, wanted: Collection[CellKey] | None = None
) -> dict[CellKey, Count]:
    """The figures of all cells, or of those wanted."""
    found = {}
    for cell in cells(framework, dataset, asked):
        if wanted is None or cell.key in wanted:
            of = None if cell.kind is RowKind.TOTAL else int(cell.denominator.sum())
            found[cell.key] = Count(int(cell.n.sum()), of)
    return found


def differing(before: Dataset, after: Dataset) -> frozenset[str]:
    """The ids of the reports that are in one of the two only, or whose row or place in the sample differs."""
    old, new = ({r.report_id: r for r in d.reports} for d in (before, after))
    other = frozenset(i for i in old.keys() | new.keys() if old.get(i) != new.get(i))
    return other | resampled(before, after)


def resampled(before: Dataset, after: Dataset) -> frozenset[str]:
    """The ids of the reports that may be in the selected sample of one of the two only."""
    if before.sample == after.sample:
        return frozenset()
    if before.sample is None or after.sample is None:  # without one it is whatever was begun
        return frozenset(r.report_id for d in (before, after) for r in d.reports)
    return before.sample ^ after.sample


def only(dataset: Dataset, report_ids: Collection[str]) -> Dataset:
    """A dataset with some of its reports."""
    return replace(dataset, reports=tuple(r for r in dataset.reports if r.report_id in report_ids))


def moves(
    before: tuple[Dataset, Mapping[CellKey, Addends]], after: tuple[Dataset, Mapping[CellKey, Addends]]
) -> dict[CellKey, tuple[Move, ...]]:
    """The reports that move each cell, from the cells of two datasets; cells that none moves are left out.
    A cell that one of them does not have counts nothing there."""
    old, new = ({r.report_id: i for i, r in enumerate(d.reports)} for d, _ in (before, after))
    reports = tuple(dict.fromkeys((*old, *new)))
    places = tuple(np.array([at.get(r, -1) for r in reports], np.int64) for at in (old, new))
    found = {}
    for key in dict.fromkeys((*before[1], *after[1])):
        pair = (before[1].get(key), after[1].get(key))
        n, of = (_difference(pair, places, name) for name in ("n", "denominator"))
        moved = np.flatnonzero((n != 0) | (of != 0))
        if len(moved):
            found[key] = tuple(
                Move(
                    reports[i],
                    int(n[i]),
                    int(of[i]),
                    _state(pair[0], int(places[0][i])),
                    _state(pair[1], int(places[1][i])),
                )
                for i in moved
            )
    return found


def _difference(
    pair: tuple[Addends | None, Addends | None], places: tuple[NDArray[np.int64], ...], name: str
) -> Numbers:
    old, new = (
        np.zeros(len(at), np.int64) if cell is None else np.append(getattr(cell, name), 0)[at]
        for cell, at in zip(pair, places, strict=True)  # place -1, of a report that is not there, is the 0
    )
    return new - old


def _state(cell: Addends | None, place: int) -> CodeState | None:
    return None if cell is None or place < 0 else CodeState(int(cell.states[place]))
