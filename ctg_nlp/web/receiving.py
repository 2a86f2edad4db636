"""Taking a submitted file in: under a safe name, whole or not at all, and never over another."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import UNFINISHED, hash_of, is_system_file, stored_file, stored_path

ERASED = "erased"

_UNWRITTEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # control signs, marks of direction and the like
_FORBIDDEN = re.compile(r'[<>:"|?*\\]')  # on some system; a project's folder may be on a shared drive
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_LONGEST = 180  # bytes of a name: file systems end at 255, and a number may be added
_DEEPEST = 6
_PART = ".upload-"
_STALE = 24 * 3600  # seconds


class NoSubmission(CtgError):
    """A file that is none, by its name: it belongs to the operating system or to a program."""


class NameTaken(CtgError):
    """A folder cannot be made because a file has its name."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file as it was taken in. `path` is as in the store, of the file that holds the content; empty where
    it is not kept. `known`: what was said of this content before, or None where it is new."""

    name: str
    path: str
    size: int
    sha256: str
    known: str | None


def safe_path(said: str) -> PurePosixPath:
    """Where a file of this name may lie below the raw folder: its folders are kept, as they tell its group.

    Nothing in it leads out of the folder, is hidden, or cannot be written on another system. Raises
    `NoSubmission` for files of the operating system, locks of Word, and names of unfinished files.
    """
    parts = [p for p in unicodedata.normalize("NFC", said).split("/") if p not in ("", ".", "..")]
    name = parts[-1] if parts else ""
    if is_system_file(name) or name.startswith("~$") or name == ".DS_Store":
        raise NoSubmission(f"{name} is a file of the operating system or of a program, not a report.")
    if name.lower().endswith(UNFINISHED):  # runs pass such names over
        raise NoSubmission(f"{name} is named as programs name what they have not written to its end.")
    safe = [_safe_name(p) for p in parts[-_DEEPEST:]] or ["unnamed"]
    return PurePosixPath(*safe)


def _safe_name(said: str) -> str:
    written = "".join(
        c if c.isprintable() else " " for c in said if unicodedata.category(c) not in _UNWRITTEN
    )
    name = " ".join(_FORBIDDEN.sub("_", written).split()).lstrip(".~$ ").rstrip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    pure = PurePosixPath(name or "unnamed")
    suffix = pure.suffix if len(pure.suffix.encode()) <= 16 else ""
    stem = pure.name.removesuffix(suffix) or "unnamed"
    return stem.encode()[: _LONGEST - len(suffix)].decode("utf-8", "ignore").rstrip() + suffix


class Incoming:
    """A file while it comes in: bytes are appended, their hash and size kept. Blocks; closed by `drop`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=_PART)  # hidden: no run reads it half
        self.path = Path(name)
        self.size = 0
        self._file = os.fdopen(handle, "wb")
        self._digest = hashlib.sha256()

    def add(self, content: bytes) -> None:
        """Append some bytes."""
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)

    def finish(self) -> str:
        """Make sure that it is on the disk. Returns the sha256 of the content."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.path.chmod(0o644)
        return self._digest.hexdigest()

    def drop(self) -> None:
        """Delete it, where it was not moved to its place."""
        with contextlib.suppress(OSError):  # a full disk tells once more when it is closed
            self._file.close()
        self.path.unlink(missing_ok=True)


class Inbox:
    """The raw folder as the place where submitted files are put. Threads may share it."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store = home, store
        self._lock = threading.Lock()
        self._unread: dict[str, Path] = {}  # by content: files that came in here
        self._swept = False

    def begin(self) -> Incoming:
        """A new file to fill. Raises `OSError` where the folder cannot be written to."""
        if not self._swept:
            self._swept = True
            self._sweep()
        return Incoming(self._home.raw)

    def _sweep(self) -> None:
        """Delete what an earlier server left half received."""
        for left in self._home.raw.glob(f"{_PART}*"):
            with contextlib.suppress(OSError):
                if time.time() - left.stat().st_mtime > _STALE:
                    left.unlink()

    def keep(self, incoming: Incoming, wanted: PurePosixPath) -> Received:
        """Put a file to its place, unless its content is there already or was erased.

        Raises `NameTaken`, and `OSError` where it cannot be written.
        """
        sha256 = incoming.finish()
        with self._lock:
            known, there = self._known(sha256)
            if known == ERASED:
                return Received(wanted.name, "", incoming.size, sha256, known)
            file = there or self._place(incoming.path, wanted, sha256)
            self._unread[sha256] = file
        return Received(file.name, stored_path(self._home.root, file), incoming.size, sha256, known)

    def _known(self, sha256: str) -> tuple[str | None, Path | None]:
        """What was said of a content before, and a file that holds it now."""
        with self._store.reading() as db:
            if sha256 in decision_store.erased(db):
                return ERASED, None
            report = report_store.report(db, sha256)
            paths = report_store.submitted_paths(db, sha256)
        known = ("withdrawn" if report.withdrawn_at else report.verdict_in_words) if report else None
        first = (report.path,) if report else ()
        stored = (stored_file(self._home.root, path) for path in dict.fromkeys((*first, *paths)))
        files = (f for f in (*stored, self._unread.get(sha256)) if f is not None)
        return known, next((f for f in files if _holds(f, sha256)), None)

    def _place(self, content: Path, wanted: PurePosixPath, sha256: str) -> Path:
        target = self._home.raw / wanted
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise NameTaken(f"A folder for {wanted} cannot be made: a file has its name.") from error
        for candidate in _names(target):
            try:
                _move(content, candidate)
                return candidate
            except FileExistsError:
                if _holds(candidate, sha256):
                    return candidate
        raise AssertionError("the numbers never end")


def _names(target: Path) -> Iterator[Path]:
    yield target
    for n in itertools.count(2):
        yield target.with_name(f"{target.stem} ({n}){target.suffix}")


def _move(content: Path, target: Path) -> None:
    """Give a file its name. Raises `FileExistsError` rather than to write over another."""
    try:
        os.link(content, target)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(target) from error
        content.replace(target)
    else:
        content.unlink()


def _holds(file: Path, sha256: str) -> bool:
    try:
        return file.is_file() and hash_of(file) == sha256
    except OSError:  # gone meanwhile
        return False
