"""A watched folder: which new files are completely written, and taking them into the raw folder.

Only what is seen counts, never the time of a file: it is whole once its size and time stayed as they are
for a while, and it ends as files of its kind end. One that does not end so may be a copy that pauses: it
waits longer, and is then taken as it is, so that its verdict can tell people that it is broken.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctg_nlp.errors import HomeError
from ctg_nlp.export.files import whole_file
from ctg_nlp.submissions import is_system_file

UNFINISHED = (
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".tmp",
    ".temp",
    ".swp",
    ".opdownload",
)
"""How programs name files that they have not written to their end; hidden ones and "~$…" are such too."""
PATIENCE = 30
"""A file without a proper end is taken after so many times the wait for others."""
_TAIL = 4096

Seen = tuple[int, int]


@dataclass(slots=True)
class _Watched:
    seen: Seen
    since: float


@dataclass(slots=True)
class Watcher:
    """Remembers between looks what files were like. `seconds`: how long a file must stay as it is; `clock`:
    any that only goes forward, in seconds."""

    folder: Path
    seconds: float
    clock: Callable[[], float] = field(repr=False)
    _files: dict[Path, _Watched] = field(default_factory=dict, repr=False)

    def look(self) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        """The files that are whole by now, and those to wait for. Raises `HomeError` without the folder."""
        if not self.folder.is_dir():
            raise HomeError(f"The watched folder {self.folder} does not exist. Make it, or change `watch`.")
        now, there = self.clock(), dict[Path, _Watched]()
        whole, waiting = list[Path](), list[Path]()
        for file in _files_below(self.folder):
            watched = self._watched(file, now)
            if watched is None:
                continue
            there[file] = watched
            stayed = now - watched.since
            wait = self.seconds if ends_properly(file) else self.seconds * PATIENCE
            (whole if stayed >= wait else waiting).append(file)
        self._files = there
        return tuple(whole), tuple(waiting)

    def _watched(self, file: Path, now: float) -> _Watched | None:
        try:
            stat = file.stat()
        except OSError:  # gone since the folder was listed
            return None
        seen, before = (stat.st_size, stat.st_mtime_ns), self._files.get(file)
        return before if before is not None and before.seen == seen else _Watched(seen, now)


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


def _files_below(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            file = Path(where, name)
            if not _unfinished(name) and not is_system_file(name) and file.is_file():
                yield file


def _unfinished(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def take(file: Path, inbox: Path, raw: Path) -> Path | None:
    """Copy a whole file of the inbox to the same place below the raw folder; it appears there all at once.

    Returns the copy, or None where that content is there already. Another file of that name stays: the copy
    gets a number. Raises `HomeError` where it cannot be written, `OSError` where the file cannot be read.
    """
    content = _hash(file)
    for target in _names(raw / file.relative_to(inbox)):
        if not target.exists():
            with file.open("rb") as source, whole_file(target, binary=True) as copy:
                shutil.copyfileobj(source, copy)
            return target
        if _hash(target) == content:
            return None
    raise AssertionError("the numbers never end")


def _names(target: Path) -> Iterator[Path]:
    yield target
    for number in itertools.count(2):
        yield target.with_name(f"{target.stem} ({number}){target.suffix}")


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
