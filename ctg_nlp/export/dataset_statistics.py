"""Tables of a dataset for SPSS (.sav) and Stata (.dta), with labels and with missing values that say why.

Both are written whole from memory, unlike the other forms.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from ctg_nlp.errors import HomeError
from ctg_nlp.export.variables import (
    LETTERS,
    NUMBERS,
    Frame,
    Kind,
    Variable,
    Why,
    moment,
    statistics_names,
)

_SPSS_TEXT, _SPSS_LABEL, _SPSS_VALUE = 32_767, 256, 120  # bytes
_STATA_LABEL, _STATA_VALUE = 80, 32_000  # characters
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
CUT = "… (cut)"


class _Table(ABC):
    """What is common to both: columns are gathered, and written at the end."""

    def __init__(self, path: Path, frame: Frame, names: Sequence[str], made: datetime) -> None:
        self.paths = (path,)
        self.frame, self.made = frame, made
        self.named = tuple(zip(names, frame.variables, strict=True))
        self.rows: list[tuple[Any, ...]] = []

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""
        self.rows.extend(rows)

    def data(self) -> pd.DataFrame:
        """All rows as columns of these names."""
        cells = zip(*self.rows, strict=True) if self.rows else [()] * len(self.named)
        columns = {name: self.column(v, c) for (name, v), c in zip(self.named, cells, strict=True)}
        self.rows = []
        return pd.DataFrame(columns)

    def written(self, write: Callable[..., None], **how: Any) -> None:
        """Have the file written. Raises `HomeError` where that cannot be."""
        path = self.paths[0]
        try:
            write(self.data(), str(path), **how)
        except pyreadstat.ReadstatError as error:
            other = "Leave this form out (--format), or write fewer reports."
            raise HomeError(f"{path.name} cannot be written: {error}. {other}") from error

    def column(self, variable: Variable, cells: Sequence[Any]) -> Any:
        """The cells of one variable as the format wants them."""
        kind = variable.kind
        if kind is Kind.TEXT:
            return pd.Series([self.text(c) for c in cells], dtype=object)
        if kind is Kind.TIME:
            times = (moment(c) for c in cells)
            plain = [None if t is None else t.replace(tzinfo=None, microsecond=0) for t in times]
            return pd.Series(plain, dtype="datetime64[us]")
        if kind is Kind.CHOICE:
            places = {code: float(i) for i, (code, _) in enumerate(variable.values, start=1)}
            cells = [c if isinstance(c, Why) else places[c] for c in cells]
        return self.numbers(kind, cells)

    def text(self, text: str | None) -> str:
        """A text within the format's limit."""
        return text or ""

    @abstractmethod
    def numbers(self, kind: Kind, cells: Sequence[Any]) -> Any:
        """Numbers, with what stands for each `Why`."""

    def labels(self, most: int, missing: dict[Why, Any]) -> Iterator[tuple[str, dict[Any, str]]]:
        """For each variable of numbers the labels of its values."""
        for name, v in self.named:
            if v.kind is Kind.CHOICE:
                own = {float(i): f"{label} ({code})" for i, (code, label) in enumerate(v.values, start=1)}
            else:
                own = {float(x): label for x, label in v.values if isinstance(x, int)}
            if v.kind.explained:
                own |= {missing[why]: str(why) for why in Why}
            if own:
                yield name, {x: shortened(label, most) for x, label in own.items()}


class SpssTable(_Table):
    """A .sav file: what is missing is user-missing, -9 to -6."""

    def __init__(self, path: Path, frame: Frame, made: datetime) -> None:
        super().__init__(path, frame, [spss for spss, _ in statistics_names(frame.variables)], made)

    def text(self, text: str | None) -> str:
        """A text within the format's limit."""
        return shortened(text or "", _SPSS_TEXT)

    def numbers(self, kind: Kind, cells: Sequence[Any]) -> Any:
        """Numbers, with what stands for each `Why`."""
        numbers = [NUMBERS[c] if isinstance(c, Why) else c for c in cells]
        return pd.Series(numbers, dtype="float64")

    def close(self) -> None:
        """Write the file."""
        explained = [name for name, v in self.named if v.kind.explained]
        self.written(
            pyreadstat.write_sav,
            file_label=shortened(self.frame.what, 64),
            column_labels={name: shortened(v.label, _SPSS_LABEL) for name, v in self.named},
            variable_value_labels=dict(self.labels(_SPSS_VALUE, NUMBERS)),
            missing_ranges={name: [{"lo": -9, "hi": -6}] for name in explained},
            variable_measure={name: _MEASURE[v.kind] for name, v in self.named},
            variable_format={name: _WHOLE[v.kind] for name, v in self.named if v.kind in _WHOLE},
            row_compress=True,
        )
        d = self.made
        day, clock = f"{d.day:02} {_MONTHS[d.month - 1]} {d.year % 100:02}", f"{d:%H:%M:%S}"
        with self.paths[0].open("r+b") as file:
            file.seek(92)  # the header's date and time of making
            file.write(f"{day}{clock}".encode())


class StataTable(_Table):
    """A .dta file of format 118 (Stata 14 or newer): what is missing is .a to .d."""

    def __init__(self, path: Path, frame: Frame, made: datetime) -> None:
        super().__init__(path, frame, [stata for _, stata in statistics_names(frame.variables)], made)

    def numbers(self, kind: Kind, cells: Sequence[Any]) -> Any:
        """Numbers, with what stands for each `Why`."""
        if not kind.explained:
            return pd.Series(cells, dtype="float64")
        none = float("nan")
        numbers = [LETTERS[c] if isinstance(c, Why) else none if c is None else float(c) for c in cells]
        if not any(isinstance(x, str) for x in numbers):
            return pd.Series(numbers, dtype="float64")
        # Not a plain column of objects: whether such a one is text is guessed from its first hundred cells.
        both = pd.Index(list(dict.fromkeys(x for x in numbers if x == x)), dtype=object)
        return pd.Series(pd.Categorical(numbers, categories=both, ordered=True))

    def close(self) -> None:
        """Write the file."""
        self.written(
            pyreadstat.write_dta,
            file_label=self.frame.what[:80],
            column_labels={name: v.label[:_STATA_LABEL] for name, v in self.named},
            variable_value_labels=dict(self.labels(_STATA_VALUE, LETTERS)),
            missing_user_values={n: list(LETTERS.values()) for n, v in self.named if v.kind.explained},
            version=14,
        )
        d = self.made
        stamp = f"{d.day:02} {_MONTHS[d.month - 1]} {d.year:04} {d:%H:%M}".encode()
        with self.paths[0].open("r+b") as file:
            head = file.read(1000)
            file.seek(head.index(b"<timestamp>") + len("<timestamp>") + 1)
            file.write(stamp)


_MEASURE = {
    Kind.MARK: "nominal",
    Kind.CHOICE: "nominal",
    Kind.TEXT: "nominal",
    Kind.NUMBER: "scale",
    Kind.COUNT: "scale",
    Kind.SCORE: "scale",
    Kind.TIME: "scale",
}
_WHOLE = {Kind.MARK: "F2.0", Kind.CHOICE: "F4.0", Kind.NUMBER: "F8.0", Kind.COUNT: "F10.0"}


def shortened(text: str, most: int) -> str:
    """A text of at most so many bytes in UTF-8, with a mark where it was cut."""
    raw = text.encode("utf-8")
    if len(raw) <= most:
        return text
    room = most - len(CUT.encode("utf-8"))
    return (
        raw[: max(room, 0)].decode("utf-8", "ignore") + CUT
        if room > 0
        else raw[:most].decode("utf-8", "ignore")
    )
