"""A watched folder: which new files are completely written, and taking them into the raw folder.

Only what is seen counts, never the time of a file: it is whole once its size and time stayed as they are
for a while, and it ends as files of its kind end. One that does not end so may be a copy that pauses: it
waits longer, and is then taken as it is, so that its verdict can tell people that it is broken.
"""

from __future__ import annotations

import hashlib
import itertools
import os.path
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctg_nlp.errors import HomeError
from ctg_nlp.export.files import whole_file
from ctg_nlp.submissions import files_below, hash_of, is_passed_over

PATIENCE = 30
"""A file without a proper end is taken after so many times the wait for others."""
_TAIL = 4096
_PIECE = 1 << 20

Seen = tuple[int, int]
"""What a file was like: its size in bytes, and the time of its last change in nanoseconds."""


@dataclass(slots=True)
class _Watched:
    seen: Seen
    since: float


@dataclass(slots=True)
class Watcher:
    """Remembers between looks what files were like. `seconds`: how long a file must stay as it is; `clock`:
    any that only goes forward, in seconds. `closed`: subfolders that could not be opened, and why."""

    folder: Path
    seconds: float
    clock: Callable[[], float] = field(repr=False)
    closed: tuple[tuple[str, str], ...] = ()
    _files: dict[Path, _Watched] = field(default_factory=dict, repr=False)

    def look(self) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        """The files that are whole by now, and those to wait for: what a batch would read, in the order of
        their paths. Raises `HomeError` without the folder."""
        if not self.folder.is_dir():
            raise HomeError(f"The watched folder {self.folder} does not exist. Make it, or change `watch`.")
        now, there = self.clock(), dict[Path, _Watched]()
        whole, waiting = list[Path](), list[Path]()
        for file in self._submitted():
            watched = self._watched(file, now)
            if watched is None:
                continue
            there[file] = watched
            stayed = now - watched.since
            wait = self.seconds if ends_properly(file) else self.seconds * PATIENCE
            (whole if stayed >= wait else waiting).append(file)
        self._files = there
        return tuple(whole), tuple(waiting)

    def _submitted(self) -> list[Path]:
        closed = list[tuple[str, str]]()
        found = [
            file
            for file in files_below(self.folder, closed)
            if not is_passed_over(file.relative_to(self.folder)) and os.path.isfile(file)  # noqa: PTH113
        ]  # unlike `Path.is_file` that raises nothing in a folder that may only be listed
        self.closed = tuple(closed)
        return sorted(found)

    def _watched(self, file: Path, now: float) -> _Watched | None:
        seen, before = seen_of(file), self._files.get(file)
        if seen is None:  # gone since the folder was listed
            return None
        return before if before is not None and before.seen == seen else _Watched(seen, now)


def seen_of(file: Path) -> Seen | None:
    """What a file is like now; None where there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def wait_until_whole(
    watcher: Watcher, is_known: Callable[[Path], bool], pause: Callable[[float], None]
) -> tuple[Path, ...]:
    """Wait until all files but those that are known are whole, or the patience for each is over.

    Returns those that are not whole even then: they still grow.
    """
    ends = watcher.clock() + watcher.seconds * (PATIENCE + 1)
    while True:
        waiting = tuple(file for file in watcher.look()[1] if not is_known(file))
        if not waiting or watcher.clock() >= ends:
            return waiting
        pause(min(1.0, watcher.seconds / 2))


def ends_properly(file: Path) -> bool:
    """Whether a file ends as files of its kind do: PDFs and Word files tell where they end, others do not,
    and an empty file has only begun."""
    try:
        size = file.stat().st_size
        if file.suffix.lower() == ".docx":
            return zipfile.is_zipfile(file)
        if file.suffix.lower() != ".pdf":
            return size > 0
        with file.open("rb") as opened:
            opened.seek(max(0, size - _TAIL))
            return b"%%EOF" in opened.read()
    except OSError:
        return False


def take(file: Path, inbox: Path, raw: Path, content: str) -> Path:
    """Copy a whole file of the inbox to the same place below the raw folder; it appears there all at once.

    `content` is the hash of what is to be copied. Returns where it lies then: the copy, or a file that had
    that content already. Another file of that name stays: the copy gets a number. Raises `HomeError` where it
    cannot be read or written, or holds something else by now.
    """
    for target in numbered(raw / file.relative_to(inbox)):
        if not target.exists():
            _copy(file, target, content)
            return target
        if target.is_file() and hash_of(target) == content:
            return target
    raise AssertionError("the numbers never end")


def _copy(file: Path, target: Path, content: str) -> None:
    digest = hashlib.sha256()
    with whole_file(target, binary=True) as copy:
        for piece in _pieces(file):
            digest.update(piece)
            copy.write(piece)
        if digest.hexdigest() != content:
            raise HomeError(f"{file} changed while it was copied; it is taken once it stays as it is.")


def _pieces(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                yield piece
    except OSError as error:
        raise HomeError(f"{file} cannot be read: {error.strerror}.") from error


def numbered(target: Path) -> Iterator[Path]:
    """A name for a file, and without end the same with (2), (3) … for where another has it."""
    yield target
    for number in itertools.count(2):
        yield target.with_name(f"{target.stem} ({number}){target.suffix}")
