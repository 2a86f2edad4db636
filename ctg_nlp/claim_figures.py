"""The figures that a narrative can be about: all tables as they are shown, and numbers that stand alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from statistics import median

from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Dataset
from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.claims import Tied
from ctg_nlp.synthesis.quantifiers import Bounds
from ctg_nlp.synthesis.queries import Comparison, Quantified, Query, QueryError, Ranked, Value, query_of
from ctg_nlp.synthesis.readings import Figures
from ctg_nlp.synthesis.response import response
from ctg_nlp.synthesis.shown import ShownTable, shown
from ctg_nlp.synthesis.tables import SynthesisTable, synthesis_tables, table_of
from ctg_nlp.tabulation import Tabulation

Made = SynthesisTable | CrossTable
Control = Callable[[Sequence[Made]], Iterable[ShownTable]]
"""What makes tables ready to be shown: it may withhold cells."""


def show_all(tables: Sequence[Made]) -> Iterable[ShownTable]:
    """Nothing withheld."""
    return map(shown, tables)


def figures(
    framework: Framework, data: Dataset, claims: Iterable[Tied], words: Mapping[str, Bounds],
    control: Control, *, exact: bool = True,
) -> Figures:  # fmt: skip
    """All tables, and those broken down that claims ask for, as they are shown; and the single figures. A
    median is one of the values that reports gave: it is told only where all figures of its table are."""
    tabulation = Tabulation(framework, data)
    columns = tabulation.columns
    asked = {pair for c in claims for pair in _asked(c, words)}
    tables: list[Made] = [t for stage in ("map", "indepth") for t in synthesis_tables(framework, data, stage)]
    known = {t.dimension for t in tables if isinstance(t, SynthesisTable)}
    by_id = {d.id: d for d in framework.dimensions}
    further = sorted({d for d, _ in asked} & by_id.keys() - known)
    tables += (table_of(columns, by_id[d]) for d in further)
    broken = dict(_broken_down(tabulation, by_id, sorted(p for p in asked if p[1])))
    tables += {_id_of(t): t for t in broken.values()}.values()
    shown_tables = {t.id: t for t in control(tables)}
    shown_tables |= {n: shown_tables[_id_of(t)] for n, t in broken.items() if _id_of(t) in shown_tables}
    parts = dict(_part_labels(framework, broken))
    medians = {f"median {d}": d for d in by_id}
    single = dict(_single(columns, data))
    untold = frozenset(m for m in single.keys() & medians if not (exact and _open(shown_tables, medians[m])))
    return Figures(shown_tables, {n: v for n, v in single.items() if n not in untold}, parts, untold)


def _open(tables: Mapping[str, ShownTable], dimension: str) -> bool:
    """Whether the table of a dimension is shown with all its figures."""
    table = tables.get(dimension)
    return table is not None and not any(c.withheld for r in table.rows for c in r.cells)


def _broken_down(
    tabulation: Tabulation, dimensions: Mapping[str, Dimension], asked: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, CrossTable]]:
    """The breakdowns that claims ask for, by the name that they use ("outcomes by year")."""
    for dimension, by in asked:
        if dimension not in dimensions or by == dimension:
            continue  # the claim will be told that there is no such table
        with suppress(CtgError):  # nor where nothing can be broken down by that
            yield f"{dimension} by {by}", tabulation.cross(dimensions[dimension], by)


def _id_of(table: CrossTable) -> str:
    """The id of a breakdown once it is shown."""
    return f"{table.dimension} by {table.by}"


def _part_labels(
    framework: Framework, broken: Mapping[str, CrossTable]
) -> Iterator[tuple[tuple[str, str], str]]:
    """The label of each part by the name of the breakdown in the claim, and the part's id."""
    for d in framework.dimensions:
        yield from (((d.id, c.id), c.label) for c in d.codes)
    for name, table in broken.items():
        by = name.removeprefix(f"{table.dimension} by ")
        yield from (((by, p.id), p.label) for p in table.parts if p.id)


def _asked(claim: Tied, words: Mapping[str, Bounds]) -> set[tuple[str, str]]:
    """Which tables a claim asks for, as (dimension, by)."""
    try:
        query = query_of(claim.query, words)
    except QueryError:
        return set()
    if isinstance(query, Ranked):
        return {(query.dimension, query.by)}
    return {(v.dimension, v.by) for v in _values(query)}


def _values(query: Query) -> Iterator[Value]:
    if isinstance(query, Quantified):
        yield query.value
    elif isinstance(query, Comparison):
        yield query.first
        yield from (v for _, v in query.steps if isinstance(v, Value))


def _single(columns: Columns, data: Dataset) -> Iterator[tuple[str, Fraction]]:
    yield "reports", Fraction(len(data.reports))
    answered = response(data)
    if answered:
        yield "response", Fraction(answered[0].responded)
        yield "expected", Fraction(answered[0].expected)
        yield "silent", Fraction(answered[0].expected - answered[0].responded)
    for d in columns.framework.dimensions:
        values = columns.values(d.id) if d.kind == "number" else ()
        if numbers := [v.value for v in values if isinstance(v.value, int)]:
            yield f"median {d.id}", Fraction(median(numbers))
