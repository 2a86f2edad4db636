"""A dataset as one workbook: a sheet for each table, more where Excel's limits are passed."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ctg_nlp.export.dataset_text import neutral
from ctg_nlp.export.layout import printable
from ctg_nlp.export.variables import Frame, Kind, Why, moment

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""Excel's limits of a sheet and of a cell."""
CUT = " … (cut; whole in the other files)"
_WIDTHS = {Kind.TEXT: 18, Kind.TIME: 19, Kind.MARK: 13, Kind.CHOICE: 18}
_LONG = frozenset({"quote", "note", "evidence_quote", "label", "definition", "values", "what"})


class DatasetWorkbook:
    """The workbook. Rows go to disk as they come; `save` ends it. `limits`: rows and columns of a sheet."""

    def __init__(self, path: Path, limits: tuple[int, int] = (ROWS, COLUMNS)) -> None:
        self.path = path
        self.limits = limits
        self.book = Workbook(write_only=True)

    def table(self, frame: Frame) -> WorkbookTable:
        """A table to write to, with its sheets."""
        return WorkbookTable(self, frame)

    def text(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        """A sheet of (name, text) pairs."""
        sheet = self.book.create_sheet(title, 0)
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 110
        for name, text in pairs:
            cells = [WriteOnlyCell(sheet, clean(part)) for part in (name, text)]
            cells[0].font = Font(bold=True)
            cells[1].alignment = Alignment(wrap_text=True, vertical="top")
            sheet.append(cells)

    def save(self, made: datetime) -> None:
        """Write the file, whose properties tell the time `made`."""
        self.book.properties.creator = ""
        self.book.save(self.path)
        _fix_times(self.path, made)


class WorkbookTable:
    """The sheets of one table: the next one begins where a sheet is full, and columns beyond the limit stand
    on sheets of their own, the first column repeated."""

    def __init__(self, workbook: DatasetWorkbook, frame: Frame) -> None:
        self.paths: tuple[Path, ...] = ()
        self._workbook, self._frame = workbook, frame
        self._blocks = blocks(len(frame.variables), workbook.limits[1])
        self._kinds = [v.kind for v in frame.variables]
        self._parts, self._rows = 0, 0
        self._sheets: list[Any] = []
        self._next()

    def _next(self) -> None:
        """Begin the next part."""
        if self._sheets:
            self._filters()
        self._parts, self._rows = self._parts + 1, 1
        self._sheets = [self._sheet(n, block) for n, block in enumerate(self._blocks)]

    def _sheet(self, number: int, block: Sequence[int]) -> Any:
        names = [
            *([f"columns {number + 1}"] if number else []),
            *([f"{self._parts}"] if self._parts > 1 else []),
        ]
        title = f"{self._frame.name} ({', '.join(names)})" if names else self._frame.name
        sheet = self._workbook.book.create_sheet(title)
        sheet.freeze_panes = "B2"
        for place, i in enumerate(block, start=1):
            variable = self._frame.variables[i]
            width = 60 if variable.name in _LONG else _WIDTHS.get(variable.kind, 11)
            sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.append([_heading(sheet, self._frame.variables[i].name) for i in block])
        return sheet

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        for row in rows:
            if self._rows >= self._workbook.limits[0]:
                self._next()
            cells = [self._cell(kind, value) for kind, value in zip(self._kinds, row, strict=True)]
            for sheet, block in zip(self._sheets, self._blocks, strict=True):
                sheet.append(cells if len(self._blocks) == 1 else [cells[i] for i in block])
            self._rows += 1

    def _cell(self, kind: Kind, value: Any) -> Any:
        if kind is Kind.TIME:
            when = moment(value)
            if when is not None and when.year < 1900:  # before the first day that Excel knows
                return value
            return None if when is None else when.replace(tzinfo=None)
        if not isinstance(value, str) or isinstance(value, Why):
            return str(value) if isinstance(value, Why) else value
        if value[:1] == "#" and value in ERROR_CODES:  # a text, and no failed formula
            cell = WriteOnlyCell(self._sheets[0], value)
            cell.data_type = "s"
            return cell
        return clean(value) or None

    def _filters(self) -> None:
        for sheet, block in zip(self._sheets, self._blocks, strict=True):
            sheet.auto_filter.ref = f"A1:{get_column_letter(len(block))}{self._rows}"

    def close(self) -> None:
        """End the sheets; the file is written by the workbook."""
        self._filters()


def blocks(columns: int, most: int) -> tuple[tuple[int, ...], ...]:
    """Which columns stand on a sheet together: at most so many, the first on each."""
    if columns <= most:
        return (tuple(range(columns)),)
    step = most - 1
    return tuple((0, *range(i, min(i + step, columns))) for i in range(1, columns, step))


def clean(text: str) -> str:
    """Text that every spreadsheet opens and none runs, within the limit of a cell."""
    text = neutral(text if text.isprintable() else printable(text))
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - len(CUT)] + CUT


def _heading(sheet: Any, name: str) -> Any:
    cell = WriteOnlyCell(sheet, clean(name))
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="E8EEF4")
    return cell


@dataclass(frozen=True, slots=True)
class _Times:
    stamp: tuple[int, int, int, int, int, int]
    text: bytes


def _fix_times(path: Path, made: datetime) -> None:
    """Write the file anew with `made` for the time of saving, so that the same dataset is the same bytes."""
    times = _Times(
        (max(made.year, 1980), *made.timetuple()[1:6]), made.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    )
    other = path.with_name(f"{path.name}.fixed")
    with zipfile.ZipFile(path) as read, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as write:
        for name in read.namelist():
            info = zipfile.ZipInfo(name, times.stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            if name == "docProps/core.xml":
                said = rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*"
                write.writestr(info, re.sub(said, rb"\g<1>" + times.text, read.read(name)))
                continue
            with read.open(name) as source, write.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    other.replace(path)
