"""Writing files that are whole or not there, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ctg_nlp.errors import HomeError

_RISKY = ("=", "+", "-", "@", "\t", "\r")


@contextmanager
def whole_file(path: Path, *, binary: bool = False, private: bool = False) -> Iterator[IO[Any]]:
    """A file to write to that takes the place of `path` only once it is complete and on the disk. Who may
    read it is left to the umask; where it is `private`, nobody but its owner.

    Raises `HomeError` where the folder cannot be written to or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o600 if private else 0o666)
        how = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
        opened: IO[Any] = os.fdopen(descriptor, **how)  # type: ignore[call-overload]
    except OSError as error:
        raise HomeError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with opened as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise HomeError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def safe_cell(value: Any) -> Any:
    """A value for a spreadsheet: a text that would start a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(_RISKY):
        return "'" + value
    return value


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV in UTF-8 with a byte order mark, as spreadsheets want it; None is an empty cell."""
    with whole_file(path) as file:
        file.write("\ufeff")
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([safe_cell(v) for v in row] for row in rows)


def write_jsonl(path: Path, items: Iterable[dict[str, Any]]) -> int:
    """JSON lines in UTF-8. Returns how many were written."""
    count = 0
    with whole_file(path) as file:
        for item in items:
            file.write(json.dumps(item, ensure_ascii=False) + "\n")
            count += 1
    return count
