"""A report as a workbook with one sheet for each table, and as one tidy CSV."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from textwrap import shorten
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ctg_nlp.case_text import BlockKind
from ctg_nlp.export.contents import Contents, Section
from ctg_nlp.export.docx_parts import refixed
from ctg_nlp.export.files import safe_cell, whole_file, write_csv
from ctg_nlp.export.layout import WITHHELD, filled, is_sum, plain, printable, stub, wordy
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownTable

CSV_COLUMNS = (
    "edition", "status", "section", "table", "title", "row", "label", "part",
    "n", "percent", "of", "undecided", "withheld",
)  # fmt: skip
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31  # characters of the name of a sheet: programs take no more
_HEAD = 3  # rows above the first row of figures
_FIXED = datetime(2000, 1, 1)


def write_csv_report(path: Path, contents: Contents) -> None:
    """Write all tables as one CSV: a line for each cell, in the order of the report. Each line tells the
    edition and the status (as "DRAFT"; empty where there is none), for a file may be cut or joined to others.

    Raises `HomeError` where it cannot be written.
    """
    rows = (
        (str(contents.edition), contents.status, *line)
        for s in contents.sections
        for t in _tables(s)
        for line in _lines(s, t)
    )
    write_csv(path, CSV_COLUMNS, rows)


def _lines(section: Section, table: ShownTable) -> Iterator[tuple[Any, ...]]:
    table = filled(table)
    for row in table.rows:
        if row.kind is RowKind.GROUP:
            continue
        for part, cell in zip(table.columns, row.cells, strict=True):
            head = (section.id, table.id, table.caption, row.id, row.label, part)
            yield (*head, cell.n, cell.percent, cell.of, cell.undecided, cell.withheld)


def write_xlsx(path: Path, contents: Contents) -> None:
    """Write a report as a workbook. The same contents make the same bytes.

    Raises `HomeError` where it cannot be written.
    """
    saved = BytesIO()
    book = workbook_of(contents)
    book.save(saved)
    with whole_file(path, binary=True) as file:
        file.write(refixed(_without_times(saved.getvalue())))


def workbook_of(contents: Contents) -> Workbook:
    """The report as a workbook: what it holds, a sheet for each table, and the facts."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "Contents"
    placed = [(s, t) for s in contents.sections for t in _tables(s)]
    names = _names([t for _, t in placed])
    for (section, table), name in zip(placed, names, strict=True):
        _table_sheet(book.create_sheet(name), section, table, contents)
    _text_sheet(book.create_sheet("Text"), contents)
    _facts_sheet(book.create_sheet("Facts"), contents)
    _contents_sheet(first, contents, [(t.caption, n) for (_, t), n in zip(placed, names, strict=True)])
    book.properties.title, book.properties.creator = contents.title, ""
    book.properties.language = "en-GB"
    return book


def _tables(section: Section) -> tuple[ShownTable, ...]:
    own = {t.id for t in section.tables}
    return (*section.tables, *(c.table for c in section.charts if c.table.id not in own))


def _wanted(table: ShownTable, numbers: Mapping[str, int]) -> str:
    """What the sheet of a table is best called: by its number; by that of the table which it breaks down or
    goes with ("Table 4 by cohort"); by its title, or by its id where that is shorter than a title cut off."""
    if table.number is not None:
        return f"Table {table.number}"
    of, _, rest = table.id.partition(" ")
    if rest and of in numbers:
        return f"Table {numbers[of]} {rest}"
    return table.title if len(table.title) <= _LONGEST_NAME else table.id


def _names(tables: list[ShownTable]) -> list[str]:
    """A name for each sheet: of at most 31 characters, no two alike whatever their case."""
    taken = {"contents", "facts", "text"}
    numbers = {t.id: t.number for t in tables if t.number is not None}
    found = []
    for table in tables:
        wanted = _NOT_IN_A_NAME.sub(" ", _wanted(table, numbers)).strip()
        wanted = shorten(wanted, _LONGEST_NAME, placeholder="") or wanted[:_LONGEST_NAME].strip() or "Table"
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted[: 30 - len(str(number))]} {number}"
        taken.add(name.casefold())
        found.append(name)
    return found


def _contents_sheet(sheet: Worksheet, contents: Contents, tables: list[tuple[str, str]]) -> None:
    _head(sheet, contents.title, contents)
    if contents.subtitle:
        sheet.append([_text(contents.subtitle)])
    for caption, name in (*tables, ("Text and quality statements", "Text"), ("Facts", "Facts")):
        sheet.append([_text(caption), name])
        _link(sheet, name)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 90, 34


def _link(sheet: Worksheet, name: str) -> None:
    """Make the cell written last lead to another sheet."""
    cell = sheet.cell(sheet.max_row, 1)
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"'{name}'!A1")
    cell.font = Font(underline="single", color="0563C1")


def _head(sheet: Worksheet, title: str, contents: Contents) -> None:
    sheet.append([_text(title)])
    sheet["A1"].font = Font(bold=True, size=14)
    said = " – ".join(contents.marks)
    sheet.append([_text(said)])
    sheet["A2"].font = Font(bold=contents.cautioned, color="C00000" if contents.cautioned else "404040")
    _centred(sheet.HeaderFooter.oddHeader, said)
    _centred(sheet.HeaderFooter.oddFooter, "Page &P of &N")


def _centred(place: HeaderFooterItem | None, text: str) -> None:
    if place is not None and place.center is not None:
        place.center.text = text


def _table_sheet(sheet: Worksheet, section: Section, table: ShownTable, contents: Contents) -> None:
    table = filled(table)
    _head(sheet, table.caption, contents)
    sheet.append([stub(table), *(_text(c) for c in _columns(table))])
    for cell in sheet[_HEAD]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for row in table.rows:
        figures = [v for cell in row.cells for v in _figures(table, cell)]
        sheet.append([_text(row.label), *figures])
        label = sheet.cell(sheet.max_row, 1)
        label.font = Font(bold=row.kind is RowKind.GROUP or is_sum(row))
        label.alignment = Alignment(wrap_text=True, vertical="top", indent=2 if row.within else 0)
    _forms(sheet, table)
    for note in (*table.notes, *section.quality):
        sheet.append([_text(note)])
    sheet.append(["Back to the contents"])
    _link(sheet, "Contents")
    _dress(sheet, table)


def _dress(sheet: Worksheet, table: ShownTable) -> None:
    sheet.freeze_panes = f"B{_HEAD + 1}"
    sheet.print_title_rows = f"{_HEAD}:{_HEAD}"
    sheet.page_setup.orientation = "portrait" if plain(table) else "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.column_dimensions["A"].width = 60
    for place in range(2, 2 + len(_columns(table))):
        sheet.column_dimensions[get_column_letter(place)].width = 14


def _columns(table: ShownTable) -> list[str]:
    if wordy(table):
        return [c or "No." for c in table.columns]
    names = ("No.", "Per cent", "Of", "Undecided")
    return [f"{part}: {name}" if part else name for part in table.columns for name in names]


def _figures(table: ShownTable, cell: ShownCell) -> tuple[Any, ...]:
    count = cell.n or (WITHHELD if cell.withheld else "")
    if wordy(table):
        return (_typed(count),)
    return tuple(_typed(x) for x in (count, cell.percent, cell.of, cell.undecided))


def _text(text: str) -> str:
    """Text that every program can open and none runs."""
    return str(safe_cell(printable(text)))


def _typed(text: str) -> Any:
    """A number where the text is nothing else; an empty cell for none; else text that runs nothing."""
    if not text:
        return None
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    return _text(text)


def _forms(sheet: Worksheet, table: ShownTable) -> None:
    per_cent = [n for n, name in enumerate(_columns(table), start=2) if name.endswith("Per cent")]
    for row in sheet.iter_rows(min_row=_HEAD + 1, max_row=_HEAD + len(table.rows), min_col=2):
        for cell in row:
            if isinstance(cell.value, str):
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            elif cell.column in per_cent:
                cell.number_format = "0.0"


def _text_sheet(sheet: Worksheet, contents: Contents) -> None:
    _head(sheet, "Text and quality statements", contents)
    for section in contents.sections:
        sheet.append([_text(section.heading)])
        sheet.cell(sheet.max_row, 1).font = Font(bold=True)
        for text in _texts(section):
            sheet.append([_text(text)])
            sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 110


def _texts(section: Section) -> Iterator[str]:
    """All that a section says in sentences."""
    yield from section.paragraphs
    for figure in section.figures:
        yield f"{figure.drawing.title}: {' '.join(figure.drawing.sentences)}"
    for block in section.blocks:
        said = f"“{block.text}”" if block.kind is BlockKind.QUOTE else block.text
        yield f"{said} ({block.aside})" if block.aside else said
    for quote in section.quotes:
        yield f"“{quote.text}” ({quote.attribution})"
    yield from section.quality


def _facts_sheet(sheet: Worksheet, contents: Contents) -> None:
    _head(sheet, "How this report can be made again", contents)
    for name, value in contents.facts:
        sheet.append([_text(name), _text(value)])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 90


def _without_times(content: bytes) -> bytes:
    """The time of saving is written among the properties, whatever they were given: a fixed one instead."""
    fixed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as read, zipfile.ZipFile(fixed, "w") as write:
        for name in read.namelist():
            part = read.read(name)
            if name == "docProps/core.xml":
                said = _FIXED.isoformat().encode() + b"Z"
                part = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + said, part)
            write.writestr(name, part)
    return fixed.getvalue()
