"""The content of one database put into another that is empty, and what both then have compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from sqlalchemy import Connection, inspect, select

from ctg_nlp.errors import StoreError
from ctg_nlp.store.copying import (
    Filling,
    Row,
    Summing,
    TableSum,
    counters,
    put_counters,
    rows,
    strange,
    sums,
    tables,
)
from ctg_nlp.store.database import (
    Store,
    address_shown,
    known_schemas,
    open_any,
    sqlite_file,
    upgrade,
)
from ctg_nlp.store.known_tables import columns_of

_BEGUN = {"audit_head"}  # has a row from the beginning


class Content(Protocol):
    """What a database holds, wherever it comes from. `schema`: the one that its rows are of."""

    @property
    def schema(self) -> str: ...  # noqa: D102

    def rows(self, table: str) -> Iterable[Row]:
        """The rows of a table; none where it has no such table."""
        ...

    def counters(self) -> Mapping[str, int]:
        """The last number given in each table whose numbers are never given twice."""
        ...


class Held:
    """The content of an opened database, as one connection sees it: the tables and columns of its schema.
    `strange`: what else lies in it."""

    def __init__(self, db: Connection, schema: str) -> None:
        self._db, self.schema, self._known = db, schema, columns_of(schema)
        self._tables = {t.name: t for t in tables(db) if self._known is None or t.name in self._known}
        self.strange = () if self._known is None else strange(db, self._known)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its tables."""
        return tuple(self._tables)

    @property
    def gone(self) -> tuple[str, ...]:
        """The names of the tables that it should have, and does not."""
        return tuple(sorted(set(self._known or ()) - set(self._tables)))

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table; none where it has no such table."""
        return rows(self._db, self._tables[table], self._known) if table in self._tables else iter(())

    def counters(self) -> Mapping[str, int]:
        """The last number given in each table whose numbers are never given twice."""
        return {t: n for t, n in counters(self._db).items() if t in self._tables}


def check_empty(url: str) -> None:
    """Raise `StoreError` where a database has anything in it, or cannot be reached."""
    path = sqlite_file(url)
    if path is not None and not path.exists():
        return
    store, version = open_any(url)
    try:
        with store.reading() as db:
            empty = _is_empty(db, version)
    finally:
        store.close()
    if not empty:
        raise StoreError(
            f"The database {address_shown(url)} has something in it already; nothing was copied. Name "
            "another that does not exist yet (SQLite) or is newly made (PostgreSQL: createdb)."
        )


def _is_empty(db: Connection, version: str | None) -> bool:
    if version is None:
        return not inspect(db).get_table_names()
    for table in tables(db):
        found = db.execute(select(table).limit(1)).first()
        if found is not None and (table.name not in _BEGUN or found.sequence != 0):
            return False
    return True


def fill(url: str, content: Content) -> dict[str, TableSum]:
    """Put all of a content into an empty database, all of it or nothing, and compare what it holds then.

    Returns rows and checksum by table. Raises `StoreError` where it is not empty, cannot hold a row, or
    holds something else afterwards. What another program puts in meanwhile would be found by the comparison.
    """
    if content.schema not in known_schemas():
        raise StoreError(
            f"What is to be copied has schema {content.schema}, which this ctg_nlp does not know. Install "
            "the newer ctg_nlp that made it."
        )
    check_empty(url)
    before, _ = upgrade(url, content.schema)
    if before not in (None, content.schema):
        raise StoreError(f"{address_shown(url)} has schema {before} already, and was left alone.")
    store, _ = open_any(url)
    try:
        given = _filled(store, content)
        with store.reading() as db:
            compare(given, sums(db))
    finally:
        store.close()
    return given


def _filled(store: Store, content: Content) -> dict[str, TableSum]:
    given = {}
    with store.transaction() as db:
        with Filling(db) as filling:
            for table in filling.tables:
                adding = Summing()
                filling.put(table, adding.passing(content.rows(table.name)))
                given[table.name] = adding.total()
        put_counters(db, content.counters())
    return given


def compare(expected: Mapping[str, TableSum], found: Mapping[str, TableSum]) -> None:
    """Raise `StoreError` naming the tables that are not what they must be."""
    wrong = sorted(t for t in {*expected, *found} if expected.get(t) != found.get(t))
    if wrong:
        raise StoreError(
            f"These tables are not the same after copying: {', '.join(wrong)}. Do not use the copy."
        )


def copy(source: str, target: str) -> dict[str, TableSum]:
    """Copy a database into another, empty one, of either kind; others may go on writing to the first.

    Returns rows and checksum by table. Raises `StoreError` as `fill` does, and where the first has no tables.
    """
    store, schema = open_any(source)
    try:
        if schema is None:
            raise StoreError(f"The database {address_shown(source)} has no tables; there is nothing to copy.")
        with store.reading() as db:
            held = Held(db, schema)
            given = fill(target, held)
        if held.strange:
            raise StoreError(
                f"All was copied but {', '.join(held.strange)}, which are no tables or columns of ctg_nlp's; "
                "look what they are."
            )
        return given
    finally:
        store.close()
