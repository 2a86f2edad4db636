"""The whole content of a database, of any schema that there was: counted, written out, put into another.

Tables are looked up in the database itself, not in `schema`, so that a database which waits for its upgrade
can be backed up and copied too. JSON goes over as the text that it is stored as, so that nothing is rounded,
sorted or escaped anew on the way.
"""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    MetaData,
    Table,
    Text,
    cast,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, SAWarning
from sqlalchemy.types import UserDefinedType

from ctg_nlp.errors import StoreError

VERSION_TABLE = "alembic_version"
_AT_ONCE = 500
_SUMS = 1 << 256

Row = dict[str, Any]
Columns = Mapping[str, frozenset[str]]
"""The names of the columns of each table of a schema."""


class _StoredJson(UserDefinedType[str]):
    """A JSON column as its text, on PostgreSQL."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        return "JSON"

    def column_expression(self, colexpr: Any) -> Any:
        return cast(colexpr, Text)

    def bind_expression(self, bindvalue: Any) -> Any:
        return cast(bindvalue, JSON)

    def bind_processor(self, dialect: Any) -> None:
        return None


class _SqliteJson(UserDefinedType[str]):
    """The same on SQLite, which makes numbers of texts that are numbers in a column of such a name."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        return "JSON"

    def column_expression(self, colexpr: Any) -> Any:
        return cast(colexpr, Text)


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and a checksum of them that does not depend on their order."""

    rows: int
    checksum: str


def tables(db: Connection) -> tuple[Table, ...]:
    """The tables of a database, those first that others refer to."""
    found = MetaData()
    with warnings.catch_warnings():  # an index on an expression cannot be looked up; it is not needed
        warnings.simplefilter("ignore", SAWarning)
        found.reflect(db)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = _SqliteJson() if db.dialect.name == "sqlite" else _StoredJson()
    return tuple(t for t in found.sorted_tables if t.name != VERSION_TABLE)


def strange(db: Connection, known: Columns) -> tuple[str, ...]:
    """Tables that are none of the known ones, and columns that these have besides, as `table.column`."""
    found = []
    for table in tables(db):
        if table.name not in known:
            found.append(table.name)
        else:
            found += [f"{table.name}.{c.name}" for c in table.columns if c.name not in known[table.name]]
    return tuple(sorted(found))


def rows(db: Connection, table: Table, known: Columns | None = None) -> Iterator[Row]:
    """The rows of a table as plain values, of its known columns (None: of all); bytes in base 64, marked as
    such."""
    wanted = [c for c in table.columns if known is None or c.name in known[table.name]]
    query = select(*wanted).execution_options(yield_per=_AT_ONCE)
    for row in db.execute(query).mappings():
        yield {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode("ascii")}
    return value


def _given(value: Any) -> Any:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value


class Summing:
    """Adds up rows while they pass by."""

    def __init__(self) -> None:
        self._rows = self._sum = 0

    def passing(self, some: Iterable[Row]) -> Iterator[Row]:
        """The same rows."""
        for row in some:
            said = json.dumps(row, sort_keys=True, separators=(",", ":")).encode()
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(said).digest())) % _SUMS
            self._rows += 1
            yield row

    def total(self) -> TableSum:
        """What passed by until now."""
        return TableSum(self._rows, f"{self._sum:064x}")


def sum_of(db: Connection, table: Table, known: Columns | None = None) -> TableSum:
    """Rows and checksum of a table as it is now."""
    adding = Summing()
    for _ in adding.passing(rows(db, table, known)):
        pass
    return adding.total()


def sums(db: Connection, known: Columns | None = None) -> dict[str, TableSum]:
    """Rows and checksum of every table, or of those that are known."""
    wanted = (t for t in tables(db) if known is None or t.name in known)
    return {t.name: sum_of(db, t, known) for t in wanted}


def counters(db: Connection) -> dict[str, int]:
    """The last number that was given in each table whose numbers are never given twice."""
    if db.dialect.name == "sqlite":
        if not db.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")).first():
            return {}
        return {r.name: int(r.seq) for r in db.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    found = {}
    for table, sequence in _serials(db).items():
        row = db.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()
        found[table] = int(row.last_value) if row.is_called else int(row.last_value) - 1
    return found


def _serials(db: Connection) -> dict[str, str]:
    """PostgreSQL's sequences by their table."""
    asked = text(
        "SELECT table_name, pg_get_serial_sequence(quote_ident(table_name), column_name) AS counter "
        "FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    return {r.table_name: r.counter for r in db.execute(asked) if r.counter}


def put_counters(db: Connection, given: Mapping[str, int]) -> None:
    """Let numbers go on after those that were given, also where the last rows were erased."""
    if db.dialect.name == "sqlite":
        for table, last in given.items():
            db.execute(text("DELETE FROM sqlite_sequence WHERE name = :t"), {"t": table})
            db.execute(text("INSERT INTO sqlite_sequence VALUES (:t, :n)"), {"t": table, "n": last})
        return
    for table, sequence in _serials(db).items():
        last = given.get(table, 0)
        db.execute(text("SELECT setval(CAST(:s AS regclass), :n, :called)"),
                   {"s": sequence, "n": max(last, 1), "called": last > 0})  # fmt: skip


class Filling:
    """Puts rows into the empty tables of a database; what forbids changes there rests meanwhile.

    Use as a context manager within one transaction, in the order of `tables`.
    """

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.tables = tables(db)
        self._triggers: Sequence[Any] = ()
        self._later: list[tuple[Table, list[str], Row]] = []

    def __enter__(self) -> Filling:
        if self.db.dialect.name == "sqlite":
            made = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
            self._triggers = self.db.execute(made).all()
            for trigger in self._triggers:
                self.db.execute(text(f'DROP TRIGGER "{trigger.name}"'))
        else:
            self._let(False)
        for table in reversed(self.tables):  # what the migrations themselves put in
            self.db.execute(table.delete())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return  # the transaction ends without any of it
        self._refer()
        for trigger in self._triggers:
            self.db.exec_driver_sql(trigger.sql)
        if self.db.dialect.name != "sqlite":
            self._let(True)

    def _let(self, speak: bool) -> None:
        for table in self.tables:
            word = "ENABLE" if speak else "DISABLE"
            self.db.execute(text(f'ALTER TABLE "{table.name}" {word} TRIGGER USER'))

    def put(self, table: Table, given: Iterable[Row]) -> None:
        """Put rows into a table. Raises `StoreError` for one that this database cannot hold."""
        own = [c.name for c in table.columns if any(f.column.table is table for f in c.foreign_keys)]
        try:
            for some in _slices(given):
                values = [{name: _given(value) for name, value in row.items()} for row in some]
                self.db.execute(insert(table), [{**v, **dict.fromkeys(own)} for v in values])
                self._later += [(table, own, v) for v in values if any(v[name] for name in own)]
        except DBAPIError as error:
            said = str(error.orig).strip().splitlines()[0][:200]
            raise StoreError(
                f"A row of the table {table.name} cannot be stored in this database: {said}. "
                "Nothing was copied."
            ) from error

    def _refer(self) -> None:
        """Let rows refer to others of their own table, which may have come after them."""
        for table, own, row in self._later:
            key = [column == row[column.name] for column in table.primary_key.columns]
            self.db.execute(update(table).where(*key).values({name: row[name] for name in own}))


def _slices(given: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(given)
    while some := list(islice(left, _AT_ONCE)):
        yield some
