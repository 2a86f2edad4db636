"""Disclosure control: tables in which no number tells what a handful of reports say.

A count is *small* where 1 to `minimum` - 1 reports have it, or all but so many; a count that differs by so
many from an earlier release is too. Zero and all are shown: they are what is asked for most ("none of the
reports ..."), and single no report out. A small count is withheld, and so many others with it that for
whoever knows all that is shown it could still be one of several numbers, the least and the greatest `minimum`
apart (or as far as they can be at all, if that is less). Or, with `round_to`, everything is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.errors import CtgError
from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.earlier import Earlier
from ctg_nlp.synthesis.figures import AnyTable, Cell, Column, Figures, figures
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.publishable import folded
from ctg_nlp.synthesis.rules import Rules
from ctg_nlp.synthesis.shown import (
    SUPPRESSED,
    WITHHELD,
    ShownCell,
    ShownRow,
    ShownTable,
    notes_of,
    reports,
    shown,
    shown_cell,
)
from ctg_nlp.synthesis.tables import Row, SynthesisTable
from ctg_nlp.synthesis.ties import tie_all

__all__ = ["Rules", "controlled"]


def controlled(
    tables: Sequence[AnyTable], rules: Rules, earlier: Sequence[ShownTable] = ()
) -> tuple[ShownTable, ...]:
    """The tables as they may be shown, together and beside what was published of the same tables before.

    The size of a part of a breakdown `by` a dimension counts as a finding only if that dimension's own table
    is among `tables`. Raises `TypeError` for anything that is no table of findings: estimates and suggestions
    are never released.
    """
    for table in tables:
        if not isinstance(table, SynthesisTable | CrossTable):
            raise TypeError(f"{type(table).__name__} is no table of findings")
    if rules.minimum > 1:
        _refuse_crossed(tables, earlier)
    if not rules.active:
        return tuple(shown(t) for t in tables)
    found = figures(tables)
    before = Earlier(earlier, rules)
    for column in found.columns:
        before.narrow(found.system, tables[column.table], column)
    tie_all(found)
    hidden = _Hiding(tables, found, rules, before).hidden()
    return tuple(folded(_shown(i, t, found, rules, hidden, before)) for i, t in enumerate(tables))


def _refuse_crossed(tables: Sequence[AnyTable], earlier: Sequence[ShownTable]) -> None:
    """What two dimensions by each other tell together of small counts is more than can be watched over table
    by table: random attacks on such sets succeeded now and then."""
    known = {t.dimension for t in tables} | {t.id for t in earlier if " by " not in t.id}
    crossed = sorted({t.by for t in tables if isinstance(t, CrossTable)} & known)
    if crossed:
        raise CtgError(
            f"Where small counts are withheld, no table can be broken down by {', '.join(crossed)}: what two "
            "dimensions by each other tell of small counts is not wholly under control. Leave it out, or "
            "round instead without a minimum."
        )


@dataclass(slots=True)
class _Hiding:
    """The search for what to withhold."""

    tables: Sequence[AnyTable]
    figures: Figures
    rules: Rules
    before: Earlier

    def hidden(self) -> frozenset[int]:
        """The places of all numbers to withhold."""
        small = list(dict.fromkeys(self._small()))
        moved = list(dict.fromkeys(self._changed()))
        first = [] if self.rules.round_to else [self._shown_place(p) for p in small]
        hidden = self._with_columns({*first, *moved, *self._of_too_few()})
        if self.rules.secondary:
            for place in dict.fromkeys([*small, *moved]):
                hidden = self._with_columns(hidden | self._protecting(place, hidden))
        return frozenset(hidden)

    def _small(self) -> Iterator[int]:
        """The small numbers. Where a column's size is a finding, what is left of it is a number apart."""
        system = self.figures.system
        for column in self.figures.columns:
            if column.size_place is not None and any(map(self.rules.small, (column.size, column.others))):
                yield column.size_place
            if column.without is not None and self.rules.small(system.values[column.without]):
                yield column.without
            for cell in column.cells:
                if self.rules.small(cell.row.n or 0):
                    yield cell.place
                if self.rules.small(cell.rest):
                    yield cell.place if column.size_place is None else self._rest(column, cell)

    def _rest(self, column: Column, cell: Cell) -> int:
        system = self.figures.system
        place = system.keys.get(("rest", str(cell.place)))
        if place is None:
            assert column.size_place is not None
            place = system.add(("rest", str(cell.place)), cell.rest, system.highs[column.size_place], 0)
            system.tie([(column.size_place, 1), (cell.place, -1), (place, -1)], cell.open, cell.open)
            system.forget_parts()
        return place

    def _shown_place(self, place: int) -> int:
        """The number that is printed: of what is left in a column, the count that it is left from."""
        key = next(k for k, p in self.figures.system.keys.items() if p == place)
        return int(key[1]) if key[0] == "rest" else place

    def _of_too_few(self) -> Iterator[int]:
        """All numbers of tables over so few reports that nothing could be hidden among others."""
        if self.rules.round_to:
            return
        few = {c.table for c in self.figures.columns if not c.at and c.size < 2 * self.rules.minimum}
        for column in self.figures.columns:
            if column.table in few:
                yield from (c.place for c in column.cells)
                yield from (p for p in (column.size_place, column.without) if p is not None)

    def _changed(self) -> Iterator[int]:
        for column in self.figures.columns:
            yield from self.before.too_close(self.tables[column.table], column)

    def _with_columns(self, hidden: set[int]) -> set[int]:
        """Where the size of a part is withheld, all of its column is: each denominator would give it away."""
        more = {
            c.place for col in self.figures.columns if col.size_place in hidden for c in col.cells
        }  # fmt: skip
        return hidden if more <= hidden else self._with_columns(hidden | more)

    def _printed(self) -> set[int]:
        columns = self.figures.columns
        found = {c.place for column in columns for c in column.cells}
        found |= {column.size_place for column in columns if column.size_place is not None}
        return found | {c.without for c in columns if c.without is not None and c.at == 0}

    def _protecting(self, place: int, hidden: set[int]) -> set[int]:
        """What else must be withheld so that the number could be others."""
        system = self.figures.system
        part = system.part(place)
        if len(part.places) == 1:
            return set()
        printed = self._printed()
        boxes = {p: self.rules.box(system.values[p]) for p in part.places if p in printed - hidden}
        value = system.values[place]
        low, high = part.extreme(system, place, 1), part.extreme(system, place, -1)
        if place in boxes:
            low, high = max(low, boxes[place][0]), min(high, boxes[place][1])
        else:
            width = min(self.rules.minimum, high - low)
            low = max(low, min(value - width // 2, high - width))
            high = low + width
        more: set[int] = set()
        for target, step in ((high, -1), (low, 1)):
            while target != value:
                moved = part.moved(system, place, target, boxes)
                if moved is not None:
                    more |= moved
                    break
                target += step
        return more


def _shown(
    i: int, table: AnyTable, found: Figures, rules: Rules, hidden: frozenset[int], before: Earlier
) -> ShownTable:
    columns = [c for c in found.columns if c.table == i]
    plain = shown(table)
    cells = {(c.at, cell.row.kind, cell.row.id): (c, cell) for c in columns for cell in c.cells}
    bands_withheld = any(cell.place in hidden for _, cell in cells.values())

    def cell_of(at: int, row: ShownRow, cell: ShownCell) -> ShownCell:
        if (at, row.kind, row.id) in cells:
            return _cell(*cells[at, row.kind, row.id], rules, hidden)
        if row.kind is RowKind.TOTAL and cell.n:
            few = rules.small(max((c.rest for _, c in cells.values() if c.row.missing), default=0))
            close = before.total_too_close(plain, row, columns)
            return _total(cell, rules, bands_withheld or few or close)
        return cell

    rows = tuple(
        replace(r, cells=tuple(cell_of(at, r, c) for at, c in enumerate(r.cells))) for r in plain.rows
    )
    told = _notes(table, columns, rules, hidden) if isinstance(table, SynthesisTable) else plain.notes
    return replace(plain, rows=rows, notes=(*told, *_rule_notes(rows, rules, before)))


def _cell(column: Column, cell: Cell, rules: Rules, hidden: frozenset[int]) -> ShownCell:
    if cell.place in hidden:
        nothing = column.size_place in hidden
        return ShownCell(
            n=WITHHELD,
            percent=WITHHELD,
            of=WITHHELD if nothing else str(rules.rounded(cell.row.denominator or 0)),
            undecided=WITHHELD if nothing else str(rules.rounded(cell.open)),
            withheld=SUPPRESSED,
        )
    return _rounded(cell.row, rules) if rules.round_to else shown_cell(cell.row)


def _rounded(row: Row, rules: Rules) -> ShownCell:
    n, of = rules.rounded(row.n or 0), rules.rounded(row.denominator or 0)
    return ShownCell(
        n=str(n),
        percent=percent_text(n, of),
        of=str(of),
        undecided=str(rules.rounded(row.undecided or 0)),
        value=n,
        share=100 * n / of if of else None,
        withheld=f"rounded to {rules.round_to}",
    )


def _total(cell: ShownCell, rules: Rules, withhold: bool) -> ShownCell:
    if withhold:
        return ShownCell(n=WITHHELD, undecided=cell.undecided, withheld=SUPPRESSED)
    if not rules.round_to:
        return cell
    n = rules.rounded(cell.value or 0)
    open_ = str(rules.rounded(int(cell.undecided or 0)))
    return ShownCell(n=str(n), undecided=open_, value=n, withheld=f"rounded to {rules.round_to}")


def _notes(
    table: SynthesisTable, columns: Sequence[Column], rules: Rules, hidden: frozenset[int]
) -> tuple[str, ...]:
    """What stands below the table, with the counts in it as they may be told."""
    missing = [c for column in columns for c in column.cells if c.row.missing]
    untold = not table.not_reported or any(c.place in hidden for c in missing)
    none_withheld = any(column.without in hidden for column in columns)
    none = WITHHELD if none_withheld else reports(rules.rounded(table.without))
    return notes_of(
        table,
        size=WITHHELD if any(c.size_place in hidden for c in columns) else str(rules.rounded(table.reports)),
        not_reported="" if untold else reports(rules.rounded(table.not_reported)),
        without=none if table.without else "",
    )


def _rule_notes(rows: Sequence[ShownRow], rules: Rules, before: Earlier) -> Iterator[str]:
    cells = [c for r in rows for c in r.cells]
    if rules.round_to:
        yield (
            f"All counts are rounded to the nearest {rules.round_to}, and percentages computed from the "
            "rounded ones: rows need not add up."
        )
    if any(c.withheld == SUPPRESSED for c in cells):
        few = "1 report has" if rules.minimum == 2 else f"1 to {rules.minimum - 1} reports have"
        since = " or that changed by so few since an earlier release," if before else ""
        yield (
            f"{WITHHELD}: withheld, so that it cannot be told what single reports say: counts that {few}, or "
            f"all but so many,{since} and others from which these would follow."
        )
