"""What follows from what in tables, for whoever reads all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ctg_nlp.synthesis.figures import SINGLE, Cell, Column, Figures
from ctg_nlp.synthesis.known import ENDLESS, System
from ctg_nlp.synthesis.tables import Denominator

_MOST_COLUMNS = 30
"""Of more columns of one dimension only pairs are tried, not three that add up to a fourth."""

Factors = Iterable[tuple[int, int]]


def tie_all(figures: Figures) -> None:
    """Add every tie between the figures to their system."""
    by_table: dict[tuple[str, str], list[Column]] = {}
    for column in figures.columns:
        by_table.setdefault(column.of, []).append(column)
    for columns in by_table.values():
        adds_up = all(sum(c.row.n or 0 for c in x.cells if c.row.kind in SINGLE) <= x.size for x in columns)
        for column in columns:
            _Rows(figures.system, column).tie_all(adds_up)
        _sums(figures.system, columns)
        for one_table in _tables(columns):
            _parts(figures.system, one_table)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The ties between the rows of one column."""

    system: System
    column: Column

    def tie_all(self, adds_up: bool) -> None:
        """`adds_up`: reports may have one code each, as far as the figures tell."""
        for c in self.column.cells:
            self._tie([(c.place, 1), *self._none], -1, -ENDLESS, -c.open)
        if self._single:
            self._covering(self._counts(self._single))
            if self.column.of[1] == Denominator.INDICATED:
                self._each_has_one()
            if adds_up:
                self._one_each()
            else:
                self._alone()
        for c in self.column.cells:
            if c.row.codes:
                self._any_of(c)

    def _tie(self, factors: Factors, size: int, low: float, high: float = ENDLESS) -> bool:
        """Tie so that low <= the sum of factors + size * (the column's reports) <= high."""
        place, reports = self.column.size_place, self.column.size
        if place is not None:
            return self.system.tie([*factors, (place, size)], low, high)
        return self.system.tie(factors, low - size * reports, high - size * reports)

    @property
    def _single(self) -> list[Cell]:
        return [c for c in self.column.cells if c.row.kind in SINGLE]

    @property
    def _none(self) -> list[tuple[int, int]]:
        return [(self.column.without, 1)] if self.column.without is not None else []

    @staticmethod
    def _counts(cells: Iterable[Cell], sign: int = 1) -> list[tuple[int, int]]:
        return [(c.place, sign) for c in cells]

    def _covering(self, counts: Factors) -> None:
        """These rows hold every report that has any code: others were decided to have none, or are undecided.
        Where all rows are undecided in as many reports, they are taken to be the same ones."""
        factors = [*counts, *self._none]
        opens = [c.open for c in self._single]
        if len(set(opens)) == 1 and self._tie(factors, -1, -opens[0], -opens[0]):
            return
        if not self._tie(factors, -1, -max(opens)):
            self._tie(factors, -1, -sum(opens))

    def _each_has_one(self) -> None:
        """Every report of the column has a code that says something, whatever else is undecided."""
        self._tie(self._counts(c for c in self._single if not c.row.missing), -1, 0)

    def _one_each(self) -> None:
        opens = {c.open for c in self._single}
        most = -min(opens) if len(opens) == 1 else 0
        self._tie([*self._counts(self._single), *self._none], -1, -ENDLESS, most)

    def _alone(self) -> None:
        """A row that may stand alone (reports that do not tell; a large one that fits beside every other)."""
        for c in self._single:
            others = [x for x in self._single if x is not c]
            fits = all((c.row.n or 0) + (x.row.n or 0) <= self.column.size for x in others)
            if c.row.missing or (fits and 2 * (c.row.n or 0) >= self.column.size):
                for x in self.column.cells:
                    if x is not c and c.row.id not in x.row.codes:
                        self._tie([(c.place, 1), (x.place, 1), *self._none], -1, -ENDLESS, 0)

    def _any_of(self, any_of: Cell) -> None:
        inside = [c for c in self._single if c.row.id in any_of.row.codes]
        outside = [c for c in self._single if c.row.id not in any_of.row.codes]
        mine = [(any_of.place, 1)]
        if not self.system.tie([*mine, *self._counts(inside, -1)], 0, 0):
            self.system.tie([*mine, *self._counts(inside, -1)], -ENDLESS, 0)
        self._covering([*mine, *self._counts(outside)])
        for c in inside:
            self._within(c, any_of)
        for other in self.column.cells:
            if other.row.codes and other is not any_of:
                if set(other.row.codes) <= set(any_of.row.codes):
                    self._within(other, any_of)
                further = [c for c in inside if c.row.id not in other.row.codes]
                self.system.tie([*mine, (other.place, -1), *self._counts(further, -1)], -ENDLESS, 0)

    def _within(self, part: Cell, whole: Cell) -> None:
        """Who is present in the part is so in the whole; who is absent in the whole is so in the part."""
        self.system.tie([(whole.place, 1), (part.place, -1)], max(0, part.open - whole.open))


def _tables(columns: Iterable[Column]) -> Iterable[list[Column]]:
    found: dict[int, list[Column]] = {}
    for column in columns:
        found.setdefault(column.table, []).append(column)
    return found.values()


def _parts(system: System, columns: Sequence[Column]) -> None:
    """The columns of one breakdown are parts of its first: together the whole of it, or overlapping."""
    whole, parts = columns[0], columns[1:]
    if not parts:
        return
    _add_up(system, whole, parts)
    for part in parts:
        for c, w in zip(part.cells, whole.cells, strict=True):
            system.tie([(w.place, 1), (c.place, -1)], 0)
            rest = [(w.place, -1), (c.place, 1), *_size(whole, 1), *_size(part, -1)]
            known = _known_size(whole) - _known_size(part)
            system.tie(rest, w.open - c.open - known)
        system.tie([*_size(whole, 1), *_size(part, -1)], _known_size(part) - _known_size(whole))
    for i, w in enumerate(whole.cells):
        system.tie([*((p.cells[i].place, 1) for p in parts), (w.place, -1)], 0)


def _size(column: Column, sign: int) -> list[tuple[int, int]]:
    return [] if column.size_place is None else [(column.size_place, sign)]


def _known_size(column: Column) -> int:
    return column.size if column.size_place is None else 0


def _add_up(system: System, whole: Column, parts: Sequence[Column]) -> bool:
    """Tie columns to one that is their sum in all its figures; False where it is not."""
    if tuple(map(sum, zip(*(p.vector for p in parts), strict=True))) != whole.vector:
        return False
    for i, w in enumerate(whole.cells):
        system.tie([*((p.cells[i].place, 1) for p in parts), (w.place, -1)], 0, 0)
    nones = [(p.without, 1) for p in parts if p.without is not None]
    if whole.without is not None:
        nones.append((whole.without, -1))
    system.tie(nones, 0, 0)
    sizes = [*(x for p in parts for x in _size(p, 1)), *_size(whole, -1)]
    known = sum(map(_known_size, parts)) - _known_size(whole)
    system.tie(sizes, -known, -known)
    return True


def _sums(system: System, columns: Sequence[Column]) -> None:
    """Columns of any breakdowns that are equal, or of which two or three add up to another: a project year,
    for instance, is the sum of two cohorts."""
    by_vector: dict[tuple[int, ...], list[Column]] = {}
    for column in columns:
        if not column.named:
            continue  # rows of another dimension: what adds up there does so by chance
        by_vector.setdefault(column.vector, []).append(column)
    for same in by_vector.values():
        for other in same[1:]:
            _add_up(system, same[0], [other])
    different = [same[0] for same in by_vector.values()]
    most = 3 if len(different) <= _MOST_COLUMNS else 2
    for size in range(2, most + 1):
        for parts in combinations(different, size):
            total = tuple(map(sum, zip(*(p.vector for p in parts), strict=True)))
            for whole in by_vector.get(total, ())[:1]:
                _add_up(system, whole, parts)
