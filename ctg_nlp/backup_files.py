"""Which files belong into a backup, and adding them as they are at one moment. Composition."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ctg_nlp.backup_file import FRAMEWORK_FILES, HOME_FILES, put_file
from ctg_nlp.folder_walk import folders_below
from ctg_nlp.framework_file import BUNDLED, bundled_path
from ctg_nlp.settings import Home
from ctg_nlp.store.database import sqlite_file

_TRIES = 3
_CHUNK = 1 << 20
_REMADE = ("data/pictures/", "data/vectors/", ".prefect/", "logs/")  # the log goes on meanwhile
_SUBMITTED = ("data/raw/", "data/converted/")
_DATABASE_ENDS = ("", "-wal", "-shm", "-journal")


class _Unreadable(Exception):
    """It is the file that is at fault, not the place of its copy."""


class _Gone(_Unreadable):
    pass


@dataclass(slots=True)
class Parts:
    """The files of a backup while it is made. `part`: where each is copied to first, so that it goes in as it
    was at one moment; `files`: sha256 by name in the backup; `modes`: who may do what with files and, by
    names that end with "/", folders; `left_out`: what could not be taken, with the reason."""

    archive: zipfile.ZipFile
    part: Path
    files: dict[str, str] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def put(self, name: str, source: Path) -> None:
        """Add a file; one that cannot be read, or goes on changing, is left out and noted, one that went away
        is not missed. Raises `OSError` where the backup itself cannot be written."""
        try:
            name.encode("utf-8")
            mode = _copied(source, self.part)
        except UnicodeEncodeError:
            self.leave_out(name, "its name is no text; rename it")
        except _Gone:
            return
        except _Unreadable as error:
            self.leave_out(name, str(error))
        else:
            self.put_part(name, mode)

    def put_part(self, name: str, mode: int) -> None:
        """Add what lies in `part`."""
        with self.part.open("rb") as copied:
            self.files[name] = put_file(self.archive, name, copied)
        self.modes[name] = mode

    def leave_out(self, name: str, why: str) -> None:
        """Note what could not be taken, and why."""
        shown = name.removeprefix(HOME_FILES).encode("utf-8", "backslashreplace").decode("utf-8")
        self.left_out.append((shown, why))


def _copied(source: Path, part: Path) -> int:
    """Copy a file as it is at one moment; returns who may do what with it.

    Raises `_Unreadable` where it cannot be read so, and `OSError` where the copy cannot be written: a full
    disk must end the backup, and not cost it a file.
    """
    for _ in range(_TRIES):
        with _opened(source) as file, part.open("wb") as copy:
            before = os.fstat(file.fileno())
            left = before.st_size  # no more, or one that grows all the while would never end
            while left > 0 and (chunk := _read(file, min(left, _CHUNK))):
                left -= copy.write(chunk)
            after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return stat.S_IMODE(after.st_mode)
    raise _Unreadable("it was being changed all the while")


def _opened(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except FileNotFoundError as error:
        raise _Gone from error
    except OSError as error:
        raise _Unreadable(f"it cannot be read: {error.strerror}") from error


def _read(file: IO[bytes], most: int) -> bytes:
    try:
        return file.read(most)
    except OSError as error:
        raise _Unreadable(f"it cannot be read: {error.strerror}") from error


def put_home(parts: Parts, home: Home, *, raw: bool) -> None:
    """Add the files of the home, in linked folders too: what a run reads there belongs into the backup."""
    database = sqlite_file(home.database)
    own = {f"{database}{end}" for end in _DATABASE_ENDS} if database else set()
    skipped = _REMADE if raw else (*_REMADE, *_SUBMITTED)

    def note(error: OSError) -> None:
        folder = f"{Path(error.filename).relative_to(home.root).as_posix()}/"
        if not folder.startswith(skipped):
            parts.leave_out(folder, f"the folder cannot be opened: {error.strerror}")

    for folder, names in folders_below(home.root, note):
        below = "" if folder == home.root else f"{folder.relative_to(home.root).as_posix()}/"
        if below.startswith(skipped):
            continue
        for name in names:
            unfinished = name.startswith(".") and not below.startswith("data/raw/")
            if (
                not unfinished
                and str(folder / name) not in own
                and _is_file(parts, below + name, folder / name)
            ):
                parts.put(HOME_FILES + below + name, folder / name)
        if below:
            parts.modes[HOME_FILES + below] = stat.S_IMODE(folder.stat().st_mode)


def _is_file(parts: Parts, name: str, source: Path) -> bool:
    """Whether there is a regular file; where that cannot be told it is noted."""
    try:
        return stat.S_ISREG(source.stat().st_mode)
    except FileNotFoundError:
        if source.is_symlink():
            parts.leave_out(name, "it is a link that leads nowhere")
    except OSError as error:
        parts.leave_out(name, f"it cannot be read: {error.strerror}")
    return False


def put_framework(parts: Parts, home: Home) -> str:
    """Add a framework from outside the home and the files that it names, each where it lies as seen from the
    others; returns its name in the backup, empty where it is bundled or among the home's files."""
    source = home.framework_source
    if str(source) in BUNDLED:
        return ""
    beside = list(_named(parts, home))
    if source.resolve().is_relative_to(home.root):
        for file in beside:
            if not file.resolve().is_relative_to(home.root):
                parts.leave_out(str(file), "the framework names it, and it lies outside the project")
        return ""
    source = Path(os.path.normpath(source))
    top = os.path.commonpath([file.parent for file in (source, *beside)])
    for file in (source, *beside):
        parts.put(FRAMEWORK_FILES + file.relative_to(top).as_posix(), file)
    return FRAMEWORK_FILES + source.relative_to(top).as_posix()


def _named(parts: Parts, home: Home) -> Iterator[Path]:
    """The files that a framework names: its examples and its published counts. What cannot come along is
    noted."""
    published = home.framework.published
    for name in (home.framework.examples, published.file if published else ""):
        file = Path(os.path.normpath(home.framework_source.parent / name))
        if not name:
            continue
        if Path(name).is_absolute():
            parts.leave_out(
                name, "the framework names it by its whole path; name it as seen from the framework"
            )
        elif file.is_file():
            yield file
        elif not bundled_path(name).is_file():  # a site's version of a bundled framework may name that one's
            parts.leave_out(str(file), "the framework names it, and it is not there")
