"""Synthesis tables from coded reports, in the published layout.

A cell counts reports that coders decided. Undecided reports (and those on which coders disagree) are not
in its denominator and are printed beside it; nothing that a machine suggested enters. `suggested_tables`
makes another object, of another type and label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodeState, Dataset, Suggestion
from ctg_nlp.synthesis.cells import NO_REGION, Columns, Mask, RowKind, RowSpec, States
from ctg_nlp.synthesis.percent import percent_text

REPORTED = "As reported by groups; not verified."
NO_SAMPLE = "No sample is frozen: these are the reports with any decision in it."


class Denominator(StrEnum):
    """What a percentage is of, in words. Reports that are still undecided are never in it."""

    ALL = "all reports"
    INDICATED = "reports that indicate any"
    SAMPLE = "the selected sample"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. `undecided` reports are not in the `denominator`; a total has neither.

    `missing`: it counts reports that do not tell, which is not "no". `codes`: the rows that an any-of counts.
    """

    kind: RowKind
    id: str
    label: str
    n: int | None = None
    denominator: int | None = None
    undecided: int | None = None
    conflicts: int | None = None
    missing: bool = False
    codes: tuple[str, ...] = ()

    @property
    def percent(self) -> str:
        """As printed, one decimal, halves up; empty where there is no denominator."""
        return "" if self.n is None or not self.denominator else percent_text(self.n, self.denominator)


@dataclass(frozen=True, slots=True)
class SynthesisTable:
    """One table of findings: coders' decisions, and nothing else.

    Of its `reports`, `indicating` have a code that says something, `not_reported` were decided not to tell,
    and `without` are wholly decided and have no code at all. `everything`: all reports that count, also those
    that percentages are not of. `open`: those of which it is not decided yet whether they indicate any, where
    percentages are of reports that do.
    """

    dimension: str
    number: int | None
    title: str
    note: str
    reports: int
    denominator: Denominator
    rows: tuple[Row, ...]
    indicating: int = 0
    not_reported: int = 0
    without: int = 0
    everything: int = 0
    open: int = 0


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
    framework: Framework, dataset: Dataset, stage: str = "map", of: Denominator | None = None
) -> tuple[SynthesisTable, ...]:
    """The tables of one stage ("map" or "indepth") over the counted reports, in the framework's order.

    `of`: percentages of these instead of what the framework says.
    """
    columns = Columns(framework, dataset)
    return tuple(table_of(columns, d, of) for d in tabulated(framework, stage))


def tabulated(framework: Framework, stage: str = "map") -> tuple[Dimension, ...]:
    """The dimensions of a stage of which there is a table: codes, bands, and texts that reports share."""
    return tuple(d for d in framework.dimensions if d.stage == stage and d.tabulated)


def table_of(columns: Columns, dimension: Dimension, of: Denominator | None = None) -> SynthesisTable:
    """The table of one dimension; of a text one row for each, most frequent first, within its region."""
    denominator = of or denominator_of(dimension)
    sample = sample_of(columns, dimension, denominator)
    rows = [_row(columns, dimension, spec, sample) for spec in columns.specs(dimension)]
    if dimension.kind == "text":
        rows = _most_frequent_first(rows)
    told = columns.told(dimension)[sample]
    missing = [columns.row(dimension, s)[sample] for s in columns.specs(dimension) if s.missing]
    return SynthesisTable(
        dimension=dimension.id,
        number=dimension.table,
        title=dimension.title,
        note=_note(columns, dimension, denominator),
        reports=int(sample.sum()),
        denominator=denominator,
        rows=tuple(rows),
        indicating=count(told, CodeState.PRESENT),
        not_reported=sum(count(m, CodeState.PRESENT) for m in missing),
        without=int((without(columns, dimension) & sample).sum()),
        everything=len(columns.reports),
        open=_open(columns, dimension) if denominator is Denominator.INDICATED else 0,
    )


def _note(columns: Columns, dimension: Dimension, denominator: Denominator) -> str:
    unchosen = denominator is Denominator.SAMPLE and columns.selected() is None
    return " ".join(filter(None, (note_of(dimension), NO_SAMPLE if unchosen else "")))


def _open(columns: Columns, dimension: Dimension) -> int:
    """How many reports, of the sample in the second stage, may still turn out to indicate any code."""
    told, selected = columns.told(dimension), columns.selected()
    if selected is not None and dimension.stage != "map":
        told = told[selected]
    return count(told, CodeState.UNDECIDED) + count(told, CodeState.CONFLICT)


def without(columns: Columns, dimension: Dimension) -> Mask:
    """Which reports are wholly decided and have no code of the dimension at all."""
    none = columns.told(dimension) == CodeState.ABSENT
    for spec in columns.specs(dimension):
        if spec.missing:
            none &= columns.row(dimension, spec) == CodeState.ABSENT
    return np.asarray(none, bool)


def note_of(dimension: Dimension) -> str:
    """What a table of this dimension says below it: the framework's note, and whose word it is."""
    return " ".join(x for x in (dimension.note, REPORTED if dimension.reported else "") if x)


def _most_frequent_first(rows: list[Row]) -> list[Row]:
    """Regions, each with its places below it, the unknown one last, then who does not tell."""
    blocks: list[list[Row]] = []
    within = False
    for row in rows:
        within = row.kind is RowKind.ANY_OF or (within and not row.missing)
        if within and row.kind is not RowKind.ANY_OF:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    blocks.sort(key=lambda b: (b[0].missing, b[0].label == NO_REGION, -(b[0].n or 0)))
    return [r for first, *rest in blocks for r in (first, *sorted(rest, key=lambda r: -(r.n or 0)))]


def denominator_of(dimension: Dimension) -> Denominator:
    """What the framework has percentages of this dimension be of."""
    if dimension.denominator == "indicated":
        return Denominator.INDICATED
    in_depth = dimension.stage == "indepth" or dimension.denominator == "sample"
    return Denominator.SAMPLE if in_depth else Denominator.ALL


def sample_of(columns: Columns, dimension: Dimension, denominator: Denominator) -> Mask:
    """Which reports a table is over. The selected sample is the frozen selection that is in use; while none
    is, the reports with any decision in the dimension. Those that indicate any are of it too in the second
    stage."""
    selected = columns.selected()
    if denominator is Denominator.INDICATED:
        told = np.asarray(columns.told(dimension) == CodeState.PRESENT, bool)
        return told if selected is None or dimension.stage == "map" else told & selected
    if denominator is Denominator.SAMPLE:
        return columns.touched(dimension) if selected is None else selected
    return np.ones(len(columns.reports), bool)


def reach_of(columns: Columns, dimension: Dimension) -> Mask:
    """Which reports its table could ever be over, whatever is decided yet: those of the selected sample where
    it is of that, else all."""
    selected, of = columns.selected(), denominator_of(dimension)
    sampled = of is Denominator.SAMPLE or (of is Denominator.INDICATED and dimension.stage != "map")
    return selected if sampled and selected is not None else np.ones(len(columns.reports), bool)


def count(states: States, state: CodeState) -> int:
    """How many reports have this state."""
    return int(np.count_nonzero(states == state))


def _row(columns: Columns, dimension: Dimension, spec: RowSpec, sample: Mask) -> Row:
    if spec.kind is RowKind.GROUP:
        return Row(spec.kind, spec.id, spec.label)
    states = columns.row(dimension, spec)[sample]
    conflicts = count(states, CodeState.CONFLICT)
    undecided = count(states, CodeState.UNDECIDED) + conflicts
    if spec.kind is RowKind.TOTAL:
        return Row(spec.kind, spec.id, spec.label, columns.total(dimension, sample), None, undecided)
    return counted_row(spec, states)


def counted_row(spec: RowSpec, states: States) -> Row:
    """A row over reports with these states."""
    present, conflicts = count(states, CodeState.PRESENT), count(states, CodeState.CONFLICT)
    decided = present + count(states, CodeState.ABSENT)
    return Row(
        spec.kind,
        spec.id,
        spec.label,
        present,
        decided,
        len(states) - decided,
        conflicts,
        spec.missing,
        spec.codes,
    )


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
