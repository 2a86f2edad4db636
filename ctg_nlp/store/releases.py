"""Repository of releases: frozen tables, and what people did with them. Nothing of it is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from ctg_nlp.records import FrozenTable, Release, ReleaseEvent, ReleaseState
from ctg_nlp.store import schema as s

_FIELDS = tuple(Release.__dataclass_fields__)


def next_number(db: Connection) -> int:
    """The number of the next release, from 1; nobody else gets one until the transaction ends."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE release IN SHARE ROW EXCLUSIVE MODE")
    return int(db.execute(select(func.coalesce(func.max(s.release.c.sequence), 0))).scalar_one()) + 1


def lock_releases(db: Connection) -> None:
    """Let nobody else act on releases until the transaction ends."""
    next_number(db)


def put_release(db: Connection, release: Release, tables: Iterable[FrozenTable]) -> None:
    """Freeze a release with its tables, in their order."""
    values = {name: getattr(release, name) for name in _FIELDS}
    lists = {name: list(values[name]) for name in ("rules", "by", "earlier")}
    db.execute(insert(s.release).values(**(values | lists)))
    rows = [
        {
            "release_id": release.release_id,
            "position": i,
            **{name: getattr(t, name) for name in ("table_id", "shown", "sha256", "verdict")},
            "quality": list(t.quality),
        }
        for i, t in enumerate(tables)
    ]
    if rows:
        db.execute(insert(s.release_table), rows)


def releases(db: Connection) -> tuple[Release, ...]:
    """All releases, oldest first."""
    return tuple(_release(row) for row in db.execute(select(s.release).order_by(s.release.c.sequence)))


def frozen_tables(db: Connection, release_id: str) -> tuple[FrozenTable, ...]:
    """The tables of a release in their order."""
    t = s.release_table
    rows = db.execute(select(t).where(t.c.release_id == release_id).order_by(t.c.position))
    return tuple(FrozenTable(r.table_id, r.shown, r.sha256, r.verdict, tuple(r.quality)) for r in rows)


def add_event(db: Connection, event: ReleaseEvent) -> None:
    """Note that a release came to a state."""
    db.execute(insert(s.release_event).values(**{n: getattr(event, n) for n in ReleaseEvent.__slots__}))


def events(db: Connection, release_id: str = "") -> tuple[ReleaseEvent, ...]:
    """What was done with one release or all, oldest first."""
    t = s.release_event
    query = select(t).order_by(t.c.sequence)
    if release_id:
        query = query.where(t.c.release_id == release_id)
    return tuple(
        ReleaseEvent(r.release_id, ReleaseState(r.state), r.who, r.time, r.why) for r in db.execute(query)
    )


def _release(row: Row[Any]) -> Release:
    values = {name: getattr(row, name) for name in _FIELDS}
    lists = {name: tuple(values[name]) for name in ("rules", "by", "earlier")}
    return Release(**(values | lists))
