"""What each row of a table is for each report: present, absent, undecided or in conflict.

All figures are made from these columns: a table counts them, a cross-tabulation counts two together, a
change compares two of them, and the reports behind a number are those that are present in its column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctg_nlp.framework import Band, Dimension, Framework
from ctg_nlp.records import CodedValue, CodeState, Dataset, RecordState

NO_REGION = "Region not known"
States = NDArray[np.uint8]
"""A `CodeState` for each report."""
Mask = NDArray[np.bool_]
"""Which reports, in the order of the dataset."""

_VALUE_STATES = {
    RecordState.UNDECIDED: CodeState.UNDECIDED,
    RecordState.CONFLICT: CodeState.CONFLICT,
    RecordState.DECIDED: CodeState.ABSENT,
}


class RowKind(StrEnum):
    GROUP = "group"  # a heading over some rows, without figures
    CODE = "code"
    BAND = "band"
    VALUE = "value"  # one text that reports gave
    ANY_OF = "any of"  # reports with at least one of several codes
    TOTAL = "total"  # the sum of the values of a number dimension


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row before it is counted. `missing`: it counts reports that do not tell, which is not "no"."""

    kind: RowKind
    id: str
    label: str
    missing: bool = False
    codes: tuple[str, ...] = ()


class Columns:
    """The reports of a dataset as columns, one for each row of each table."""

    def __init__(self, framework: Framework, dataset: Dataset) -> None:
        self.framework = framework
        self.reports = dataset.reports
        self._places = {key: i for i, key in enumerate(framework.keys)}
        self._regions = dict(dataset.regions)
        self._sample = dataset.sample
        self._values = {d.id: i for i, d in enumerate(framework.valued)}
        self._factored: dict[str, tuple[tuple[CodedValue, ...], NDArray[np.intp]]] = {}

    @cached_property
    def _states(self) -> NDArray[np.uint8]:
        packed = b"".join(r.states for r in self.reports)
        # A column at a time is read, so columns lie together in memory.
        return np.asfortranarray(
            np.frombuffer(packed, np.uint8).reshape(len(self.reports), len(self._places))
        )

    def code(self, dimension: str, code: str) -> States:
        """The state of a code in each report."""
        return self._states[:, self._places[dimension, code]]

    def values(self, dimension: str) -> list[CodedValue]:
        """What was decided on a number or text, for each report."""
        place = self._values[dimension]
        return [r.values[place] for r in self.reports]

    def _different(self, dimension: str) -> tuple[tuple[CodedValue, ...], NDArray[np.intp]]:
        """The different values of a number or text, and which of them each report has."""
        if dimension not in self._factored:
            place = self._values[dimension]
            seen: dict[CodedValue, int] = {}
            which = (seen.setdefault(r.values[place], len(seen)) for r in self.reports)
            places = np.fromiter(which, np.intp, len(self.reports))
            self._factored[dimension] = tuple(seen), places
        return self._factored[dimension]

    def _spread(self, dimension: str, state: Callable[[CodedValue], CodeState]) -> States:
        values, which = self._different(dimension)
        return np.array([state(v) for v in values], np.uint8)[which]

    def specs(self, dimension: Dimension) -> tuple[RowSpec, ...]:
        """The rows of a dimension's table, in its order."""
        return tuple(_coded_specs(dimension) if dimension.coded else self._value_specs(dimension))

    def _value_specs(self, dimension: Dimension) -> Iterator[RowSpec]:
        values = [v.value for v in self._different(dimension.id)[0] if v.value is not None]
        if dimension.kind == "text":
            yield from self._text_specs({text for v in values for text in texts_of(v)})
            return
        for band in dimension.bands:
            yield RowSpec(RowKind.BAND, band.id, band.label)
        if any(not _inside(dimension.bands, v) for v in values):
            yield RowSpec(RowKind.BAND, "outside", "Outside the bands")
        if dimension.missing is not None:
            yield RowSpec(RowKind.BAND, dimension.missing.id, dimension.missing.label, missing=True)
        if dimension.total:
            yield RowSpec(RowKind.TOTAL, "total", dimension.total)

    def _text_specs(self, texts: set[str]) -> Iterator[RowSpec]:
        by_region: dict[str, list[str]] = {}
        for text in sorted(texts):
            by_region.setdefault(self._regions.get(text, ""), []).append(text)
        for region, inside in sorted(by_region.items(), key=lambda item: (not item[0], item[0])):
            if any(by_region):
                yield RowSpec(RowKind.ANY_OF, f"region {region}", region or NO_REGION, codes=tuple(inside))
            for text in inside:
                yield RowSpec(RowKind.VALUE, text, text)
        yield RowSpec(RowKind.VALUE, "", "Not told", missing=True)

    def row(self, dimension: Dimension, spec: RowSpec) -> States:
        """The state of a row in each report. Of any-of: present if one code is, absent only if all are."""
        if spec.kind is RowKind.CODE:
            return self.code(dimension.id, spec.id)
        if spec.kind is RowKind.ANY_OF and dimension.coded:
            return any_of([self.code(dimension.id, c) for c in spec.codes])
        return self._value_row(dimension, spec)

    def _value_row(self, dimension: Dimension, spec: RowSpec) -> States:
        bands = {b.id: b for b in dimension.bands}

        def holds(value: int | str | None) -> bool:
            if value is None or spec.missing:
                return value is None and spec.missing
            if dimension.kind == "text":
                return not texts_of(value).isdisjoint(spec.codes or (spec.id,))
            if spec.kind is RowKind.TOTAL:
                return True
            band = bands.get(spec.id)
            return band.holds(int(value)) if band else not _inside(dimension.bands, value)

        return self._spread(dimension.id, lambda v: _value_state(v, holds(v.value)))

    def told(self, dimension: Dimension) -> States:
        """Whether each report tells anything in a dimension: a code that is no missing code, or a value."""
        if dimension.coded:
            return any_of([self.code(dimension.id, c.id) for c in dimension.codes if not c.missing])
        return self._spread(dimension.id, lambda v: _value_state(v, v.value is not None))

    def touched(self, dimension: Dimension) -> Mask:
        """Which reports have any decision in a dimension."""
        if dimension.coded:
            found = np.zeros(len(self.reports), bool)
            for c in dimension.codes:
                found |= self.code(dimension.id, c.id) != CodeState.UNDECIDED
            return found
        states = self._spread(dimension.id, lambda v: _VALUE_STATES[v.state])
        return np.asarray(states != CodeState.UNDECIDED, bool)

    def selected(self) -> Mask | None:
        """Which reports are in the frozen selection that is in use; None where there is none."""
        if self._sample is None:
            return None
        return np.array([r.report_id in self._sample for r in self.reports], bool)

    def total(self, dimension: Dimension, mask: Mask) -> int:
        """The sum of the decided numbers of some reports."""
        values, which = self._different(dimension.id)
        reports = np.bincount(which[mask], minlength=len(values))
        return sum(v.value * int(n) for v, n in zip(values, reports, strict=True) if isinstance(v.value, int))


def _coded_specs(dimension: Dimension) -> Iterator[RowSpec]:
    labels = {g.id: g.label for g in dimension.groups}
    last = None
    for code in dimension.codes:
        if code.group != last and code.group is not None:
            yield RowSpec(RowKind.GROUP, code.group, labels[code.group])
        last = code.group
        yield RowSpec(RowKind.CODE, code.id, code.label, code.missing)
    for row in dimension.any_of:
        yield RowSpec(RowKind.ANY_OF, row.id, row.label, codes=row.codes)


def texts_of(value: int | str) -> frozenset[str]:
    """The texts of a value that holds several, separated by semicolons."""
    return frozenset(part for part in (p.strip() for p in str(value).split(";")) if part)


def any_of(columns: Iterable[States]) -> States:
    """Present where one column is, absent only where all are; else undecided, or in conflict if one is."""
    stacked = np.stack(list(columns))
    found = np.where((stacked == CodeState.ABSENT).all(axis=0), CodeState.ABSENT, CodeState.UNDECIDED)
    found = np.where((stacked == CodeState.CONFLICT).any(axis=0), CodeState.CONFLICT, found)
    return np.where((stacked == CodeState.PRESENT).any(axis=0), CodeState.PRESENT, found).astype(np.uint8)


def _value_state(value: CodedValue, holds: bool) -> CodeState:
    return CodeState.PRESENT if holds and value.state is RecordState.DECIDED else _VALUE_STATES[value.state]


def _inside(bands: Iterable[Band], value: int | str) -> bool:
    return any(band.holds(int(value)) for band in bands)
