"""A backup of a home in one file, consistent while others go on working. Composition."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ctg_nlp.backup_file import (
    BACKUP,
    DATABASE,
    HOME_FILES,
    MANIFEST,
    TABLES,
    Manifest,
    put_rows,
)
from ctg_nlp.backup_files import Parts, put_framework, put_home
from ctg_nlp.errors import HomeError, StoreError
from ctg_nlp.export.files import whole_file
from ctg_nlp.folder_walk import folders_below
from ctg_nlp.logbook import log_of
from ctg_nlp.rebuilds import code_version
from ctg_nlp.records import VerdictKind
from ctg_nlp.settings import Home
from ctg_nlp.store.audit_log import FILE, append
from ctg_nlp.store.copying import Summing, TableSum
from ctg_nlp.store.database import address_shown, open_any, open_store, sqlite_file
from ctg_nlp.store.transfer import Held
from ctg_nlp.submissions import stored_path


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds. `left_out`: what could not be taken whole, each with the reason; `outside`:
    reports whose file lies outside the home, and is not in the backup; `gone`: reports whose file is no more
    where it was; `strange`: tables and columns of the database that are none of ctg_nlp's."""

    path: Path
    files: int
    rows: int
    bytes: int
    left_out: tuple[tuple[str, str], ...]
    outside: int
    gone: tuple[str, ...]
    strange: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a backup tells of its database. `submitted`: where the file of each report lay that is shown, as
    far as that is in the home."""

    schema: str
    tables: Mapping[str, TableSum]
    counters: Mapping[str, int]
    strange: tuple[str, ...]
    outside: int
    submitted: Mapping[str, Collection[str]]


def make_backup(home: Home, path: Path, *, now: str, who: str, raw: bool = True) -> Made:
    """Write a backup of a home to `path`, whole or not at all; only its owner may read it.

    The database comes first, as it is at one moment; so whatever it refers to is among the files. Raises
    `HomeError` where the file lies in the home or cannot be written, `StoreError` where the database cannot
    be read.
    """
    path = path.resolve()
    _check_place(home, path)
    _note(home, now, who, path)
    with (
        whole_file(path, binary=True, private=True) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
        tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside,
    ):
        parts = Parts(archive, Path(beside) / "part")
        kept = _put_database(parts, home)
        put_home(parts, home, raw=raw)
        framework = put_framework(parts, home)
        manifest = Manifest(
            now, code_version(), kept.schema, framework, raw, parts.files, kept.tables, kept.counters,
            parts.modes,
        )  # fmt: skip
        archive.writestr(MANIFEST, manifest.to_json())
    rows = sum(t.rows for t in kept.tables.values())
    gone = _gone(parts, home, kept.submitted) if raw else ()
    size, left_out = path.stat().st_size, tuple(parts.left_out)
    log_of(home).note("backup made", files=manifest.held, rows=rows, bytes=size, left_out=len(left_out))
    return Made(path, manifest.held, rows, size, left_out, kept.outside, gone, kept.strange)


def _check_place(home: Home, path: Path) -> None:
    """Raise `HomeError` where a backup would lie in the home, also by a link in it: it would be lost with the
    home, and each would hold those before it."""
    folders = {os.path.realpath(folder) for folder, _ in folders_below(home.root, lambda error: None)}
    if folders.intersection(map(str, path.parents)):
        raise HomeError(
            f"{path} lies in the project itself and would be lost with it. Name a file elsewhere."
        )


def _note(home: Home, now: str, who: str, path: Path) -> None:
    """Note in the audit log that all of it is given out and where to, where it can be noted: a database that
    waits for its upgrade, or a full disk, must not keep anybody from a backup."""
    with suppress(StoreError):
        store = open_store(home.database)
        try:
            with store.transaction() as db:
                append(db, now, who, "export", BACKUP, {FILE: str(path)})
        finally:
            store.close()


def _put_database(parts: Parts, home: Home) -> _Kept:
    """The database as it is now."""
    file = sqlite_file(home.database)
    store, schema = open_any(home.database)
    try:
        if schema is None:
            raise StoreError(
                f"The database {address_shown(home.database)} has no tables; nothing to back up."
            )
        if file is not None:
            _snapshot(file, parts.part)
            store.close()
            store, _ = open_any(f"sqlite:///{parts.part}")
        with store.reading() as db:
            kept = _put_tables(parts, Held(db, schema), write=file is None)
    finally:
        store.close()
    if file is not None:
        parts.put_part(DATABASE, stat.S_IMODE(file.stat().st_mode))
    return kept


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


def _put_tables(parts: Parts, held: Held, *, write: bool) -> _Kept:
    """Add up the rows of each table, and write them where the database itself is not taken as a file."""
    found = {}
    for name in (*held.names, *(held.gone if write else ())):
        adding = Summing()
        rows = adding.passing(held.rows(name))
        if write:
            entry = f"{TABLES}{name}.jsonl"
            parts.files[entry] = put_rows(parts.archive, entry, rows)
        else:
            for _ in rows:
                pass
        found[name] = adding.total()
    for name in held.gone:
        parts.leave_out(f"the table {name}", "the database does not have it any more; see: ctg doctor")
    outside = sum(Path(str(r["path"])).is_absolute() for r in held.rows("report"))
    return _Kept(held.schema, found, held.counters(), held.strange, outside, _submitted(held))


def _submitted(held: Held) -> dict[str, set[str]]:
    shown = {
        r["report_id"]
        for r in held.rows("report")
        if r["verdict"] in (VerdictKind.ACCEPTED, VerdictKind.WARNING) and not r["withdrawn_at"]
    }
    found: dict[str, set[str]] = {}
    for row in held.rows("submission"):
        if row["sha256"] in shown:
            found.setdefault(row["sha256"], set()).add(row["path"])
    return {r: paths for r, paths in found.items() if not any(Path(p).is_absolute() for p in paths)}


def _gone(parts: Parts, home: Home, submitted: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Reports of which no file is in the backup, by the names that the database has for their files."""
    names = (n.removeprefix(HOME_FILES) for n in parts.files if n.startswith(HOME_FILES))
    taken = {stored_path(home.root, home.root / n) for n in names}
    return tuple(sorted(r for r, paths in submitted.items() if taken.isdisjoint(paths)))
