"""A backup of a home in one file, consistent while others go on working. Composition."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.backup_file import (
    DATABASE,
    FRAMEWORK_FILES,
    HOME_FILES,
    MANIFEST,
    TABLES,
    Manifest,
    put_file,
    put_rows,
)
from ctg_nlp.errors import HomeError, StoreError
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework_file import BUNDLED
from ctg_nlp.logbook import log_of
from ctg_nlp.rebuilds import code_version
from ctg_nlp.settings import Home
from ctg_nlp.store.audit_log import FILE, append
from ctg_nlp.store.copying import Summing, TableSum
from ctg_nlp.store.database import address_shown, open_any, open_store, sqlite_file
from ctg_nlp.store.transfer import Held

BACKUP = "backup"
"""What the audit log calls the export that a backup is."""
_TRIES = 3
_REMADE = ("data/pictures/", "data/vectors/", ".prefect/", "logs/")  # the log goes on meanwhile
_SUBMITTED = ("data/raw/", "data/converted/")
_DATABASE_ENDS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds. `left_out`: files that could not be read whole, each with the reason; `outside`:
    reports whose file lies outside the home, and is not in the backup."""

    path: Path
    files: int
    rows: int
    bytes: int
    left_out: tuple[tuple[str, str], ...]
    outside: int


@dataclass(slots=True)
class _Making:
    """A backup while it is made."""

    archive: zipfile.ZipFile
    files: dict[str, str] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    tables: dict[str, TableSum] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    outside: int = 0


def make_backup(home: Home, path: Path, *, now: str, who: str, raw: bool = True) -> Made:
    """Write a backup of a home to `path`, whole or not at all; only its owner may read it.

    The database comes first, as it is at one moment; so whatever it refers to is among the files. Raises
    `HomeError` where the file lies in the home or cannot be written, `StoreError` where the database cannot
    be read.
    """
    path = path.resolve()
    if path.is_relative_to(home.root):
        raise HomeError(
            f"{path} lies in the project itself and would be lost with it. Name a file elsewhere."
        )
    _note(home, path, now, who)
    with (
        whole_file(path, binary=True, private=True) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside,
    ):
        making = _Making(archive)
        schema = _put_database(making, home, Path(beside) / "part")
        for name, source in _files(home, raw=raw):
            _put(making, name, source, Path(beside) / "part")
        framework = _put_framework(making, home, Path(beside) / "part")
        manifest = Manifest(
            now, code_version(), schema, framework, raw, making.files, making.tables, making.counters
        )
        archive.writestr(MANIFEST, manifest.to_json())
    rows = sum(t.rows for t in making.tables.values())
    files = sum(n.startswith((HOME_FILES, FRAMEWORK_FILES)) for n in making.files)
    made = Made(path, files, rows, path.stat().st_size, tuple(making.left_out), making.outside)
    log_of(home).note("backup made", files=files, rows=rows, bytes=made.bytes, left_out=len(made.left_out))
    return made


def _note(home: Home, path: Path, now: str, who: str) -> None:
    """Note in the audit log that all of it is given out, where it can be noted: a database that waits for its
    upgrade, or a full disk, must not keep anybody from a backup."""
    with suppress(StoreError):
        store = open_store(home.database)
        try:
            with store.transaction() as db:
                append(db, now, who, "export", BACKUP, {FILE: str(path)})
        finally:
            store.close()


def _put_database(making: _Making, home: Home, part: Path) -> str:
    """The database as it is now; returns its schema."""
    file = sqlite_file(home.database)
    store, schema = open_any(home.database)
    try:
        if schema is None:
            raise StoreError(
                f"The database {address_shown(home.database)} has no tables; nothing to back up."
            )
        if file is not None:
            _snapshot(file, part)
            store.close()
            store, _ = open_any(f"sqlite:///{part}")
        with store.snapshot() as db:
            held = Held(db, schema)
            making.outside = _outside(held)
            _put_tables(making, db, held, write=file is None)
    finally:
        store.close()
    if file is not None:
        with part.open("rb") as source:
            making.files[DATABASE] = put_file(making.archive, DATABASE, source)
    return schema


def _snapshot(file: Path, target: Path) -> None:
    """A copy of an SQLite database as it is at one moment, by SQLite's own means."""
    try:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
    except sqlite3.Error as error:
        raise StoreError(
            f"The database {file} could not be copied: {error}. No backup was made; if the disk of "
            f"{target.parent.parent} is full, free some space."
        ) from error


def _put_tables(making: _Making, db: Connection, held: Held, *, write: bool) -> None:
    making.counters.update(held.counters())
    for name in held.names:
        adding = Summing()
        rows = adding.passing(held.rows(name))
        if write:
            entry = f"{TABLES}{name}.jsonl"
            making.files[entry] = put_rows(making.archive, entry, rows)
        else:
            for _ in rows:
                pass
        making.tables[name] = adding.total()


def _outside(held: Held) -> int:
    return sum(Path(str(r["path"])).is_absolute() for r in held.rows("report"))


def _files(home: Home, *, raw: bool) -> Iterator[tuple[str, Path]]:
    """The files of the home that belong into its backup, by their name in it."""
    database = sqlite_file(home.database)
    own = {f"{database}{end}" for end in _DATABASE_ENDS} if database else set()
    skipped = _REMADE if raw else (*_REMADE, *_SUBMITTED)
    for file in sorted(home.root.rglob("*")):
        name = file.relative_to(home.root).as_posix()
        unfinished = file.name.startswith(".") and not name.startswith("data/raw/")
        if file.is_file() and not name.startswith(skipped) and not unfinished and str(file) not in own:
            yield HOME_FILES + name, file


def _put(making: _Making, name: str, source: Path, part: Path) -> None:
    """Add a file as it was at one moment; one that goes on changing is left out and noted."""
    try:
        name.encode("utf-8")
        for _ in range(_TRIES):
            before = source.stat()
            shutil.copyfile(source, part)
            after = source.stat()
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                with part.open("rb") as copied:
                    making.files[name] = put_file(making.archive, name, copied)
                return
        making.left_out.append((_shown(name), "it was being changed all the while"))
    except FileNotFoundError:
        return  # it went away meanwhile
    except UnicodeEncodeError:
        making.left_out.append((_shown(name), "its name is no text; rename it"))
    except OSError as error:
        if error.filename != str(source):
            raise  # it is not the file that is at fault: the disk of the backup is full
        making.left_out.append((_shown(name), f"it cannot be read: {error.strerror}"))


def _shown(name: str) -> str:
    return name.removeprefix(HOME_FILES).encode("utf-8", "backslashreplace").decode("utf-8")


def _put_framework(making: _Making, home: Home, part: Path) -> str:
    """A framework from outside the home with the files that it names; returns its name in the backup."""
    source = home.framework_source
    if str(source) in BUNDLED or source.resolve().is_relative_to(home.root):
        return ""
    published = home.framework.published
    beside = [home.framework.examples, published.file if published else ""]
    for file in (source, *(source.parent / name for name in beside if name)):
        _put(making, FRAMEWORK_FILES + file.name, file, part)
    return FRAMEWORK_FILES + source.name
