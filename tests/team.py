"""A project with users, and browsers of them, for the tests of log-in, rights and many coders at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ctg_nlp.desk import Desk
from ctg_nlp.people import add_user
from ctg_nlp.records import Role
from ctg_nlp.settings import make_home
from ctg_nlp.store.audit_log import Entry, entries
from ctg_nlp.store.database import Store
from ctg_nlp.web.app import create_app
from ctg_nlp.web.guard import Serving

from .test_desk import ID, OTHER, fill

START = "2026-03-01T09"
PASSWORD = "grape lamp tuesday"
LOCAL = "http://127.0.0.1"
TLS = Serving(frozenset({"coding.example.org"}), secure=True)


class Clock:
    """A clock that goes on by a microsecond at each look, and by hours where a test says so."""

    def __init__(self) -> None:
        self.hour, self._ticks = 9, itertools.count()

    def __call__(self) -> str:
        """The time."""
        day, hour = divmod(self.hour, 24)
        return f"2026-03-{day + 1:02}T{hour:02}:00:00.{next(self._ticks):06}+00:00"


class Browser(TestClient):
    """A client that keeps cookies, follows nothing, and says as a browser does where it comes from."""

    def __init__(self, app: FastAPI, base: str = LOCAL, address: str = "192.0.2.1") -> None:
        super().__init__(
            app, base_url=base, follow_redirects=False, client=(address, 50000), raise_server_exceptions=False
        )
        self.origin = base

    def form(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Send a form as the page does."""
        return self.post(path, data=dict(fields or {}), headers={"Origin": self.origin, **headers})

    def log_in(self, name: str, password: str = PASSWORD, onward: str = "") -> httpx.Response:
        """Log in."""
        return self.form("/login", {"name": name, "password": password, "next": onward})


@dataclass(frozen=True, slots=True)
class Team:
    """A project with two reports; users where `add` was called."""

    desk: Desk
    clock: Clock
    app: FastAPI

    def add(self, name: str, role: str = "coder", *, must_change: bool = False) -> None:
        """Add a user with the password of all."""
        add_user(
            self.desk.store, name, Role(role), PASSWORD, now=self.clock(), who="lead", must_change=must_change
        )

    def browser(self, name: str = "", **more: str) -> Browser:
        """A browser, in which somebody has logged in where a name is given."""
        made = Browser(self.app, **more)
        if name:
            assert made.log_in(name).status_code == 303
        return made

    def log(self, what: str = "") -> list[Entry]:
        """The audit log."""
        with self.desk.store.reading() as db:
            return list(entries(db, what=what))


def make_team(store: Store, folder: Path, serving: Serving | None = None) -> Team:
    """A team on a store, with the reports `ID` and `OTHER`."""
    home, clock = make_home(folder), Clock()
    fill(store, home.framework, ID, 1, 0.6)
    fill(store, home.framework, OTHER, 2, 0.9)
    desk = Desk(home, store, "local", clock)
    return Team(desk, clock, create_app(desk, serving))
