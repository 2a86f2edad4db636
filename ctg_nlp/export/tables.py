"""Synthesis tables as CSV, XLSX and HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ctg_nlp.export.files import safe_cell, whole_file, write_csv
from ctg_nlp.synthesis.breakdown import CrossTable
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.per_report import CodesPerReport
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.response import Response
from ctg_nlp.synthesis.shown import ShownCell, ShownTable, shown
from ctg_nlp.synthesis.tables import Row, SuggestedTable, SynthesisTable

_COUNTS = ("n", "percent", "denominator", "of", "undecided", "in_conflict")
COLUMNS = ("table", "dimension", "row", "kind", "label", *_COUNTS)
BY_COLUMNS = ("dimension", "by", "part", "part_label", "row", "kind", "label", *_COUNTS)
RESPONSE_COLUMNS = ("by", "part", "responded", "expected", "percent")
PER_REPORT_COLUMNS = (
    "dimension",
    "codes",
    "reports",
    "percent",
    "denominator",
    "undecided",
    "mean",
    "median",
)
SUGGESTED_COLUMNS = ("table", "dimension", "row", "kind", "label", "n_suggested", "reports", "model")
SUGGESTED_LABEL = "Suggested by a machine, confirmed by nobody: not a finding"
_FIGURES = (
    ("No.", "n"), ("Per cent", "percent"), ("Denominator", "of"),
    ("Undecided", "undecided"), ("In conflict", "conflicts"),
)  # fmt: skip
_Further = Sequence[tuple[str, Sequence[ShownTable]]]


def write_tables(
    folder: Path, tables: Sequence[SynthesisTable], heading: str, further: _Further = ()
) -> tuple[Path, ...]:
    """Write tables.csv, tables.xlsx and tables.html into the folder. Returns their paths.

    `further` tables, in parts with a name each, come after the others in the latter two.
    """
    paths = (folder / "tables.csv", folder / "tables.xlsx", folder / "tables.html")
    write_csv(paths[0], COLUMNS, [_flat(t, r) for t in tables for r in t.rows if r.kind is not RowKind.GROUP])
    printed = [shown(t) for t in tables]
    _write_xlsx(paths[1], printed, heading, further)
    with whole_file(paths[2]) as file:
        file.write(_html(printed, heading, further))
    return paths


def write_breakdown(path: Path, tables: Iterable[CrossTable]) -> Path:
    """Write broken down tables, a line for each cell. Returns the path."""
    write_csv(path, BY_COLUMNS, (line for t in tables for line in _cross_lines(t)))
    return path


def _cross_lines(table: CrossTable) -> Iterator[tuple[Any, ...]]:
    for row in table.rows:
        for part, cell in zip(table.parts, row.cells, strict=False):
            where = (table.dimension, table.by, part.id, part.label, row.id, str(row.kind), row.label)
            yield (*where, *_counts(cell, str(table.denominator)))


def write_response(path: Path, found: Iterable[tuple[str, Sequence[Response]]]) -> Path:
    """Write who answered; each is (what it is broken down by, rates). Returns the path."""
    rows = [(by, r.part, r.responded, r.expected, r.percent) for by, rates in found for r in rates]
    write_csv(path, RESPONSE_COLUMNS, rows)
    return path


def write_codes_per_report(path: Path, found: Iterable[CodesPerReport]) -> Path:
    """Write how many codes reports have. Returns the path."""
    rows = [
        (c.dimension, codes, n, percent_text(n, c.reports), c.reports, c.undecided, f"{c.mean:.2f}", c.median)
        for c in found
        for codes, n in c.counts
    ]
    write_csv(path, PER_REPORT_COLUMNS, rows)
    return path


def write_suggested_tables(folder: Path, tables: Sequence[SuggestedTable]) -> Path:
    """Write what the machine suggests to a file of its own, every row labelled as such."""
    path = folder / "suggested_tables.csv"
    rows = [
        (
            t.number,
            t.dimension,
            r.id,
            str(r.kind),
            f"{r.label} ({SUGGESTED_LABEL})",
            r.n,
            t.reports,
            t.model_id,
        )
        for t in tables
        for r in t.rows
    ]
    write_csv(path, SUGGESTED_COLUMNS, rows)
    return path


def _flat(table: SynthesisTable, row: Row) -> tuple[Any, ...]:
    where = (table.number, table.dimension, row.id, str(row.kind), row.label)
    return (*where, *_counts(row, str(table.denominator)))


def _counts(row: Row, of: str) -> tuple[Any, ...]:
    said = of if row.denominator is not None else ""
    return row.n, row.percent, row.denominator, said, row.undecided, row.conflicts


def title_of(table: SynthesisTable | SuggestedTable) -> str:
    """The caption: "Table 4: Partnership working", without a number where the framework gives none."""
    return f"Table {table.number}: {table.title}" if table.number is not None else table.title


def figures_of(table: ShownTable) -> tuple[tuple[str, str], ...]:
    """The figures that its cells have, as (heading, name in `ShownCell`); of breakdowns only what is not
    nought everywhere."""
    nothing = ("",) if len(table.columns) == 1 else ("", "0")
    cells = [c for r in table.rows for c in r.cells]
    kept = [f for f in _FIGURES[1:] if any(getattr(c, f[1]) not in nothing for c in cells)]
    return (_FIGURES[0], *kept)


def _write_xlsx(path: Path, tables: Sequence[ShownTable], heading: str, further: _Further) -> None:
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for table in tables:
        name = f"Table {table.number}" if table.number is not None else table.id[:31]
        _fill(book.create_sheet(name), [table], heading)
    for name, part in further:
        if part:
            _fill(book.create_sheet(name), part, heading)
    if not book.sheetnames:
        book.create_sheet("No tables")
    with whole_file(path, binary=True) as file:
        book.save(file)


def _fill(sheet: Worksheet, tables: Sequence[ShownTable], heading: str) -> None:
    for i, table in enumerate(tables):
        if i:
            sheet.append([])
        _append(sheet, table, heading if i == 0 else "")
    sheet.column_dimensions["A"].width = 60
    for column in range(2, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 13
    sheet.freeze_panes = "B4" if len(tables) == 1 else "B1"


def _append(sheet: Worksheet, table: ShownTable, heading: str) -> None:
    figures = figures_of(table)
    sheet.append([safe_cell(table.caption)])
    sheet.cell(sheet.max_row, 1).font = Font(bold=True, size=13)
    sheet.append([safe_cell(heading)])
    if len(table.columns) > 1:
        _append_bold(sheet, ["", *(x for c in table.columns for x in (c, *[""] * (len(figures) - 1)))])
    _append_bold(sheet, ["", *(name for _ in table.columns for name, _ in figures)])
    for row in table.rows:
        sheet.append([safe_cell(row.label), *(_value(c, name) for c in row.cells for _, name in figures)])
        label = sheet.cell(sheet.max_row, 1)
        label.alignment = Alignment(wrap_text=True, vertical="top", indent=2 * row.within)
        if row.kind is RowKind.GROUP:
            label.font = Font(bold=True)
        for place in (i for i, (_, name) in enumerate(figures) if name == "percent"):
            for part in range(len(row.cells)):
                sheet.cell(sheet.max_row, 2 + part * len(figures) + place).number_format = "0.0"
    for note in table.notes:
        sheet.append([safe_cell(note)])


def _append_bold(sheet: Worksheet, values: Sequence[str]) -> None:
    sheet.append([safe_cell(v) for v in values])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)


def _value(cell: ShownCell, name: str) -> Any:
    """A figure as a number where it is one; what was withheld as its text."""
    said = getattr(cell, name) or (cell.withheld if name == "n" else "")
    if name == "percent":
        return float(said) if cell.share is not None and said else said or None
    return int(said) if said.isdecimal() else safe_cell(said) or None


def _html(tables: Sequence[ShownTable], heading: str, further: _Further) -> str:
    environment = Environment(
        loader=PackageLoader("ctg_nlp.export"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    template = environment.get_template("tables.html")
    parts = [("", tables), *((name, part) for name, part in further if part)]
    return template.render(parts=parts, heading=heading, figures_of=figures_of)
