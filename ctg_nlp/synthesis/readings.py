"""The figures that claims are about, read from tables as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.queries import OF_ALL, QueryError, Ranked, Value
from ctg_nlp.synthesis.shown import SUPPRESSED, ShownCell, ShownRow, ShownTable


@dataclass(frozen=True, slots=True)
class Figures:
    """What claims can be about: tables by their id ("outcomes", "outcomes by cohort"), and single numbers by
    name: "reports", "expected", "response", "silent", "median size". `parts` give the label of a part's
    id: ((by, id), label). `untold`: names of single numbers that there are and that must not be told."""

    tables: Mapping[str, ShownTable]
    single: Mapping[str, Fraction] = field(default_factory=dict)
    parts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Span:
    """A figure as it is, and between which values undecided reports could move it."""

    low: Fraction
    now: Fraction
    high: Fraction


class Withheld(Exception):
    """A cell that a claim hangs on is withheld."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure with all that a text may say of it; None where there is no such figure."""

    said: str
    n: Span | None = None
    percent: Span | None = None
    of: Fraction | None = None
    undecided: Fraction | None = None
    where: tuple[str, str, str] | None = None


def reading(figures: Figures, value: Value) -> Reading:
    """The figure that a value names. Raises `QueryError` where there is none, `Withheld` where it is not
    shown."""
    if value.what in OF_ALL:
        return _single(figures, value.what)
    if value.what == "median":
        if value.by:
            raise QueryError("There are medians of all reports only.")
        return _plain(figures, f"median {value.dimension}")
    table, row, cell = _find(figures, value)
    return _reading_of(table, row, cell, value.part)


def _single(figures: Figures, what: str) -> Reading:
    if what not in ("response", "silent"):
        return _plain(figures, what)
    n, of = _number(figures, what), _number(figures, "expected")
    share = 100 * n / of if of else Fraction(0)
    return Reading(f"{n} of {of} ({rounded(share, 1)} per cent)", exactly(n), exactly(share), of)


def _plain(figures: Figures, name: str) -> Reading:
    value = _number(figures, name)
    return Reading(f"{name} {float(value):g}", exactly(value))


def _number(figures: Figures, name: str) -> Fraction:
    if name in figures.untold:
        raise Withheld(f"{name} is {SUPPRESSED}.")
    found = figures.single.get(name)
    if found is None:
        known = ", ".join(figures.single) or "none"
        raise QueryError(f"There is no figure “{name}” here; there are: {known}.")
    return found


def _table(figures: Figures, dimension: str, by: str) -> ShownTable:
    name = f"{dimension} by {by}" if by else dimension
    table = figures.tables.get(name)
    if table is None:
        known = ", ".join(t for t in figures.tables if " by " not in t)
        raise QueryError(f"There is no table “{name}”; there are: {known}.")
    return table


def _column(figures: Figures, table: ShownTable, by: str, part: str) -> int:
    if not by:
        return 0
    wanted = {part.casefold(), figures.parts.get((by, part), part).casefold()}
    for place, name in enumerate(table.columns):
        if name.casefold() in wanted:
            return place
    raise QueryError(f"“{table.title}” has no part “{part}”; it has: {', '.join(table.columns)}.")


def _find(figures: Figures, value: Value) -> tuple[ShownTable, ShownRow, ShownCell]:
    table = _table(figures, value.dimension, value.by)
    wanted = "total" if value.what == "total" else value.row
    for row in table.rows:
        if row.cells and row.id == wanted:
            return table, row, row.cells[_column(figures, table, value.by, value.part)]
    known = ", ".join(r.id for r in table.rows if r.cells)
    raise QueryError(f"The table of {value.dimension} has no row “{wanted}”; it has: {known}.")


def ranked_rows(figures: Figures, query: Ranked) -> dict[str, Reading]:
    """The rows that a ranking is over, by id: those that say something. Raises as `reading`."""
    table = _table(figures, query.dimension, query.by)
    column, group, found = _column(figures, table, query.by, query.part), "", {}
    for row in table.rows:
        if row.kind is RowKind.GROUP:
            group = row.id
        counted = row.kind in (RowKind.CODE, RowKind.BAND, RowKind.VALUE) and not row.missing
        if counted and row.id not in query.without and query.group in ("", group):
            found[row.id] = _reading_of(table, row, row.cells[column], query.part)
    if not found:
        raise QueryError(f"The table of {query.dimension} has no rows of “{query.group}”.")
    return found


def exactly(value: Fraction) -> Span:
    """A figure that nothing undecided could move."""
    return Span(value, value, value)


def _reading_of(table: ShownTable, row: ShownRow, cell: ShownCell, part: str) -> Reading:
    """A cell as figures. Raises `Withheld` where one of them is not shown."""
    where = (table.id, row.id, part)
    told = all(not text or text.isdigit() for text in (cell.of, cell.undecided))
    if cell.value is None or not told:
        raise Withheld(f"{row.label} in “{table.title}” is {cell.withheld or 'not shown'}.")
    n, undecided = Fraction(cell.value), Fraction(cell.undecided or 0)
    if not cell.of:  # a total: how far undecided reports could move it nobody can tell
        return Reading(f"{cell.value}", exactly(n), None, None, undecided, where)
    spread = Span(n, n, n + undecided)
    of = Fraction(cell.of)
    everything = of + undecided
    if not everything:
        return Reading("0 of 0", spread, None, of, undecided, where)
    share = Span(
        100 * n / everything, 100 * n / of if of else Fraction(0), 100 * (n + undecided) / everything
    )
    said = f"{cell.value} of {cell.of}" + (f" ({cell.percent} per cent)" if cell.percent else "")
    said += f", {cell.undecided} undecided" if undecided else ""
    return Reading(said, spread, share, of, undecided, where)


def rounded(value: Fraction, decimals: int) -> str:
    """A figure with so many decimals, halves rounded up."""
    scale = 10**decimals
    whole = (2 * value * scale + 1) // 2
    return f"{whole // scale}.{whole % scale:0{decimals}d}" if decimals else str(whole)
