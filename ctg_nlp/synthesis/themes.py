"""Counts of the second stage in words, with what each percentage is of, and declared comparisons with the
map."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.framework import Code, Dimension
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind, RowSpec
from ctg_nlp.synthesis.tables import Denominator, Row, SynthesisTable, counted_row, sample_of, table_of

CAUTION = (
    "The two codes differ, and the sample was chosen for what its reports say: the comparison shows neither "
    "a change nor an effect, and no test of significance applies."
)
_OF = {
    Denominator.ALL: "of all {units}",
    Denominator.INDICATED: "of those who indicated any",
    Denominator.SAMPLE: "of the sample",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A code of the map that a code of the second stage is compared with: over the whole programme, and over
    the reports of the sample alone."""

    dimension: str
    code: str
    title: str
    label: str
    programme: Row
    in_sample: Row


@dataclass(frozen=True, slots=True)
class CodeCount:
    """A code with its count. `row` is over what the framework has percentages of (`of`); `others` are the
    same over the other denominators."""

    dimension: str
    code: str
    label: str
    row: Row
    of: Denominator
    others: tuple[tuple[Denominator, Row], ...] = ()
    compared: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionCount:
    """The counts of one dimension, with the table that they are the rows of."""

    dimension: Dimension
    table: SynthesisTable
    codes: tuple[CodeCount, ...]


def counted(columns: Columns, dimension: Dimension) -> DimensionCount:
    """The counts of a dimension's codes; none for a dimension of values."""
    table = table_of(columns, dimension)
    sample = sample_of(columns, dimension, Denominator.SAMPLE)
    rows = {r.id: r for r in table.rows if r.kind is RowKind.CODE}
    other = {d: table_of(columns, dimension, d) for d in Denominator if d is not table.denominator}
    further = {d: {r.id: r for r in t.rows if r.kind is RowKind.CODE} for d, t in other.items()}
    codes = tuple(
        CodeCount(
            dimension.id,
            c.id,
            c.label,
            rows[c.id],
            table.denominator,
            tuple((d, of[c.id]) for d, of in further.items()),
            _compared(columns, c, sample),
        )
        for c in dimension.codes
    )
    return DimensionCount(dimension, table, codes)


def _compared(columns: Columns, code: Code, sample: Mask) -> tuple[Compared, ...]:
    found = []
    for name in code.compare_with:
        dimension_id, _, code_id = name.partition(".")
        dimension = columns.framework.dimension(dimension_id)
        other = dimension.code(code_id) if dimension else None
        if dimension is None or other is None:
            continue  # checked when the framework is read
        spec = RowSpec(RowKind.CODE, other.id, other.label, other.missing)
        states = columns.code(dimension_id, code_id)
        found.append(
            Compared(
                dimension_id,
                code_id,
                dimension.title,
                other.label,
                counted_row(spec, states),
                counted_row(spec, states[sample]),
            )
        )
    return tuple(found)


def said(row: Row, of: Denominator, unit: str) -> str:
    """A count in words, as "8 groups, 38.1 % of those who indicated any"."""
    n = row.n or 0
    if not row.percent:
        return "not decided yet" if row.undecided else f"{_many(n, unit)}, – % {of_words(of, unit)}"
    decided = f"of the {row.denominator} decided " if row.undecided else ""
    return f"{_many(n, unit)}, {row.percent} % {decided}{of_words(of, unit)}"


def of_words(of: Denominator, unit: str, sampled: bool = True) -> str:
    """What a percentage is of, in words, as "of those who indicated any". `sampled`: a sample was frozen."""
    if of is Denominator.SAMPLE and not sampled:
        return "of those coded in it"
    return _OF[of].format(units=f"{unit}s")


def said_in_full(row: Row, of: Denominator, unit: str) -> str:
    """The same with what the percentage is of in figures, and how many are undecided."""
    undecided = f", {row.undecided} undecided" if row.undecided else ""
    share = f"{_many(row.n or 0, unit)}, {row.percent or '–'} % {of_words(of, unit)}"
    return f"{share} ({row.denominator or 0}{undecided})"


def said_compared(count: CodeCount, compared: Compared, unit: str) -> str:
    """A declared comparison in words, as "18 groups, 64.3 % of the sample, compared with 24.0 % of all
    groups"."""
    other = compared.programme
    return (
        f"{said(count.row, count.of, unit)}, compared with {other.percent or '–'} % of all {unit}s "
        f"({other.n} of {other.denominator}) coded “{compared.label}” in “{compared.title}”"
    )


def _many(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"
