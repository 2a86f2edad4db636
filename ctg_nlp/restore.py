"""A home made again from a backup: checked whole beside its place, and only then put there. Composition."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import delete

from ctg_nlp.backup_file import DATABASE, FRAMEWORK_FILES, HOME_FILES, BackupFile
from ctg_nlp.errors import CtgError, HomeError, StoreError
from ctg_nlp.settings import FILE, open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.audit_log import append, walk
from ctg_nlp.store.copying import sums, tables
from ctg_nlp.store.database import (
    Store,
    known_schemas,
    open_any,
    open_store,
    upgrade,
)
from ctg_nlp.store.transfer import check_empty, compare, copy, fill

OWN_DATABASE = "ctg.sqlite"
_PASSING = ("session", "run_lock")  # log-ins and locks of the time of the backup mean nothing any more


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `moved`: where the home that was there lies now; `erased`: reports that were erased
    since the backup, and are in it again; `broken_log`: what is wrong with the audit log of the backup."""

    home: Path
    made_at: str
    files: int
    rows: int
    schema: str
    moved: Path | None
    erased: tuple[str, ...]
    broken_log: str


def check_backup(path: Path) -> tuple[str, int, int]:
    """Read all of a backup: when it was made, its files and rows. Raises `HomeError` where it is damaged."""
    with BackupFile(path) as backup:
        backup.check()
        rows = sum(t.rows for t in backup.manifest.tables.values())
        return backup.manifest.made_at, len(backup.manifest.files), rows


def restore(
    path: Path, root: Path, *, now: str, who: str, database: str = "", replace: bool = False
) -> Restored:
    """Make the home at `root` again from a backup; one that is there is moved aside, and only with `replace`.

    The database becomes the SQLite file of the home, or goes into the empty one at the address `database`.
    Raises `HomeError` or `StoreError`; then nothing was replaced.
    """
    root = root.resolve()
    _check_place(root, replace)
    if database:
        check_empty(database)
    with BackupFile(path) as backup, _staging(root) as staging:
        manifest = backup.manifest
        if manifest.schema not in known_schemas():
            raise StoreError(f"{path} has schema {manifest.schema}; install the newer ctg_nlp that made it.")
        backup.check()
        _put_files(backup, staging)
        _put_database(backup, staging, database)
        _write_settings(backup, staging, root, database)
        home = open_home(staging)
        store = open_store(home.database)
        try:
            broken = _closed_log(store, now, who, path)
            erased = _erased_since(store, root) if replace else ()
        finally:
            store.close()
        moved = _take_place(staging, root, now)
    rows = sum(t.rows for t in manifest.tables.values())
    files = sum(n.startswith(HOME_FILES) for n in manifest.files)
    return Restored(root, manifest.made_at, files, rows, manifest.schema, moved, erased, broken)


def _check_place(root: Path, replace: bool) -> None:
    if root.exists() and not root.is_dir():
        raise HomeError(f"{root} is no folder.")
    if root.is_dir() and any(root.iterdir()):
        if not replace:
            raise HomeError(
                f"{root} has something in it, and nothing was changed. Name a new folder, or say --replace: "
                "then what is there is moved aside and kept."
            )
        _check_unused(root)


def _check_unused(root: Path) -> None:
    """Raise `StoreError` where a run or the review page has the database open: it would write on where nobody
    looks."""
    file = root / OWN_DATABASE
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(file, timeout=1)) as db:
            mode = db.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        mode = "busy"
    except sqlite3.DatabaseError:
        return  # damaged: the very reason to restore
    if mode != "delete":
        raise StoreError(
            f"{file} is in use: stop the review page and runs of {root} first. Nothing was changed."
        )


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(mkdtemp(prefix=f".{root.name}.restoring-", dir=root.parent))
    except OSError as error:
        raise HomeError(f"{root} cannot be made: {error.strerror}: {error.filename}.") from error
    try:
        yield staging
    except OSError as error:
        raise HomeError(f"The backup could not be restored: {error}. Nothing was replaced.") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _put_files(backup: BackupFile, staging: Path) -> None:
    for folder in ("data/raw", "data/coded", "models"):
        (staging / folder).mkdir(parents=True)
    for entry, name in backup.below(HOME_FILES):
        backup.extract(entry, staging / name)


def _put_database(backup: BackupFile, staging: Path, database: str) -> None:
    """The rows of the backup in this version's schema, compared with what the backup says of them."""
    own = f"sqlite:///{staging / OWN_DATABASE}"
    if DATABASE in backup.manifest.files:
        backup.extract(DATABASE, staging / OWN_DATABASE)
        _compare(backup, own)
        if database:
            copy(own, database)
            (staging / OWN_DATABASE).unlink()
    else:
        compare(backup.manifest.tables, fill(database or own, backup))
    upgrade(database or own)
    store = open_store(database or own)
    with store.transaction() as db:
        for table in tables(db):
            if table.name in _PASSING:
                db.execute(delete(table))
    store.close()


def _compare(backup: BackupFile, url: str) -> None:
    store, _ = open_any(url)
    try:
        with store.snapshot() as db:
            compare(backup.manifest.tables, sums(db))
    finally:
        store.close()


def _write_settings(backup: BackupFile, staging: Path, root: Path, database: str) -> None:
    """Let the settings name the database where it is now, and a framework from elsewhere that is gone."""
    path = staging / FILE
    text = path.read_text(encoding="utf-8")
    said = tomllib.loads(text)
    if "database" in said or database:
        text = _set(text, "database", database)
    if backup.manifest.framework and not (root / said["framework"]).is_file():
        for entry, name in backup.below(FRAMEWORK_FILES):
            backup.extract(entry, staging / "framework" / name)
        text = _set(text, "framework", f"framework/{Path(backup.manifest.framework).name}")
    path.write_text(text, encoding="utf-8")


def _set(text: str, name: str, value: str) -> str:
    """The text of the settings with another value for one of them."""
    line = f"{name} = {_quoted(value)}"
    changed, count = re.subn(rf"(?m)^\s*{name}\s*=.*$", lambda _: line, text)
    return changed if count else f"{line}\n{text}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _closed_log(store: Store, now: str, who: str, path: Path) -> str:
    """Note the restoring in the audit log, if it is whole; returns what is wrong with it, or empty."""
    with store.transaction() as db:
        walked = walk(db)
        if walked.broken_at is None:
            append(db, now, who, "backup restored", "", {"entries": walked.entries})
            return ""
    return f"broken at entry {walked.broken_at}: {walked.why}"


def _erased_since(restored: Store, root: Path) -> tuple[str, ...]:
    """Reports that were erased in the home that is replaced, but are in the backup."""
    try:
        store = open_store(open_home(root).database)
    except CtgError:
        return ()  # it cannot be opened any more, and nobody can tell
    try:
        with store.reading() as db, restored.reading() as back:
            return tuple(sorted(decision_store.erased(db) - decision_store.erased(back)))
    except CtgError:
        return ()
    finally:
        store.close()


def _take_place(staging: Path, root: Path, now: str) -> Path | None:
    """Put the checked home in its place; returns where the one before lies now."""
    staging.chmod(0o755)
    moved = None
    if root.is_dir() and any(root.iterdir()):
        stamp = re.sub(r"[^0-9]", "", now)[:14]
        moved = root.with_name(f"{root.name}.before-{stamp}")
        root.rename(moved)
    elif root.is_dir():
        root.rmdir()
    try:
        staging.rename(root)
    except OSError:
        if moved is not None:
            moved.rename(root)
        raise
    return moved
