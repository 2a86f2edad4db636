"""Tables of a dataset as CSV and JSON lines, written row by row."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from ctg_nlp.export.variables import Frame, Kind

RUNS = "=+-@\t\r\n＝＋－＠"
"""With these a spreadsheet may begin to reckon instead of showing the text."""
_RISKY = re.compile(f"'*[{re.escape(RUNS)}]")
_MARKED = re.compile(f"'+[{re.escape(RUNS)}]")
_FIRST = frozenset(RUNS + "'")
SAFETY = (
    "In CSV and workbook a text that begins with one of = + - @ (also full-width), a tab or a line break, "
    "perhaps after apostrophes, has one more apostrophe before it, so that no spreadsheet runs it. To have "
    "the text as it was, take one apostrophe away where apostrophes come before one of these signs. JSON "
    "lines, Parquet, SPSS and Stata files have the text as it was."
)


def neutral(text: str) -> str:
    """A text that no spreadsheet runs; `as_it_was` gives it back."""
    return "'" + text if text[:1] in _FIRST and _RISKY.match(text) else text


def as_it_was(text: str) -> str:
    """The text of which `neutral` made this one."""
    return text[1:] if text[:1] == "'" and _MARKED.match(text) else text


class CsvTable:
    """A CSV in UTF-8 with a byte order mark, as spreadsheets want it."""

    def __init__(self, path: Path, frame: Frame) -> None:
        self.paths = (path,)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write("\ufeff")
        # Ended so, for only signs of the ending are put in quotes: a bare \r would begin another row.
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([v.name for v in frame.variables])

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        first = _FIRST
        self._writer.writerows(
            [neutral(v) if type(v) is str and v and v[0] in first else v for v in row] for row in rows
        )

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _encoded(cell: Any) -> str:
    """A cell that is no whole number, in a column where a word may stand for a missing value, as JSON."""
    return "null" if cell is None else json.dumps(cell, ensure_ascii=False)


class JsonTable:
    """JSON lines in UTF-8: an object a row, with null where a whole number or a score is not there."""

    def __init__(self, path: Path, frame: Frame) -> None:
        self.paths = (path,)
        self._file = path.open("w", encoding="utf-8", newline="\n")
        names = (json.dumps(v.name, ensure_ascii=False).replace("%", "%%") for v in frame.variables)
        self._line = "{" + ", ".join(f"{name}: %s" for name in names) + "}\n"
        self._texts = [v.kind in (Kind.TEXT, Kind.TIME) for v in frame.variables]

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows. By columns, for this takes half the time of an encoder that is called for each row."""
        columns = zip(*rows, strict=True)
        said = [
            map(encode_basestring, cells) if texts else [c if type(c) is int else _encoded(c) for c in cells]
            for texts, cells in zip(self._texts, columns, strict=bool(rows))
        ]
        line = self._line
        self._file.writelines([line % row for row in zip(*said, strict=True)])

    def close(self) -> None:
        """End the file."""
        self._file.close()
