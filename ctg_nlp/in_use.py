"""Whether somebody uses a home: a run, the review page, `ctg serve` or another program. Composition."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from ctg_nlp.errors import CtgError, StoreError
from ctg_nlp.run_lock import SILENT_SECONDS, in_words, running_now
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import address_shown, open_any, sqlite_file

OWN_DATABASE = "ctg.sqlite"


def serve_lock(root: Path) -> Path:
    """The file that `ctg serve` holds locked while it serves the home at `root`."""
    return root / ".prefect" / "serve" / "lock"


def check_unused(root: Path, now: str) -> None:
    """Raise `StoreError` where somebody uses the home at `root`: they would write on where nobody looks.

    What cannot be opened any more is used by nobody: it may be the very reason to restore.
    """
    if _is_served(root):
        raise StoreError(f"{root} is in use: ctg serve serves it. Stop that first. Nothing was changed.")
    try:
        url = open_home(root).database
    except CtgError:
        url = f"sqlite:///{root / OWN_DATABASE}"
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        return
    run = _run(url, now)
    if run:
        raise StoreError(f"{root} is in use: {run}. Wait for it, or stop it. Nothing was changed.")
    if _has_it_open(file) if file is not None else _others(url):
        raise StoreError(
            f"{file or address_shown(url)} is in use: stop the review page, runs of {root} and other "
            "programs that have it open first. Nothing was changed."
        )


def _is_served(root: Path) -> bool:
    lock = serve_lock(root)
    if not lock.is_file():
        return False
    try:
        import fcntl
    except ImportError:
        return False  # `ctg serve` needs it
    with suppress(PermissionError), lock.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _run(url: str, now: str) -> str:
    """The run that holds the lock, in words; one elsewhere that was silent for long does not count."""
    with suppress(StoreError):
        store, _ = open_any(url)
        try:
            held = running_now(store)
        finally:
            store.close()
        if held is not None:
            apart = datetime.fromisoformat(now) - datetime.fromisoformat(held.beat_at)
            return in_words(held) if apart.total_seconds() < SILENT_SECONDS else ""
    return ""


def _has_it_open(file: Path) -> bool:
    """Whether another connection has an SQLite database open: as long as one has, it stays in WAL mode."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as db:
            return bool(db.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False  # damaged


def _others(url: str) -> int:
    """How many others are connected to a PostgreSQL database; servers' own processes are none."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND (backend_type = 'client backend' OR usename = current_user)"
    )
    with suppress(StoreError):
        store, _ = open_any(url)
        try:
            with store.reading() as db:
                return int(db.execute(asked).scalar_one())
        finally:
            store.close()
    return 0
