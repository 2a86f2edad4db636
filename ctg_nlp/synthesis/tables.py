"""Synthesis tables from coded records, in the published layout.

A cell counts reports that coders decided. Undecided reports (and those on which coders disagree) are not
in its denominator and are printed beside it; nothing that a machine suggested enters. `suggested_tables`
makes another object, of another type and label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodedRecord, Suggestion
from ctg_nlp.synthesis.percent import percent_text


class RowKind(StrEnum):
    GROUP = "group"  # a heading over some rows, without figures
    CODE = "code"
    BAND = "band"
    ANY_OF = "any of"  # reports with at least one of several codes
    TOTAL = "total"  # the sum of the values of a number dimension


class Denominator(StrEnum):
    """What a percentage is of, in words."""

    ALL = "all reports decided"
    INDICATED = "reports that indicate any"
    SAMPLE = "reports of the sample decided"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. `undecided` reports are not in the `denominator`; a total has neither."""

    kind: RowKind
    id: str
    label: str
    n: int | None = None
    denominator: int | None = None
    undecided: int | None = None
    conflicts: int | None = None

    @property
    def percent(self) -> str:
        """As printed, one decimal, halves up; empty where there is no denominator."""
        return "" if self.n is None or not self.denominator else percent_text(self.n, self.denominator)


@dataclass(frozen=True, slots=True)
class SynthesisTable:
    """One table of findings: coders' decisions, and nothing else."""

    dimension: str
    number: int | None
    title: str
    note: str
    reports: int
    denominator: Denominator
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class SuggestedTable:
    """What the machine suggests, counted. Not a finding: no coder has confirmed it."""

    dimension: str
    number: int | None
    title: str
    reports: int
    rows: tuple[Row, ...]
    model_id: str


def synthesis_tables(
    framework: Framework, records: Iterable[CodedRecord], reports: Collection[str], stage: str = "map"
) -> tuple[SynthesisTable, ...]:
    """The tables of one stage ("map" or "indepth") over the counted reports, in the framework's order."""
    by_dimension = _by_dimension(records, set(reports))
    dimensions = [d for d in framework.dimensions if d.stage == stage and (d.coded or d.bands)]
    return tuple(_table(d, by_dimension.get(d.id, {}), set(reports)) for d in dimensions)


def _by_dimension(records: Iterable[CodedRecord], reports: set[str]) -> dict[str, dict[str, CodedRecord]]:
    found: dict[str, dict[str, CodedRecord]] = {}
    for record in records:
        if record.report_id in reports:
            found.setdefault(record.dimension, {})[record.report_id] = record
    return found


def _table(dimension: Dimension, records: Mapping[str, CodedRecord], reports: set[str]) -> SynthesisTable:
    sample = reports if dimension.stage == "map" else set(records)
    denominator = Denominator.ALL if dimension.stage == "map" else Denominator.SAMPLE
    if dimension.denominator == "indicated":
        denominator = Denominator.INDICATED
        sample = {r for r, record in records.items() if _indicates(dimension, record)}
    rows = (
        _coded_rows(dimension, records, sample)
        if dimension.coded
        else _number_rows(dimension, records, sample)
    )
    return SynthesisTable(
        dimension.id, dimension.table, dimension.title, dimension.note, len(sample), denominator, tuple(rows)
    )


def _indicates(dimension: Dimension, record: CodedRecord) -> bool:
    return any(not c.missing and c.id in record.present for c in dimension.codes)


def _coded_rows(dimension: Dimension, records: Mapping[str, CodedRecord], sample: set[str]) -> Iterable[Row]:
    labels = {g.id: g.label for g in dimension.groups}
    last = None
    for code in dimension.codes:
        if code.group != last and code.group is not None:
            yield Row(RowKind.GROUP, code.group, labels[code.group])
        last = code.group
        yield _row(RowKind.CODE, code.id, code.label, [{code.id}], records, sample)
    for any_of in dimension.any_of:
        yield _row(RowKind.ANY_OF, any_of.id, any_of.label, [{c} for c in any_of.codes], records, sample)


def _row(
    kind: RowKind,
    row_id: str,
    label: str,
    any_of: Sequence[set[str]],
    records: Mapping[str, CodedRecord],
    sample: set[str],
) -> Row:
    """Present if one of the codes is; absent only if all are; else undecided."""
    present = absent = conflicts = 0
    for report in sample:
        record = records.get(report)
        if record is None:
            continue
        if any(codes <= record.present for codes in any_of):
            present += 1
        elif all(codes <= record.absent for codes in any_of):
            absent += 1
        elif any(codes & record.conflicts for codes in any_of):
            conflicts += 1
    decided = present + absent
    return Row(kind, row_id, label, present, decided, len(sample) - decided, conflicts)


def _number_rows(dimension: Dimension, records: Mapping[str, CodedRecord], sample: set[str]) -> Iterable[Row]:
    decided = [records[r] for r in sorted(sample) if r in records and records[r].value_decided]
    conflicts = sum(1 for r in sample if r in records and records[r].conflicts)
    values = [r.value for r in decided if isinstance(r.value, int)]
    undecided = len(sample) - len(decided)
    for band in dimension.bands:
        n = sum(band.holds(v) for v in values)
        yield Row(RowKind.BAND, band.id, band.label, n, len(decided), undecided, conflicts)
    outside = sum(not any(band.holds(v) for band in dimension.bands) for v in values)
    if outside:
        yield Row(RowKind.BAND, "outside", "Outside the bands", outside, len(decided), undecided, conflicts)
    if dimension.missing is not None:
        n = len(decided) - len(values)
        label = dimension.missing.label
        yield Row(RowKind.BAND, dimension.missing.id, label, n, len(decided), undecided, conflicts)
    if dimension.total:
        yield Row(RowKind.TOTAL, "total", dimension.total, sum(values), None, undecided)


def suggested_tables(
    framework: Framework, suggestions: Iterable[Suggestion], reports: Collection[str]
) -> tuple[SuggestedTable, ...]:
    """The tables of the map over what a model suggests, with every counted report as denominator."""
    counted: dict[str, dict[str, int]] = {}
    values: dict[str, list[int]] = {}
    seen: set[str] = set()
    model = ""
    for s in suggestions:
        if s.report_id not in reports:
            continue
        seen.add(s.report_id)
        model = s.model_id
        if s.code is not None and s.suggested:
            of_dimension = counted.setdefault(s.dimension, {})
            of_dimension[s.code] = of_dimension.get(s.code, 0) + 1
        elif s.code is None and isinstance(s.value, int):
            values.setdefault(s.dimension, []).append(s.value)
    tables = []
    for d in framework.tables():
        rows = _suggested_rows(d, counted.get(d.id, {}), values.get(d.id, []), len(seen))
        tables.append(SuggestedTable(d.id, d.table, d.title, len(seen), tuple(rows), model))
    return tuple(tables)


def _suggested_rows(
    d: Dimension, counted: Mapping[str, int], values: list[int], reports: int
) -> Iterable[Row]:
    for code in d.codes:
        yield Row(RowKind.CODE, code.id, code.label, counted.get(code.id, 0), reports)
    for band in d.bands:
        yield Row(RowKind.BAND, band.id, band.label, sum(band.holds(v) for v in values), reports)
    if d.missing is not None:
        yield Row(RowKind.BAND, d.missing.id, d.missing.label, reports - len(values), reports)
    if d.total:
        yield Row(RowKind.TOTAL, "total", d.total, sum(values))
