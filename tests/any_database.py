"""Addresses of databases that do not exist yet, or are new and empty, of either kind."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

_NUMBERS = itertools.count(1)


def new_postgres(server: str) -> str:
    """The address of a new, empty database on a server."""
    name = f"fresh{next(_NUMBERS)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the address of a new database of a kind, sqlite or postgresql."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'fresh{next(_NUMBERS)}.sqlite'}"
        return new_postgres(request.getfixturevalue("postgres"))

    return make
