"""Workbooks of many rows as Office Open XML, written row by row.

openpyxl takes five millionths of a second or more for each cell, which are minutes for a million decisions;
this takes a tenth. It knows what datasets need: texts, numbers and times, a heading that stays, filters,
widths of columns. The same cells and time make the same bytes.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

PLAIN, HEADING, TIME, WRAPPED, BOLD = range(5)
"""Looks of a cell: their numbers in the styles."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BEGIN = datetime(1899, 12, 30)
_ZIP_FIRST, _ZIP_LAST = datetime(1980, 1, 1), datetime(2107, 12, 31, 23, 59, 58)  # that a zip file can tell
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_REMEMBERED = 20_000  # texts whose XML is kept, for most come again and again
Cell = str | int | float | datetime | None


def letters(column: int) -> str:
    """The letters of a column, from 1: A, B, ... Z, AA."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


class Sheet:
    """A sheet that is being written to a file of its own. If `frozen`, its first row and column stay."""

    def __init__(self, path: Path, title: str, widths: Sequence[int], *, frozen: bool = True) -> None:
        self.path, self.title, self.frozen = path, title, frozen
        self.rows, self.columns = 0, len(widths)
        self._letters = [letters(i) for i in range(1, self.columns + 1)]
        self._known: dict[str, str] = {}
        self._file = path.open("w", encoding="utf-8", newline="")
        pane = '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
        view = f'<sheetView workbookViewId="0">{pane if frozen else ""}</sheetView>'
        columns = (f'<col min="{i}" max="{i}" width="{w}" customWidth="1"/>' for i, w in enumerate(widths, 1))
        self._file.write(
            f'{_DECLARED}<worksheet xmlns="{_MAIN}"><sheetViews>{view}</sheetViews>'
            f'<sheetFormatPr defaultRowHeight="15"/><cols>{"".join(columns)}</cols><sheetData>'
        )

    def append(self, cells: Iterable[Cell], looks: Sequence[int] | None = None) -> None:
        """Add a row, each cell with its look."""
        self.rows += 1
        row = self.rows
        parts = [
            f'<c r="{name}{row}"{self._body(cell, looks[i] if looks else PLAIN)}'
            for i, (name, cell) in enumerate(zip(self._letters, cells, strict=True))
            if cell is not None and cell != ""
        ]
        self._file.write(f'<row r="{row}">{"".join(parts)}</row>')

    def _body(self, cell: Any, look: int) -> str:
        """What follows the place of a cell, to its end."""
        style = f' s="{look}"' if look else ""
        if isinstance(cell, str):
            if cell not in self._known:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[cell] = _text(cell)
            return f'{style} t="inlineStr"{self._known[cell]}'
        if isinstance(cell, datetime):
            days = (cell.replace(tzinfo=None) - _BEGIN).total_seconds() / 86_400
            return f' s="{TIME}"><v>{days:.8f}</v></c>'
        return f"{style}><v>{cell}</v></c>"

    def close(self) -> None:
        """End the sheet, with a filter over all rows where its heading is frozen."""
        filters = f'<autoFilter ref="{self.area}"/>' if self.frozen else ""
        self._file.write(f"</sheetData>{filters}</worksheet>")
        self._file.close()

    @property
    def area(self) -> str:
        """All cells, as A1:C9."""
        return f"A1:{self._letters[-1]}{max(self.rows, 1)}"


def _text(cell: str) -> str:
    said = escape(_ESCAPED.sub("_x005F_", cell))
    space = ' xml:space="preserve"' if said != said.strip() or "\n" in said else ""
    return f"><is><t{space}>{said}</t></is></c>"


def write_workbook(path: Path, sheets: Sequence[Sheet], made: datetime) -> None:
    """Put closed sheets into one workbook whose properties tell the time `made`; their own files go."""
    stamp = min(max(made, _ZIP_FIRST), _ZIP_LAST).timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as file:
        for name, text in _parts(sheets, made):
            file.writestr(_info(name, stamp), _DECLARED + text)
        for i, sheet in enumerate(sheets, start=1):
            info = _info(f"xl/worksheets/sheet{i}.xml", stamp)
            with sheet.path.open("rb") as source, file.open(info, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
            sheet.path.unlink()


def _info(name: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, stamp)  # type: ignore[arg-type]
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _parts(sheets: Sequence[Sheet], made: datetime) -> Iterable[tuple[str, str]]:
    """The further parts of the package, by their names."""
    numbers = range(1, len(sheets) + 1)
    overrides = [("/xl/workbook.xml", f"{_TYPES}.sheet.main+xml"), ("/xl/styles.xml", f"{_TYPES}.styles+xml")]
    overrides += [(f"/xl/worksheets/sheet{i}.xml", f"{_TYPES}.worksheet+xml") for i in numbers]
    overrides += [("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml")]
    typed = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in overrides)
    yield (
        "[Content_Types].xml",
        (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{typed}</Types>'
        ),
    )
    yield (
        "_rels/.rels",
        _relations(
            (f"{_RELATIONS}/officeDocument", "xl/workbook.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
    )
    worksheets = ((f"{_RELATIONS}/worksheet", f"worksheets/sheet{i}.xml") for i in numbers)
    yield "xl/_rels/workbook.xml.rels", _relations(*worksheets, (f"{_RELATIONS}/styles", "styles.xml"))
    yield "xl/workbook.xml", _book(sheets)
    yield "xl/styles.xml", _STYLES
    time = f'xsi:type="dcterms:W3CDTF">{made:%Y-%m-%dT%H:%M:%SZ}'
    yield (
        "docProps/core.xml",
        (
            f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
            'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dcterms:created {time}</dcterms:created><dcterms:modified {time}</dcterms:modified>"
            "</cp:coreProperties>"
        ),
    )


def _relations(*targets: tuple[str, str]) -> str:
    made = "".join(
        f'<Relationship Id="rId{i}" Type="{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def _book(sheets: Sequence[Sheet]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(s.title)} sheetId="{i}" r:id="rId{i}"/>'
        for i, s in enumerate(sheets, start=1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{i}" hidden="1">{_area(s)}</definedName>'
        for i, s in enumerate(sheets)
        if s.frozen
    )
    names = f"<definedNames>{filters}</definedNames>" if filters else ""
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets>{names}</workbook>"
    )


def _area(sheet: Sheet) -> str:
    """All cells of a sheet as other sheets name them: 'a title'!$A$1:$C$9."""
    quoted = sheet.title.replace("'", "''")
    cells = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", sheet.area)
    return escape(f"'{quoted}'!{cells}")


_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd '
    'hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/>'
    '<sz val="11"/><name val="Calibri"/></font></fonts><fills count="3"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill '
    'patternType="solid"><fgColor rgb="FFE8EEF4"/></patternFill></fill></fills><borders count="1"><border>'
    '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf '
    'numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment '
    'vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">'
    '<alignment vertical="top"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>'
)
