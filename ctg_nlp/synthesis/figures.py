"""The figures of tables as numbers, each with one place however often it is printed.

A reader is taken to know how many reports there are, how many of them are undecided in each cell, and how
many belong to each part of a breakdown by what groups are (cohort, year). How many have a code is never
taken as known, also where it is the size of a part; nor how many have any of the codes of a dimension, where
percentages are of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.known import ENDLESS, Key, System
from ctg_nlp.synthesis.tables import Denominator, Row, SynthesisTable

AnyTable = SynthesisTable | CrossTable
SINGLE = (RowKind.CODE, RowKind.BAND, RowKind.VALUE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with the place of its count."""

    row: Row
    place: int

    @property
    def open(self) -> int:
        """How many reports are undecided."""
        return self.row.undecided or 0

    @property
    def rest(self) -> int:
        """How many reports were decided otherwise."""
        return (self.row.denominator or 0) - (self.row.n or 0)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures. `size`: its reports; `size_place` where that is itself a finding; then `others`
    are those of its part that are not among them, if it is known how many. `table` and `at` say where it
    stands, `label` what it is called there. `named`: it is of groups of one name (or all), not of a row of
    another dimension."""

    table: int
    at: int
    label: str
    of: tuple[str, str]
    size: int
    size_place: int | None
    cells: tuple[Cell, ...]
    without: int | None = None
    named: bool = True
    others: int = 0

    @property
    def vector(self) -> tuple[int, ...]:
        """Its figures in order."""
        return (self.size, *(x for c in self.cells for x in (c.row.n or 0, c.open)))


@dataclass(slots=True)
class Figures:
    """Tables as a system and the columns that they are made of."""

    system: System = field(default_factory=System)
    columns: list[Column] = field(default_factory=list)


def row_key(row: Row) -> str:
    """A row by its kind and id."""
    return f"{row.kind}:{row.id}"


def figures(tables: Sequence[AnyTable]) -> Figures:
    """All figures of the tables; the ties between them are those of `ties.tie_all`."""
    found = Figures()
    named: dict[str, SynthesisTable] = {}
    for i, table in enumerate(tables):
        if isinstance(table, SynthesisTable):
            named |= {table.title: table, table.dimension: table}
            found.columns.append(_plain(found.system, i, table))
    for i, table in enumerate(tables):
        if isinstance(table, CrossTable):
            found.columns += _crossed(found.system, i, table, named.get(table.by))
    return found


def _counted(rows: Iterable[Row]) -> list[Row]:
    return [r for r in rows if r.n is not None and r.denominator is not None]


def _plain(system: System, i: int, table: SynthesisTable) -> Column:
    of = (table.dimension, str(table.denominator))
    among = table.everything if table.denominator is Denominator.INDICATED else 0
    cells = tuple(
        Cell(r, system.add(("n", *of, row_key(r)), r.n or 0, max(among, r.denominator or 0)))
        for r in _counted(table.rows)
    )
    without = system.add(("without", *of), table.without, table.reports) if table.without else None
    if table.denominator is not Denominator.INDICATED:
        return Column(i, 0, "", of, table.reports, None, cells, without)
    size = _indicating(system, of, ("", ""), table.reports, table.everything)
    others = max(0, table.everything - table.reports)
    return Column(i, 0, "", of, table.reports, size, cells, without, others=others)


def _indicating(system: System, of: tuple[str, str], part: tuple[str, str], size: int, most: int) -> int:
    """The place of the number of reports that have any code, of at most so many."""
    return system.add(("indicating", *of, *part), size, max(most, size))


def _crossed(system: System, i: int, table: CrossTable, by: SynthesisTable | None) -> Iterator[Column]:
    of = (table.dimension, str(table.denominator))
    rows = [[r.cells[at] for r in table.rows if r.cells] for at in range(len(table.parts))]
    for at, part in enumerate(table.parts):
        other = _row_of(by, part.id) if at else None
        size_place = _size(system, table, by, other, part.reports) if by and other else None
        keys = [_key(table, r, by, other, part.id if at else None) for r in rows[at]]
        among = part.everything if table.denominator is Denominator.INDICATED else 0
        cells = tuple(Cell(r, _place(system, k, of, r, among)) for r, k in zip(rows[at], keys, strict=True))
        without = _without(system, table, part.id if at else None, part.without)
        named = not at or by is None
        others = 0
        if table.denominator is Denominator.INDICATED and named:
            which = (table.by, part.id) if at else ("", "")
            size_place = _indicating(system, of, which, part.reports, part.everything)
            others = max(0, part.everything - part.reports)
        yield Column(i, at, part.label, of, part.reports, size_place, cells, without, named, others)


def _key(table: CrossTable, row: Row, by: SynthesisTable | None, other: Row | None, part: str | None) -> Key:
    if part is None:
        return ("n", table.dimension, str(table.denominator), row_key(row))
    return _both(table, row, by, other, part)


def _without(system: System, table: CrossTable, part: str | None, value: int) -> int | None:
    """The place of the number of a column's reports without any row; None where no report is so at all."""
    of = (table.dimension, str(table.denominator))
    whole = system.keys.get(("without", *of))
    if part is None or whole is None:
        return whole
    return system.add(("without", *of, table.by, part), value, system.values[whole])


def _place(system: System, key: Key, of: tuple[str, str], row: Row, among: int) -> int:
    """One place for a count that stands in two tables; two where they differ after all. `among`: of at least
    so many reports."""
    place = system.keys.get(key)
    if place is not None and system.values[place] != row.n:
        key = (*key, *of)
    return system.add(key, row.n or 0, max(among, row.denominator or 0))


def _row_of(by: SynthesisTable | None, part: str) -> Row | None:
    if by is None:
        return None
    return next((r for r in _counted(by.rows) if r.id == part), None)


def _both(table: CrossTable, row: Row, by: SynthesisTable | None, other: Row | None, part: str) -> Key:
    mine = (table.dimension, row_key(row))
    if by is None or other is None:
        return ("n", *mine, str(table.denominator), table.by, part)
    return ("both", *(x for pair in sorted((mine, (by.dimension, row_key(other)))) for x in pair))


def _size(system: System, table: CrossTable, by: SynthesisTable, row: Row, size: int) -> int:
    """The place of a part's size: the count in the table of the other dimension, where it is that."""
    known = system.keys[("n", by.dimension, str(by.denominator), row_key(row))]
    if table.denominator is Denominator.ALL and system.values[known] == size:
        return known
    key = ("size", table.dimension, str(table.denominator), by.dimension, row_key(row))
    place = system.add(key, size, size if size > system.values[known] else system.values[known] + size)
    system.tie(((place, 1), (known, -1)), -ENDLESS, 0)
    return place
