"""A reader who wants to know what was withheld: knows the framework, how many reports there are, of which cohort, and
how many of them are undecided, and takes all published numbers together.

Unlike the code under test it knows nothing of rows and columns. Its unknowns are how many reports there are of
each possible kind (every state of every code, with the cohort); every published number is a sum of some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, Dataset
from ctg_nlp.synthesis.breakdown import CrossTable, breakdown, by_attribute, by_dimension
from ctg_nlp.synthesis.cells import Columns, RowKind
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.shown import ShownCell, ShownTable
from ctg_nlp.synthesis.tables import SynthesisTable, table_of

Vector = np.ndarray  # how often each kind of report counts in a figure
Range = tuple[float, float]


def tables_of(
    framework: Framework, dataset: Dataset, by: Sequence[str], crossed: Sequence[tuple[str, str]]
) -> tuple[SynthesisTable | CrossTable, ...]:
    """All plain tables, each broken down by attributes, and some dimensions by others."""
    columns = Columns(framework, dataset)
    found: list[SynthesisTable | CrossTable] = [table_of(columns, d) for d in framework.dimensions]
    for name in by:
        found += [breakdown(columns, d, name, by_attribute(columns, name)) for d in framework.dimensions]
    for one, other in crossed:
        first, second = framework.dimension(one), framework.dimension(other)
        assert first and second
        found.append(breakdown(columns, first, other, by_dimension(columns, second)))
    return tuple(found)


class Attacker:
    """What follows from published tables for every figure of the same tables."""

    def __init__(
        self,
        framework: Framework,
        kinds: Sequence[CodedReport],
        by: Sequence[str],
        crossed: Sequence[tuple[str, str]],
    ) -> None:
        # The tables of one report of each kind say in which figures that kind counts.
        parts = [Dataset(framework.framework_id, (k,)) for k in kinds]
        self._of_kind = [tables_of(framework, p, by, crossed) for p in parts]
        self.kinds = len(kinds)
        self._attributes = [k.attributes for k in kinds]

    def vector(self, figure: Callable[[Sequence[SynthesisTable | CrossTable]], int]) -> Vector:
        return np.array([figure(t) for t in self._of_kind], float)

    def attribute(self, name: str, value: str) -> Vector:
        return np.array([(name, value) in a for a in self._attributes], float)


def row_of(
    tables: Sequence[SynthesisTable | CrossTable], i: int, kind: str, row: str, part: str | None
) -> tuple[int, int, int]:
    """n, decided and undecided of a cell; zeros where one report made no such part."""
    table = tables[i]
    if isinstance(table, SynthesisTable):
        found = next(r for r in table.rows if r.kind == kind and r.id == row)
        return found.n or 0, found.denominator or 0, found.undecided or 0
    places = [k for k, p in enumerate(table.parts) if p.label == part]
    if not places:
        return 0, 0, 0
    cell = next(r for r in table.rows if r.kind == kind and r.id == row).cells[places[0]]
    return cell.n or 0, cell.denominator or 0, cell.undecided or 0


def cells_of(
    true: Sequence[SynthesisTable | CrossTable], shown: Sequence[ShownTable]
) -> Iterator[tuple[int, str, str, str | None, ShownCell]]:
    for i, (table, printed) in enumerate(zip(true, shown, strict=True)):
        for row in printed.rows:
            if row.kind in (RowKind.GROUP, RowKind.TOTAL):
                continue
            for label, cell in zip(printed.columns, row.cells, strict=True):
                yield i, str(row.kind), row.id, label if isinstance(table, CrossTable) else None, cell


def number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


class System:
    """Linear knowledge about how many reports there are of each kind."""

    def __init__(self, kinds: int) -> None:
        self.kinds = kinds
        self.rows: list[Vector] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def know(self, vector: Vector, low: float, high: float) -> None:
        self.rows.append(vector)
        self.low.append(low)
        self.high.append(high)

    def _together(self) -> LinearConstraint:
        limits: dict[bytes, tuple[float, float]] = {}
        for row, low, high in zip(self.rows, self.low, self.high, strict=True):
            least, most = limits.get(row.tobytes(), (low, high))
            limits[row.tobytes()] = max(low, least), min(high, most)
        matrix = csr_matrix(np.array([np.frombuffer(row) for row in limits]))
        low, high = zip(*limits.values(), strict=True)
        return LinearConstraint(matrix, low, high)

    def range_of(self, vector: Vector) -> Range:
        """The least and greatest value; each is reached by numbers of reports that fit all that is known."""
        rows = self._together()
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * vector,
                integrality=np.ones(self.kinds),
                bounds=Bounds(0, np.inf),
                constraints=[rows],
                options={"time_limit": 3},
            )
            assert found.x is not None, found.message
            ends.append(float(round(vector @ found.x)))
        return ends[0], ends[1]


def attack(
    attacker: Attacker,
    true: Sequence[SynthesisTable | CrossTable],
    shown: Sequence[ShownTable],
    rules: Rules,
    attributes: Sequence[tuple[str, str, int]],
    reports: int,
) -> list[tuple[str, int, Range, Range]]:
    """For each small figure: (what, its true value, what it can be by all that is published, and what it could be
    if nothing were but what everybody knows)."""
    public, published = System(attacker.kinds), System(attacker.kinds)
    for system in (public, published):
        system.know(np.ones(attacker.kinds), reports, reports)
        for name, value, size in attributes:
            system.know(attacker.attribute(name, value), size, size)
    small = []
    for i, kind, row, part, cell in cells_of(true, shown):
        n, of, open_ = _vectors(attacker, i, kind, row, part)
        at = row_of(true, i, kind, row, part)
        for system in (public, published):
            system.know(open_, at[2], at[2])
        for vector, said in ((n, number(cell.n)), (of, number(cell.of))):
            if said is not None:
                published.know(vector, *_around(said, rules))
        name = f"{shown[i].id}: {row} {part or ''}"
        small += [(f"{name} n", at[0], n)] if rules.small(at[0]) else []
        small += [(f"{name} rest", at[1] - at[0], of - n)] if rules.small(at[1] - at[0]) else []
    for i, table in enumerate(true):
        if isinstance(table, SynthesisTable):
            without = _notes(attacker, published, i, shown[i], rules)
            if rules.small(table.without):
                small.append((f"{table.dimension} without", table.without, without))
    different = {v.tobytes(): (name, value, v) for name, value, v in small}
    return [(name, value, published.range_of(v), public.range_of(v)) for name, value, v in different.values()]


def _around(said: int, rules: Rules) -> Range:
    if not rules.round_to:
        return said, said
    return said - rules.round_to / 2, said + (rules.round_to - 1) / 2


def _vectors(attacker: Attacker, i: int, kind: str, row: str, part: str | None) -> tuple[Vector, ...]:
    """How each kind of report counts in n, the denominator and the undecided ones of a cell."""
    return tuple(attacker.vector(lambda t, k=k: row_of(t, i, kind, row, part)[k]) for k in range(3))  # type: ignore[misc]


def _notes(attacker: Attacker, system: System, i: int, shown: ShownTable, rules: Rules) -> Vector:
    without = attacker.vector(lambda t: t[i].without)  # type: ignore[union-attr]
    said = [note for note in shown.notes if note.startswith("None of the codes")]
    if not said:
        system.know(without, 0, 0)
    elif "[c]" not in said[0]:
        system.know(without, *_around(int(said[0].split()[4]), rules))
    return without


def kinds_of(
    framework: Framework,
    cohorts: Sequence[tuple[tuple[str, str], ...]],
    states: Callable[[Framework], Iterator[bytes]],
) -> list[CodedReport]:
    """A report of each possible kind."""
    return [
        CodedReport(f"k{i}", "", s, (), attributes)
        for i, (s, attributes) in enumerate(product(list(states(framework)), cohorts))
    ]
