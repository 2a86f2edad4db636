"""A database that was empty made so again, after something that was to fill it failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from ctg_nlp.errors import StoreError
from ctg_nlp.store.copying import VERSION_TABLE, tables
from ctg_nlp.store.database import Store, address_shown, open_any, sqlite_file, upgrade
from ctg_nlp.store.known_tables import columns_of

_BESIDE = ("", "-wal", "-shm", "-journal")


@contextmanager
def filled_or_empty(url: str) -> Iterator[None]:
    """Let a database that is empty now be so again where what is done with it within does not end well.

    Raises `StoreError` where that cannot be done; it says so then.
    """
    path = sqlite_file(url)
    before = None if path is not None and not path.exists() else _schema(url)
    was_there = path is None or path.exists()
    try:
        yield
    except BaseException as error:
        try:
            _empty(url, before, was_there)
        except (StoreError, OSError) as left:
            raise StoreError(
                f"{error} The database {address_shown(url)} may hold part of it still ({left}); make it anew "
                "before you repeat this."
            ) from error
        raise


def _schema(url: str) -> str | None:
    store, schema = open_any(url)
    store.close()
    return schema


def _empty(url: str, before: str | None, was_there: bool) -> None:
    path = sqlite_file(url)
    if path is not None and not was_there:
        for end in _BESIDE:
            path.with_name(path.name + end).unlink(missing_ok=True)
        return
    store, schema = open_any(url)
    try:
        if schema is not None:
            _drop(store, schema)
    finally:
        store.close()
    if before is not None:
        upgrade(url, before)


def _drop(store: Store, schema: str) -> None:
    known = columns_of(schema) or {}
    with store.transaction() as db:
        ours = [t.name for t in tables(db) if t.name in known]
        functions = _functions(db, ours) if db.dialect.name == "postgresql" else ()
        with_triggers = " CASCADE" if db.dialect.name == "postgresql" else ""
        for name in (*reversed(ours), VERSION_TABLE):  # those first that refer to others
            db.execute(text(f'DROP TABLE "{name}"{with_triggers}'))
        for signature in functions:
            db.execute(text(f"DROP FUNCTION {signature}"))


def _functions(db: Connection, ours: list[str]) -> tuple[str, ...]:
    """PostgreSQL's functions that the triggers of our tables call."""
    asked = text(
        "SELECT DISTINCT t.tgfoid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = CAST(current_schema() AS regnamespace) "
        "AND c.relname = ANY(:ours)"
    )
    return tuple(db.execute(asked, {"ours": ours}).scalars())
