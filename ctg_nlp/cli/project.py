"""What every command needs: the home, its store, and who is asking."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from ctg_nlp.clock import SteadyClock, utc_now
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.audit_log import FILE, append
from ctg_nlp.store.checking import latest_time
from ctg_nlp.store.database import Store, open_store


@dataclass(frozen=True, slots=True)
class Project:
    """The folder given by --home."""

    root: Path

    def home(self) -> Home:
        """The home with its settings and framework."""
        return open_home(self.root)

    @contextmanager
    def store(self, home: Home) -> Iterator[Store]:
        """The opened store of the home, closed at the end."""
        store = open_store(home.database, create=home.database.startswith("sqlite"))
        try:
            yield store
        finally:
            store.close()


pass_project = click.make_pass_decorator(Project)

who_option = click.option("--by", "who", default="", help="Who does this; by default your user name.")


def person(who: str) -> str:
    """The name given, or the user's name on this machine."""
    if who:
        return who
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no user database, as in a bare container
        return "unknown"


def steady_clock(store: Store) -> SteadyClock:
    """A clock that goes on from what was stored last, also where that of the machine was set back."""
    with store.reading() as db:
        return SteadyClock(utc_now, latest_time(db))


def note_export(store: Store, what: str, where: Path | None = None) -> None:
    """Note in the audit log that something was given out: what and `where` to, never its content."""
    detail = {FILE: str(where.resolve())} if where is not None else {}
    with store.transaction() as db:
        append(db, utc_now(), person(""), "export", what, detail)
