"""A file of lines that several processes write to, and that begins anew when it is full."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

NAME = "ctg.log"
_RIGHTS = 0o640
_TURN = threading.Lock()


@dataclass(frozen=True, slots=True)
class LogFile:
    """`ctg.log` in a folder, and older ones as `ctg.log.1` (the youngest) to `ctg.log.N`.

    Each is at most `most_bytes` long; of older ones `keep` are kept.
    """

    folder: Path
    most_bytes: int
    keep: int

    @property
    def path(self) -> Path:
        """The file that is written to now."""
        return self.folder / NAME

    def write(self, line: str) -> None:
        """Add a line, whole, whoever else writes. Raises `OSError` where that cannot be."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._held():
            size = self.path.stat().st_size if self.path.exists() else 0
            if size + len(data) > self.most_bytes:
                self._begin_anew()
                size = 0
            with _opened(self.path, os.O_APPEND) as file:
                if file.write(data) < len(data):  # the disk is full: no half line, nor another after it
                    file.truncate(size)

    def files(self) -> tuple[Path, ...]:
        """All files that there are, the youngest first."""
        older = sorted(self.folder.glob(f"{NAME}.*"), key=_number)
        return tuple(p for p in (self.path, *older) if p.is_file())

    def older_than(self, time: str) -> int:
        """How many lines were written before a time (as lines have it)."""
        return sum(_is_before(line, time) for path in self.files() for line in path.open("rb"))

    def forget(self, time: str) -> int:
        """Take the lines out that were written before a time. Returns how many there were."""
        gone = 0
        with self._held():
            for path in self.files():
                lines = path.read_bytes().splitlines(keepends=True)
                kept = [line for line in lines if not _is_before(line, time)]
                gone += len(lines) - len(kept)
                if not kept:
                    path.unlink()
                elif len(kept) < len(lines):
                    _replace(path, b"".join(kept))
        return gone

    def _begin_anew(self) -> None:
        for number in range(self.keep, 0, -1):
            before = self.path if number == 1 else self._older(number - 1)
            if before.exists():
                before.replace(self._older(number))
        for path in self.folder.glob(f"{NAME}.*"):  # the setting may have been larger before
            if _number(path) > self.keep:
                path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def _older(self, number: int) -> Path:
        return self.folder / f"{NAME}.{number}"

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let no other thread or process write meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _TURN:
            if os.name != "posix":
                yield
                return
            import fcntl

            with _opened(self.folder / ".lock", 0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # the system lets go of it when the file is closed
                yield


def _opened(path: Path, how: int) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | how, _RIGHTS), "wb", buffering=0)


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}")
    with _opened(beside, os.O_TRUNC) as file:
        file.write(data)
    beside.replace(path)


def _number(path: Path) -> int:
    said = path.name.rpartition(".")[2]
    return int(said) if said.isdecimal() else 0


def _is_before(line: bytes, time: str) -> bool:
    """Whether a line begins with an earlier time; one that begins with none stays."""
    head = b'{"time":"'
    return line.startswith(head) and line[len(head) :].partition(b'"')[0] < time.encode()
