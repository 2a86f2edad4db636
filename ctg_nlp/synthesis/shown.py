"""Tables as they are shown: what stands in each cell, after anything that had to be withheld.

Whatever prints tables (pages, documents, sheets, charts) takes them in this form only, so that a cell that
is withheld in one place cannot be read in another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.synthesis.breakdown import CrossRow, CrossTable
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.per_report import CodesPerReport
from ctg_nlp.synthesis.response import BoundedTable, Bounds, Response
from ctg_nlp.synthesis.tables import Row, SynthesisTable

RULE = "Percentages to one decimal, halves rounded up."


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as printed. `value` and `share` (in per cent) are for charts, None where they are withheld or
    there is none; `withheld`: what was done to it ("suppressed", "rounded to 5"), or empty. `conflicts`: how
    many of the undecided reports are so because coders differ."""

    n: str = ""
    percent: str = ""
    of: str = ""
    undecided: str = ""
    value: int | None = None
    share: float | None = None
    withheld: str = ""
    conflicts: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as printed; a heading has no cells. `missing`: it counts reports that do not tell. `within`: it
    lies in what the last row that does not counts (a place in its region)."""

    kind: RowKind
    id: str
    label: str
    cells: tuple[ShownCell, ...] = ()
    missing: bool = False
    within: bool = False


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
    inside = _places(table.rows)
    rows = tuple(ShownRow(r.kind, r.id, r.label, _cells(r), r.missing, r.id in inside) for r in table.rows)
    notes = _notes(table)
    return ShownTable(table.dimension, table.number, table.title, ("",), rows, notes, str(table.denominator))


def _places(rows: Sequence[Row | CrossRow]) -> frozenset[str]:
    """The ids of rows of texts where there are regions: each stands below its own."""
    regions = any(r.kind is RowKind.ANY_OF for r in rows)
    return frozenset(r.id for r in rows if regions and r.kind is RowKind.VALUE and r.id)


def _cells(row: Row) -> tuple[ShownCell, ...]:
    return () if row.kind is RowKind.GROUP else (shown_cell(row),)


WITHHELD = "[c]"
"""What stands for a withheld number: c for confidential, as official statistics write it."""
SUPPRESSED = "suppressed"


def withheld(table: ShownTable) -> ShownTable:
    """The table with every figure withheld."""
    gone = ShownCell(n=WITHHELD, withheld=SUPPRESSED)
    rows = tuple(replace(r, cells=tuple(gone for _ in r.cells)) for r in table.rows)
    return replace(table, rows=rows, notes=())


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
        conflicts="" if row.conflicts is None else str(row.conflicts),
    )


def _cross(table: CrossTable) -> ShownTable:
    inside = _places(table.rows)
    rows = tuple(
        ShownRow(r.kind, r.id, r.label, tuple(map(shown_cell, r.cells)), within=r.id in inside)
        for r in table.rows
    )
    return ShownTable(
        f"{table.dimension} by {table.by}",
        None,
        table.title,
        tuple(p.label for p in table.parts),
        rows,
        tuple(_cross_notes(table)),
        str(table.denominator),
    )


def _cross_notes(table: CrossTable) -> Iterator[str]:
    yield f"Of: {table.denominator} in each column, undecided ones left out. {RULE}"
    if table.overlapping:
        yield "A report can be in several columns, so that columns do not add up to all."
    if table.note:
        yield table.note


def shown_response(found: Sequence[Response], by: str = "") -> ShownTable:
    """Who answered, as a table: a row for all expected groups, and one for each part."""
    rows = tuple(
        ShownRow(RowKind.CODE, r.part, r.part, (ShownCell(str(r.responded), r.percent, str(r.expected),
                 value=r.responded, share=100 * r.responded / r.expected),))
        for r in found
    )  # fmt: skip
    title = f"Response by {by}" if by else "Response"
    notes = (f"Groups with a report that counts, of the groups that the register expects. {RULE}",)
    return ShownTable("response", None, title, ("",), rows, notes, "groups expected")


def shown_per_report(found: CodesPerReport) -> ShownTable:
    """How many codes reports have, as a table: a row for each number of codes."""
    rows = tuple(
        ShownRow(RowKind.BAND, str(codes), "1 code" if codes == 1 else f"{codes} codes",
                 (shown_cell(Row(RowKind.BAND, str(codes), "", n, found.reports)),))
        for codes, n in found.counts
    )  # fmt: skip
    return ShownTable(
        f"{found.dimension} per report",
        None,
        f"{found.title}: codes per report",
        ("",),
        rows,
        tuple(_per_report_notes(found)),
        "wholly decided reports",
    )


def _per_report_notes(found: CodesPerReport) -> Iterator[str]:
    if found.mean is not None and found.median is not None:
        yield f"Mean {found.mean:.2f}, median {found.median:g}, of {reports(found.reports)} wholly decided."
    if found.undecided:
        yield f"Undecided, left out: {reports(found.undecided)}."
    yield f"Codes that stand for nothing or for not telling are not counted. {RULE}"


def shown_bounds(table: BoundedTable) -> ShownTable:
    """The bounds of a table's cells, as "2 to 5" and "10.0 to 25.0"."""
    rows = tuple(ShownRow(r.kind, r.id, r.label, tuple(map(_bounds_cell, r.bounds))) for r in table.rows)
    notes = (
        "From none to all of the groups that sent nothing (and of undecided reports), of all reports that "
        f"count and these groups together. {RULE}",
        *((table.note,) if table.note else ()),
    )
    columns = tuple(f"{label} ({n} silent)" for label, _, n in table.parts)
    name = f"{table.dimension} by {table.by}" if table.by else table.dimension
    return ShownTable(f"{name} bounds", None, f"{table.title}, bounds", columns, rows, notes, "all groups")


def _bounds_cell(bounds: Bounds | None) -> ShownCell:
    if bounds is None:
        return ShownCell()
    n, percent = f"{bounds.low} to {bounds.high}", " to ".join(bounds.percent)
    return ShownCell(n, percent, str(bounds.groups))


def _notes(table: SynthesisTable) -> tuple[str, ...]:
    not_reported = reports(table.not_reported) if table.not_reported else ""
    without = reports(table.without) if table.without else ""
    return notes_of(table, str(table.reports), not_reported, without)


def notes_of(table: SynthesisTable, size: str, not_reported: str, without: str) -> tuple[str, ...]:
    """What stands below a table, with these texts for its counts; of an empty one nothing is said."""
    said = (
        f"Of: {table.denominator} ({size}), undecided ones left out. {RULE}",
        f"Not reported, which is not no: {not_reported}." if not_reported else "",
        f"None of the codes: {without}." if without else "",
        f"Not decided yet whether they indicate any: {reports(table.open)}." if table.open else "",
        table.note,
    )
    return tuple(filter(None, said))


def reports(n: int) -> str:
    """So many reports, in words."""
    return "1 report" if n == 1 else f"{n} reports"
