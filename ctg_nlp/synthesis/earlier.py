"""What was published of the same tables before, and which figures are too close to it to be shown.

Of two releases the difference is a figure too: where a count, or what is left of it, differs by only a few
reports from an earlier one, the two together tell what those few say. And what was withheld before stays so
until enough reports have come that it cannot be counted back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.figures import AnyTable, Cell, Column
from ctg_nlp.synthesis.known import System
from ctg_nlp.synthesis.rules import Rules
from ctg_nlp.synthesis.shown import SUPPRESSED, WITHHELD, ShownCell, ShownRow, ShownTable, shown

_FOLDED = (RowKind.VALUE, RowKind.ANY_OF)


class Earlier:
    """Published tables, perhaps of several releases; false if there are none. Their rows and columns go by
    the names of now."""

    def __init__(self, tables: Iterable[ShownTable], rules: Rules) -> None:
        self._rules, self._minimum, self._round_to = rules, rules.minimum, rules.round_to
        self._cells: dict[tuple[str, str, str, str], list[ShownCell]] = {}
        self._notes: dict[str, list[tuple[str, ...]]] = {}
        for table in tables:
            self._notes.setdefault(table.id, []).append(table.notes)
            for row in table.rows:
                for label, cell in zip(table.columns, row.cells, strict=False):
                    self._cells.setdefault((table.id, label, row.kind, row.id), []).append(cell)

    def __bool__(self) -> bool:
        return bool(self._notes)

    def _of(self, table: AnyTable, column: Column, cell: Cell) -> Sequence[ShownCell]:
        name = table.dimension if column.label == "" else f"{table.dimension} by {getattr(table, 'by', '')}"
        found = self._cells.get((name, column.label, cell.row.kind, cell.row.id), ())
        return found or (self._folded(name, column.label) if cell.row.kind in _FOLDED else ())

    def _folded(self, name: str, label: str) -> Sequence[ShownCell]:
        """What a text without a row of its own was shown as: it may have been withheld with its row."""
        told = self._cells.get((name, label, RowKind.VALUE, ""), ())
        return [ShownCell(n=WITHHELD, of=c.of, withheld=SUPPRESSED) for c in told]

    def narrow(self, system: System, table: AnyTable, column: Column) -> None:
        """Take it that a reader supposes of each published count only that new reports were added to it, or
        some taken away, where that is so."""
        for cell in column.cells:
            for before in self._of(table, column, cell):
                if before.value is None or before.withheld or not before.of:
                    continue
                grown = (cell.row.denominator or 0) - int(before.of)
                low, high = sorted((before.value, before.value + grown))
                system.narrow(cell.place, low, high)

    def too_close(self, table: AnyTable, column: Column) -> Iterator[int]:
        """The places of counts that must not stand beside what was published."""
        for cell in column.cells:
            if any(self._reveals(cell, before) for before in self._of(table, column, cell)):
                yield cell.place
        without = column.without
        if without is not None and column.at == 0 and self._new_note(table, column):
            yield without

    def _reveals(self, cell: Cell, before: ShownCell) -> bool:
        n, of = cell.row.n or 0, cell.row.denominator or 0
        if before.value is None:
            return not before.of.isdigit() or abs(of - int(before.of)) < self._minimum
        if self._round_to or before.withheld:
            rounded = self._rules.rounded
            return self._step(rounded(n), before.value) or self._step(rounded(of), int(before.of))
        changed = abs(n - before.value), abs(of - n - (int(before.of) - before.value))
        return any(0 < c < self._minimum for c in changed)

    def _step(self, now: int, before: int) -> bool:
        """Whether two numbers, of which one at least is rounded, may stand for nearly the same."""
        return 0 < abs(now - before) < self._minimum + max(1, self._round_to)

    def _new_note(self, table: AnyTable, column: Column) -> bool:
        """Whether the count of reports without a code changed since it was published, in a table to which
        only few reports came."""
        said = [n for n in shown(table).notes if n.startswith("None of the codes")]
        published = self._notes.get(table.dimension, ())
        return any(said and said[0] not in notes for notes in published) and self._few_came(table, column)

    def _few_came(self, table: AnyTable, column: Column) -> bool:
        return any(
            not b.of.isdigit() or abs((c.row.denominator or 0) - int(b.of)) < self._minimum
            for c in column.cells
            for b in self._of(table, column, c)
        )

    def total_too_close(self, table: ShownTable, row: ShownRow, columns: Sequence[Column]) -> bool:
        """Whether a sum of numbers changed since it was published, while few reports came."""
        published = self._cells.get((table.id, "", RowKind.TOTAL, row.id), ())
        changed = [b for b in published if b.value != row.cells[0].value]
        came = [
            abs((c.row.denominator or 0) - int(b.of))
            for column in columns
            for c in column.cells
            for b in self._cells.get((table.id, "", c.row.kind, c.row.id), ())
            if b.of.isdigit()
        ]
        return bool(changed) and min(came, default=0) < self._minimum
