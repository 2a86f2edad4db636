"""Opening, creating and upgrading the database: SQLite by default, PostgreSQL by its URL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from ctg_nlp.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """An opened database. `transaction()` gives a connection that commits at its end, or not at all."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite lets one write at a time, and who waits asks again now and then: under load some would wait
        # long by bad luck. Within this process they queue here instead.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction. Raises `StoreError` where the database cannot be reached, is locked or full."""
        try:
            with self._turn, self.engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreError(_advice(self.engine, error)) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: it sees one state of the store, however long it takes and whatever
        others write meanwhile, and never waits for them."""
        steady = {} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        try:
            with self.engine.connect().execution_options(ctg_reads=True, **steady) as connection:
                yield connection
        except DBAPIError as error:
            raise StoreError(_advice(self.engine, error)) from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_store(url: str, *, create: bool = False) -> Store:
    """Open the database at an SQLAlchemy URL, whose schema must be the current one.

    With `create`, an empty database gets its tables. Raises `StoreError` where it cannot be reached, is
    empty, or is of another version (with the command that upgrades it).
    """
    store = Store(_engine(url))
    with store.transaction() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    head = _head()
    if version is None and create:
        upgrade(url)
    elif version is None:
        raise StoreError(
            f"The database {address_shown(url)} has no tables yet. Make them with: ctg db upgrade"
        )
    elif version != head:
        known = version in {s.revision for s in _scripts().walk_revisions()}
        cure = (
            "Bring it up to date with: ctg db upgrade" if known else "Install the newer ctg_nlp that made it."
        )
        raise StoreError(
            f"The database {address_shown(url)} has schema {version}; this ctg_nlp needs {head}. {cure}"
        )
    return store


def open_any(url: str) -> tuple[Store, str | None]:
    """Open a database of whatever schema, to copy it or look after it. Returns it with its schema, which is
    None where it has no tables. Raises `StoreError` where it cannot be reached; no file is made."""
    path = sqlite_file(url)
    if path is not None and not path.is_file():
        raise StoreError(f"There is no database {path}.")
    store = Store(_engine(url))
    with store.reading() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    return store, version


def is_current(store: Store) -> bool:
    """Whether the database has the schema of this version. Raises `StoreError` where it does not answer."""
    with store.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() == _head()


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database by its address; None for others, and for one in memory."""
    try:
        said = make_url(url)
    except ArgumentError:
        return None
    return Path(said.database) if said.get_backend_name() == "sqlite" and said.database else None


def known_schemas() -> tuple[str, ...]:
    """Every schema that there was, the current one last."""
    return tuple(reversed([s.revision for s in _scripts().walk_revisions()]))


def upgrade(url: str, schema: str = "head") -> tuple[str | None, str]:
    """Bring the database to the current schema, or another that there was; data is kept. Returns the schema
    before and after."""
    engine = _engine(url)
    store = Store(engine)
    with store.transaction() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with store.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, schema)
    engine.dispose()
    return before, _head() if schema == "head" else schema


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


@cache
def _head() -> str:
    head = _scripts().get_current_head()
    assert head is not None  # the package always carries at least one revision
    return head


def _engine(url: str) -> Engine:
    try:
        # Asked before each use: where the database was away meanwhile, who comes first must not pay for it.
        engine = create_engine(
            url, connect_args={"timeout": 60} if url.startswith("sqlite") else {}, pool_pre_ping=True
        )
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"{address_shown(url)} is not a database address; use for instance sqlite:///ctg.sqlite or "
            "postgresql+psycopg://user@host/name."
        ) from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"The driver for {address_shown(url)} is missing. Install it: pip install 'ctg_nlp[postgres]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is erased does not stay in free pages of the file
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a transaction that starts by reading and then writes would otherwise fail at once with
    # "database is locked" when another writer came in between, whatever the timeout.
    reads = connection.get_execution_options().get("ctg_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def address_shown(url: str) -> str:
    """A database address without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url


def _advice(engine: Engine, error: DBAPIError) -> str:
    said = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    where = address_shown(engine.url.render_as_string(hide_password=True))
    if "unable to open database file" in said:
        return f"The database {where} cannot be opened: its folder is missing or cannot be written to."
    if "readonly" in said or "read-only" in said:
        return f"The database {where} cannot be written to: make the file and its folder writable."
    if "locked" in said:
        return f"The database {where} is in use by another program for more than a minute; try again."
    if "disk I/O error" in said:
        return (
            f"The disk of {where} cannot be written to or read: it is full, a quota is used up, or it fails. "
            "Nothing of this step was stored; free some space and repeat."
        )
    if _is_away(error):
        return (
            f"The database {where} cannot be reached ({said}). Nothing of this step was stored; start the "
            "database and repeat."
        )
    if "full" in said or "No space left" in said:
        return f"The disk of {where} is full. Nothing of this step was stored; free some space and repeat."
    if "not a database" in said or "malformed" in said:
        cure = "Put a backup back: ctg restore BACKUP FOLDER --replace"
        return f"{where} is not a usable database file ({said}). {cure}"
    return f"The database {where} did not answer as expected: {said}."


def _is_away(error: DBAPIError) -> bool:
    """Whether a database server is not there, or is just going or coming."""
    if not isinstance(error, OperationalError) or not hasattr(error.orig, "sqlstate"):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return state is None or str(state).startswith(("08", "57P"))
