"""What a database says of itself: is its file whole, do its rows fit together, do its guards stand."""

from __future__ import annotations

import sqlite3
import time

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from ctg_nlp.store import schema as s
from ctg_nlp.store.database import Store
from ctg_nlp.store.guards import expected_guards, guards


def damage(store: Store) -> tuple[str, ...]:
    """What is wrong with the file or the references between tables, in words; empty: nothing."""
    with store.reading() as db:
        if db.dialect.name != "sqlite":
            return ()
        try:
            said = [r[0] for r in db.execute(text("PRAGMA integrity_check(5)")) if r[0] != "ok"]
            lost = db.execute(text("PRAGMA foreign_key_check")).all()
        except DBAPIError as error:
            return (str(error.orig),)
    tables = sorted({row[0] for row in lost})
    return tuple(said + [f"rows of {t} refer to something that is not there" for t in tables])


def damage_at_a_glance(store: Store, seconds: float = 0.5) -> str:
    """What SQLite finds wrong with its file within so many seconds, in words; empty: nothing so far."""
    with store.reading() as db:
        if db.dialect.name != "sqlite":
            return ""
        raw, ends = db.connection.driver_connection, time.monotonic() + seconds
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: time.monotonic() > ends, 1000)
        try:
            said = str(raw.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.OperationalError as error:  # it was interrupted, since the file is large
            return "" if "interrupted" in str(error) else str(error)
        except sqlite3.DatabaseError as error:
            return str(error)
        finally:
            raw.set_progress_handler(None, 0)
    return "" if said == "ok" else said.splitlines()[-1]


def broken_guards(store: Store) -> tuple[str, ...]:
    """Triggers that refuse changes of what is only added to, but are gone, at rest or say something else."""
    with store.reading() as db:
        found = guards(db)
        return tuple(
            sorted(n for n, said in expected_guards(db.dialect.name).items() if found.get(n) != said)
        )


def missing_tables(store: Store) -> tuple[str, ...]:
    """Tables of this version that are not there."""
    with store.reading() as db:
        return tuple(sorted(set(s.METADATA.tables) - set(inspect(db).get_table_names())))


def counted_twice(db: Connection) -> tuple[tuple[str, int], ...]:
    """Groups of which more than one report counts, and how many."""
    t = s.report.c
    query = select(t.group_id, func.count()).where(
        t.counted, t.group_id.is_not(None), t.withdrawn_at.is_(None)
    )
    found = db.execute(query.group_by(t.group_id).having(func.count() > 1).order_by(t.group_id))
    return tuple((str(row[0]), int(row[1])) for row in found)


def unknown_frameworks(db: Connection) -> tuple[tuple[str, str], ...]:
    """Frameworks that rows are of but whose text was never kept: table, framework."""
    known = select(s.framework.c.framework_id)
    found = []
    for table in (s.decision, s.suggestion, s.coded_report, s.filter_decision):
        t = table.c.framework_id
        found += [
            (table.name, str(f)) for f in db.execute(select(t).where(t.not_in(known)).distinct()).scalars()
        ]
    return tuple(found)


def latest_time(db: Connection) -> str:
    """The latest time at which this program stored something, or empty. Times that decisions brought with
    them from elsewhere do not count."""
    last = select(s.audit_log.c.time).where(
        s.audit_log.c.sequence == select(s.audit_head.c.sequence).scalar_subquery()
    )
    asked = [last] + [
        select(func.max(c)) for c in (s.run.c.ended_at, s.report.c.received_at, s.proposed.c.done_at)
    ]
    return max((db.execute(query).scalar_one_or_none() or "" for query in asked), default="")
