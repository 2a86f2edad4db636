"""A dataset as one workbook: a sheet for each table, more where Excel's limits are passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ctg_nlp.export.dataset_text import neutral
from ctg_nlp.export.layout import printable
from ctg_nlp.export.sheet_xml import BOLD, HEADING, WRAPPED, Sheet, write_workbook
from ctg_nlp.export.variables import Frame, Kind, Why, moment

ROWS, COLUMNS, CHARACTERS = 1_048_576, 16_384, 32_767
"""Excel's limits of a sheet and of a cell."""
CUT = " … (cut; whole in the other files)"
_WIDTHS = {Kind.TEXT: 18, Kind.TIME: 19, Kind.MARK: 13, Kind.CHOICE: 18}
_LONG = frozenset({"quote", "note", "reason", "evidence_quote", "label", "definition", "values", "missing"})


class DatasetWorkbook:
    """The workbook. Rows go to disk as they come; `save` ends it. `limits`: rows and columns of a sheet."""

    def __init__(self, path: Path, limits: tuple[int, int] = (ROWS, COLUMNS)) -> None:
        self.path = path
        self.limits = limits
        self._sheets: list[Sheet] = []

    def table(self, frame: Frame) -> WorkbookTable:
        """A table to write to, with its sheets."""
        return WorkbookTable(self, frame)

    def sheet(self, title: str, widths: Sequence[int], *, frozen: bool = True, first: bool = False) -> Sheet:
        """A new sheet, after the others or as the first."""
        path = self.path.with_name(f".{self.path.name}.{len(self._sheets)}")
        made = Sheet(path, title, widths, frozen=frozen)
        self._sheets.insert(0 if first else len(self._sheets), made)
        return made

    def text(self, title: str, pairs: Sequence[tuple[str, str]]) -> None:
        """A first sheet of (name, text) pairs."""
        sheet = self.sheet(title, (28, 110), frozen=False, first=True)
        for name, text in pairs:
            sheet.append((clean(name), clean(text)), (BOLD, WRAPPED))

    def save(self, made: datetime) -> None:
        """Write the file, whose properties tell the time `made`."""
        for sheet in self._sheets:
            sheet.close()
        write_workbook(self.path, self._sheets, made)


class WorkbookTable:
    """The sheets of one table: the next one begins where a sheet is full, and columns beyond the limit stand
    on sheets of their own, the first column repeated."""

    def __init__(self, workbook: DatasetWorkbook, frame: Frame) -> None:
        self.paths: tuple[Path, ...] = ()
        self._workbook, self._frame = workbook, frame
        self._blocks = blocks(len(frame.variables), workbook.limits[1])
        self._kinds = [v.kind for v in frame.variables]
        self._parts = 0
        self._sheets: list[Sheet] = []
        self._next()

    def _next(self) -> None:
        """Begin the next part."""
        self._parts += 1
        self._sheets = [self._sheet(n, block) for n, block in enumerate(self._blocks)]

    def _sheet(self, number: int, block: Sequence[int]) -> Sheet:
        columns = [f"columns {number + 1}"] if number else []
        part = [f"{self._parts}"] if self._parts > 1 else []
        title = (
            f"{self._frame.name} ({', '.join((*columns, *part))})" if columns or part else self._frame.name
        )
        variables = [self._frame.variables[i] for i in block]
        widths = [60 if v.name in _LONG else _WIDTHS.get(v.kind, 11) for v in variables]
        sheet = self._workbook.sheet(title, widths)
        sheet.append([clean(v.name) for v in variables], [HEADING] * len(variables))
        return sheet

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        for row in rows:
            if self._sheets[0].rows >= self._workbook.limits[0]:
                self._next()
            cells = [_cell(kind, value) for kind, value in zip(self._kinds, row, strict=True)]
            for sheet, block in zip(self._sheets, self._blocks, strict=True):
                sheet.append(cells if len(self._blocks) == 1 else [cells[i] for i in block])

    def close(self) -> None:
        """Nothing is left to do: the file is written by the workbook."""


def _cell(kind: Kind, value: Any) -> Any:
    if kind is Kind.TIME:
        when = moment(value)
        if when is not None and when.year < 1900:  # before the first day that Excel knows
            return value
        return when
    if isinstance(value, Why):
        return str(value)
    return clean(value) if isinstance(value, str) else value


def blocks(columns: int, most: int) -> tuple[tuple[int, ...], ...]:
    """Which columns stand on a sheet together: at most so many, the first on each."""
    if columns <= most:
        return (tuple(range(columns)),)
    step = most - 1
    return tuple((0, *range(i, min(i + step, columns))) for i in range(1, columns, step))


def clean(text: str) -> str:
    """Text that every spreadsheet opens and none runs, within the limit of a cell."""
    text = neutral(text if text.isprintable() else printable(text))
    if 2 * len(text) <= CHARACTERS:
        return text
    units = text.encode("utf-16-le", "surrogatepass")  # as Excel counts: two for a sign beyond U+FFFF
    if len(units) <= 2 * CHARACTERS:
        return text
    return units[: 2 * (CHARACTERS - len(CUT))].decode("utf-16-le", "ignore") + CUT
