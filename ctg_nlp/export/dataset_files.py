"""The files of a dataset in all forms, written side by side from one reading of the store."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.export.variables import Frame

FORMS = ("csv", "jsonl", "parquet", "xlsx", "sav", "dta")
FLAT = ("csv", "jsonl", "parquet")
"""Forms that cost the same memory however many rows there are, and little time."""
WORKBOOK = "dataset.xlsx"
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]

# The writer of each form that has a file for each table; loaded when used.
_WRITERS = {
    "csv": "ctg_nlp.export.dataset_text:CsvTable",
    "jsonl": "ctg_nlp.export.dataset_text:JsonTable",
    "parquet": "ctg_nlp.export.dataset_parquet:ParquetTable",
    "sav": "ctg_nlp.export.dataset_statistics:SpssTable",
    "dta": "ctg_nlp.export.dataset_statistics:StataTable",
}
_DATED = ("sav", "dta")


class TableWriter(Protocol):
    """What writes one table in one form."""

    paths: tuple[Path, ...]

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""

    def close(self) -> None:
        """End the file."""


class DatasetFiles:
    """The open files of a dataset. `made` is the time that goes into those files that tell one: that of the
    last decision (ISO 8601, UTC), so that the same store gives the same bytes."""

    def __init__(self, folder: Path, frames: Iterable[Frame], forms: Sequence[str], made: str) -> None:
        self.folder, self.forms = folder, tuple(forms)
        self.made = datetime.fromisoformat(made).astimezone(UTC) if made else _NEVER
        self.rows: dict[str, int] = {}
        self._book = self._workbook() if "xlsx" in forms else None
        self._writers = {f.name: self._open(f) for f in frames}

    def _workbook(self) -> Any:
        from ctg_nlp.export.dataset_workbook import DatasetWorkbook

        return DatasetWorkbook(self.folder / WORKBOOK)

    def _open(self, frame: Frame) -> list[TableWriter]:
        self.rows[frame.name] = 0
        made: list[TableWriter] = []
        for form in self._forms_of(frame):
            if form in _WRITERS:
                module, name = _WRITERS[form].split(":")
                given = (self.made,) if form in _DATED else ()
                path = self.folder / f"{frame.name}.{form}"
                made.append(getattr(importlib.import_module(module), name)(path, frame, *given))
        if self._book is not None:
            made.append(self._book.table(frame))
        return made

    def _forms_of(self, frame: Frame) -> tuple[str, ...]:
        """What tells of the others is always there as CSV, and never for statistics packages."""
        if not frame.about:
            return self.forms
        return ("csv", *(f for f in self.forms if f not in ("csv", *_DATED)))

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows to a table in every form."""
        self.rows[table] += len(rows)
        for writer in self._writers[table]:
            writer.write(rows)

    def close(self, notes: Sequence[tuple[str, str]]) -> None:
        """End all files; `notes` are what the workbook says of itself.

        Raises `HomeError` where one cannot be written.
        """
        try:
            for writers in self._writers.values():
                while writers:  # each is let go once it is written, for some hold all rows
                    writers.pop(0).close()
            if self._book is not None:
                self._book.text("About", notes)
                self._book.save(self.made.replace(tzinfo=None))
        except OSError as error:
            raise HomeError(f"{self.folder.name} cannot be written: {error.strerror or error}.") from error

    def rows_of_files(self) -> Mapping[str, int]:
        """How many rows each file of one table has."""
        return {f"{t}.{form}": n for t, n in self.rows.items() for form in _WRITERS}


def forms_of(said: str) -> tuple[str, ...]:
    """The forms that a text names, separated by commas. Raises `CtgError` for an unknown one and for none."""
    chosen = tuple(dict.fromkeys(p.strip().lower().lstrip(".") for p in said.split(",") if p.strip()))
    unknown = [f for f in chosen if f not in FORMS]
    if unknown or not chosen:
        said = ", ".join(unknown) or "without a name"
        raise CtgError(f"There is no form {said}; there are {', '.join(FORMS)}.")
    return tuple(f for f in FORMS if f in chosen)
