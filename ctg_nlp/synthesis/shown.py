"""Tables as they are shown: what stands in each cell, after anything that had to be withheld.

Whatever prints tables (pages, documents, sheets, charts) takes them in this form only, so that a cell that
is withheld in one place cannot be read in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.tables import Row, SynthesisTable

RULE = "Percentages to one decimal, halves rounded up."


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as printed. `value` and `share` (in per cent) are for charts, None where they are withheld or
    there is none; `withheld`: what was done to it ("suppressed", "rounded to 5"), or empty."""

    n: str = ""
    percent: str = ""
    of: str = ""
    undecided: str = ""
    value: int | None = None
    share: float | None = None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as printed; a heading has no cells. `missing`: it counts reports that do not tell."""

    kind: RowKind
    id: str
    label: str
    cells: tuple[ShownCell, ...] = ()
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as printed. `columns` name the parts that its cells are of: one empty name where there is one
    column of figures. `notes` are sentences below it."""

    id: str
    number: int | None
    title: str
    columns: tuple[str, ...]
    rows: tuple[ShownRow, ...]
    notes: tuple[str, ...]
    denominator: str

    @property
    def caption(self) -> str:
        """As "Table 4: Partnership working"; without a number where the framework gives none."""
        return f"Table {self.number}: {self.title}" if self.number is not None else self.title


def shown(table: SynthesisTable | CrossTable) -> ShownTable:
    """A table with all its figures."""
    if isinstance(table, CrossTable):
        return _cross(table)
    rows = tuple(ShownRow(r.kind, r.id, r.label, _cells(r), r.missing) for r in table.rows)
    notes = tuple(_notes(table))
    return ShownTable(table.dimension, table.number, table.title, ("",), rows, notes, str(table.denominator))


def _cells(row: Row) -> tuple[ShownCell, ...]:
    return () if row.kind is RowKind.GROUP else (shown_cell(row),)


def shown_cell(row: Row) -> ShownCell:
    """The cell of a row with all its figures."""
    if row.n is None:
        return ShownCell()
    return ShownCell(
        n=str(row.n),
        percent=row.percent,
        of="" if row.denominator is None else str(row.denominator),
        undecided="" if row.undecided is None else str(row.undecided),
        value=row.n,
        share=100 * row.n / row.denominator if row.denominator else None,
    )


def _cross(table: CrossTable) -> ShownTable:
    rows = tuple(ShownRow(r.kind, r.id, r.label, tuple(map(shown_cell, r.cells))) for r in table.rows)
    notes = ((table.note,) if table.note else ()) + (f"Of: {table.denominator} in each column. {RULE}",)
    return ShownTable(
        f"{table.dimension} by {table.by}",
        None,
        table.title,
        tuple(p.label for p in table.parts),
        rows,
        notes,
        str(table.denominator),
    )


def _notes(table: SynthesisTable) -> Iterator[str]:
    yield f"Of: {table.denominator} ({table.reports}), undecided ones left out. {RULE}"
    if table.not_reported:
        yield f"Not reported, which is not no: {_reports(table.not_reported)}."
    if table.without:
        yield f"None of the codes: {_reports(table.without)}."
    if table.note:
        yield table.note


def _reports(n: int) -> str:
    return "1 report" if n == 1 else f"{n} reports"
