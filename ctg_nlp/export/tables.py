"""Synthesis tables as CSV, XLSX and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ctg_nlp.export.files import safe_cell, whole_file, write_csv
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.tables import Row, SuggestedTable, SynthesisTable

COLUMNS = (
    "table", "dimension", "row", "kind", "label",
    "n", "percent", "denominator", "of", "undecided", "in_conflict",
)  # fmt: skip
SUGGESTED_COLUMNS = ("table", "dimension", "row", "kind", "label", "n_suggested", "reports", "model")
SUGGESTED_LABEL = "Suggested by a machine, confirmed by nobody: not a finding"


def write_tables(folder: Path, tables: Sequence[SynthesisTable], heading: str) -> tuple[Path, ...]:
    """Write tables.csv, tables.xlsx and tables.html into the folder. Returns their paths."""
    paths = (folder / "tables.csv", folder / "tables.xlsx", folder / "tables.html")
    write_csv(paths[0], COLUMNS, [_flat(t, r) for t in tables for r in t.rows if r.kind is not RowKind.GROUP])
    _write_xlsx(paths[1], tables, heading)
    with whole_file(paths[2]) as file:
        file.write(_html(tables, heading))
    return paths


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
    return (
        table.number,
        table.dimension,
        row.id,
        str(row.kind),
        row.label,
        row.n,
        row.percent,
        row.denominator,
        str(table.denominator) if row.denominator is not None else "",
        row.undecided,
        row.conflicts,
    )


def title_of(table: SynthesisTable | SuggestedTable) -> str:
    """The caption: "Table 4: Partnership working", without a number where the framework gives none."""
    return f"Table {table.number}: {table.title}" if table.number is not None else table.title


def _write_xlsx(path: Path, tables: Sequence[SynthesisTable], heading: str) -> None:
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for table in tables:
        name = f"Table {table.number}" if table.number is not None else table.dimension[:31]
        _fill(book.create_sheet(name), table, heading)
    if not tables:
        book.create_sheet("No tables")
    with whole_file(path, binary=True) as file:
        book.save(file)


def _fill(sheet: Worksheet, table: SynthesisTable, heading: str) -> None:
    sheet.append([safe_cell(title_of(table))])
    sheet.append([heading])
    sheet.append(["", "No.", "Per cent", "Denominator", "Undecided", "In conflict"])
    for row in table.rows:
        percentage = float(row.percent) if row.percent else None
        sheet.append([safe_cell(row.label), row.n, percentage, row.denominator, row.undecided, row.conflicts])
        if row.kind is RowKind.GROUP:
            sheet.cell(sheet.max_row, 1).font = Font(bold=True)
    sheet.append([f"Denominator: {table.denominator}. Percentages to one decimal, halves rounded up."])
    if table.note:
        sheet.append([safe_cell(f"Note: {table.note}")])
    sheet["A1"].font = Font(bold=True, size=13)
    for cell in sheet[3]:
        cell.font = Font(bold=True)
    for cells in sheet.iter_rows(min_row=4, min_col=3, max_col=3):
        cells[0].number_format = "0.0"
    for cells in sheet.iter_rows(min_row=4, max_row=3 + len(table.rows), max_col=1):
        cells[0].alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 60
    for column in range(2, 7):
        sheet.column_dimensions[get_column_letter(column)].width = 13
    sheet.freeze_panes = "B4"


def _html(tables: Sequence[SynthesisTable], heading: str) -> str:
    environment = Environment(
        loader=PackageLoader("ctg_nlp.export"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    return environment.get_template("tables.html").render(tables=tables, heading=heading, title_of=title_of)
