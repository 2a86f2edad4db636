"""A home made again from a backup: checked whole beside its place, and only then put there. Composition."""

from __future__ import annotations

import re
import shutil
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import delete

from ctg_nlp.backup_file import DATABASE, FRAMEWORK_FILES, HOME_FILES, RESTORING, BackupFile, Manifest
from ctg_nlp.errors import CtgError, HomeError, StoreError
from ctg_nlp.in_use import OWN_DATABASE, check_unused
from ctg_nlp.settings import FILE, open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.audit_log import append, walk
from ctg_nlp.store.copying import TableSum, sums, tables
from ctg_nlp.store.database import (
    Store,
    known_schemas,
    open_any,
    open_store,
    upgrade,
)
from ctg_nlp.store.emptying import filled_or_empty
from ctg_nlp.store.known_tables import columns_of
from ctg_nlp.store.transfer import Held, check_empty, compare, fill

_PASSING = ("session", "run_lock")  # log-ins and locks of the time of the backup mean nothing any more
_UNUSED = "unused.sqlite"
_OWNER_ALONE = 0o600  # where a backup of an earlier version does not tell


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `moved`: where the home that was there lies now; `erased`: reports that were erased
    since the backup, and are in it again, None where the database that was there cannot be read;
    `broken_log`: what is wrong with the audit log of the backup; `strange`: tables of the backup that are
    none of ctg_nlp's."""

    home: Path
    made_at: str
    files: int
    rows: int
    schema: str
    moved: Path | None
    erased: tuple[str, ...] | None
    broken_log: str
    strange: tuple[str, ...]


def check_backup(path: Path) -> tuple[str, int, int]:
    """Read all of a backup: when it was made, its files and rows. Raises `HomeError` where it is damaged."""
    with BackupFile(path) as backup:
        backup.check()
        rows = sum(t.rows for t in backup.manifest.tables.values())
        return backup.manifest.made_at, backup.manifest.held, rows


def restore(
    path: Path, root: Path, *, now: str, who: str, database: str = "", replace: bool = False
) -> Restored:
    """Make the home at `root` again from a backup; one that is there is moved aside, and only with `replace`.

    The database becomes the SQLite file of the home, or goes into the empty one at the address `database`.
    Raises `HomeError` or `StoreError`; then nothing was replaced.
    """
    root = root.resolve()
    _check_place(root, replace, now)
    if database:
        check_empty(database)
    with BackupFile(path) as backup, _staging(root) as staging:
        manifest = backup.manifest
        if manifest.schema not in known_schemas():
            raise StoreError(f"{path} has schema {manifest.schema}; install the newer ctg_nlp that made it.")
        backup.check()
        with filled_or_empty(database) if database else nullcontext():
            _put_files(backup, staging)
            _put_database(backup, staging, database)
            _write_settings(backup, staging, root, database)
            broken, erased = _noted(staging, root if replace else None, now, who, path)
            _put_modes(manifest, staging)
            moved = _take_place(staging, root, replace, now)
    rows = sum(t.rows for t in manifest.tables.values())
    strange = tuple(sorted(set(manifest.tables) - set(_ours(manifest))))
    return Restored(
        root, manifest.made_at, manifest.held, rows, manifest.schema, moved, erased, broken, strange
    )


def _noted(
    staging: Path, before: Path | None, now: str, who: str, path: Path
) -> tuple[str, tuple[str, ...] | None]:
    """Note the restoring in the log of the new home; returns what is wrong with that log, and the reports
    that were erased in the home `before` it (None: nobody can tell)."""
    store = open_store(open_home(staging).database)
    try:
        broken = _closed_log(store, now, who, path)
        return broken, _erased_since(store, before) if before else ()
    finally:
        store.close()


def _check_place(root: Path, replace: bool, now: str) -> None:
    if root.exists() and not root.is_dir():
        raise HomeError(f"{root} is no folder.")
    if root.is_dir() and any(root.iterdir()):
        if not replace:
            raise HomeError(
                f"{root} has something in it, and nothing was changed. Name a new folder, or say --replace: "
                "then what is there is moved aside and kept."
            )
        check_unused(root, now)


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(mkdtemp(prefix=f".{root.name}{RESTORING}", dir=root.parent))
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
        backup.extract(entry, staging, _place(name))


def _put_database(backup: BackupFile, staging: Path, database: str) -> None:
    """The rows of the backup in this version's schema, compared with what the backup says of them."""
    own = f"sqlite:///{staging / OWN_DATABASE}"
    expected = _ours(backup.manifest)
    if DATABASE in backup.manifest.files:
        backup.extract(DATABASE, staging, OWN_DATABASE)
        _compare(own, backup.manifest.schema, expected)
        if database:
            _copy(own, database)
            (staging / OWN_DATABASE).unlink()
    else:
        compare(expected, fill(database or own, backup))
    upgrade(database or own)
    store = open_store(database or own)
    with store.transaction() as db:
        for table in tables(db):
            if table.name in _PASSING:
                db.execute(delete(table))
    store.close()


def _ours(manifest: Manifest) -> dict[str, TableSum]:
    """What a backup says of the tables of its schema; others that lay in the database are none of ours."""
    known = columns_of(manifest.schema) or {}
    return {name: said for name, said in manifest.tables.items() if name in known}


def _compare(url: str, schema: str, expected: Mapping[str, TableSum]) -> None:
    store, _ = open_any(url)
    try:
        with store.reading() as db:
            compare(expected, sums(db, columns_of(schema)))
    finally:
        store.close()


def _copy(own: str, database: str) -> None:
    store, schema = open_any(own)
    assert schema is not None  # it was compared
    try:
        with store.reading() as db:
            fill(database, Held(db, schema))
    finally:
        store.close()


def _write_settings(backup: BackupFile, staging: Path, root: Path, database: str) -> None:
    """Let the settings name the database where it is now, and a framework from elsewhere that is gone."""
    path = staging / FILE
    text = path.read_text(encoding="utf-8")
    said = tomllib.loads(text)
    if "database" in said or database:
        text = _set(text, "database", database)
    framework = backup.manifest.framework
    if framework and not (root / said["framework"]).is_file():
        folder = next(f for n in count(1) if not (f := staging / f"framework{n if n > 1 else ''}").exists())
        for entry, name in backup.below(FRAMEWORK_FILES):
            file = backup.extract(entry, folder, name)
            file.chmod(_mode(backup.manifest, entry))
        text = _set(text, "framework", f"{folder.name}/{framework.removeprefix(FRAMEWORK_FILES)}")
    path.write_text(text, encoding="utf-8")


def _put_modes(manifest: Manifest, staging: Path) -> None:
    """Let nobody do with the files what they could not in the home that was backed up. Last, since files are
    written to before that may not be then; folders after what is in them."""
    names = (n for n in {*manifest.files, *manifest.modes} if n.startswith(HOME_FILES))
    for name in sorted(names, reverse=True):
        path = staging / _place(name.removeprefix(HOME_FILES))
        if path.exists():
            path.chmod(_mode(manifest, name))
    own = staging / OWN_DATABASE
    if own.exists():
        own.chmod(_mode(manifest, DATABASE))


def _mode(manifest: Manifest, name: str) -> int:
    return manifest.modes.get(name, _OWNER_ALONE) & 0o777


def _place(name: str) -> str:
    """Where a file of the home goes. An SQLite file that was not its database any more, since that was moved
    elsewhere, makes room for the one that is now."""
    return f"{_UNUSED}{name.removeprefix(OWN_DATABASE)}" if name.startswith(OWN_DATABASE) else name


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


def _erased_since(restored: Store, root: Path) -> tuple[str, ...] | None:
    """Reports that were erased in the home that is replaced, but are in the backup; None where its database
    cannot be read."""
    try:
        store = open_store(open_home(root).database)
    except CtgError:
        return None
    try:
        with store.reading() as db, restored.reading() as back:
            return tuple(sorted(decision_store.erased(db) - decision_store.erased(back)))
    except CtgError:
        return None
    finally:
        store.close()


def _take_place(staging: Path, root: Path, replace: bool, now: str) -> Path | None:
    """Put the checked home in its place, where nobody but its owner may enter unless they could before;
    returns where the one before lies now.

    Raises `HomeError` or `StoreError` where that was put in use meanwhile: making the new one takes a while.
    """
    _check_place(root, replace, now)
    moved = None
    if root.is_dir() and any(root.iterdir()):
        staging.chmod(stat.S_IMODE(root.stat().st_mode))
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
