"""Repository of releases: frozen tables, and what people did with them. Nothing of it is ever
changed, but that what an erased report itself said is taken out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from ctg_nlp.records import FrozenReport, FrozenTable, Release, ReleaseEvent, ReleaseState
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


def put_release(
    db: Connection, release: Release, tables: Iterable[FrozenTable], report: FrozenReport
) -> None:
    """Freeze a release with its tables, in their order, and its report."""
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
    kept = {name: getattr(report, name) for name in FrozenReport.__slots__}
    db.execute(insert(s.release_report).values(release_id=release.release_id, **kept))


def frozen_report(db: Connection, release_id: str) -> FrozenReport | None:
    """The report of a release, or None where there is none."""
    t = s.release_report
    row = db.execute(select(t).where(t.c.release_id == release_id)).first()
    return None if row is None else FrozenReport(row.contents, row.sha256, row.data_hash)


def erase_in_table(db: Connection, release_id: str, position: int, shown: str, sha256: str) -> None:
    """A table of a release without what an erased report said. The database refuses anything else."""
    t = s.release_table
    mine = (t.c.release_id == release_id) & (t.c.position == position)
    db.execute(update(t).where(mine).values(shown=shown, sha256=sha256))


def erase_in_report(db: Connection, release_id: str, report: FrozenReport) -> None:
    """The report of a release without what an erased report said. The database refuses anything else."""
    kept = {name: getattr(report, name) for name in FrozenReport.__slots__}
    db.execute(update(s.release_report).where(s.release_report.c.release_id == release_id).values(**kept))


def note_file(db: Connection, release_id: str, name: str, sha256: str, now: str) -> None:
    """Note that a file was made of a release. `name`: its path in the release's folder."""
    said = {"release_id": release_id, "name": name, "sha256": sha256, "time": now}
    db.execute(insert(s.release_file).values(**said))


def noted_files(db: Connection, release_id: str) -> dict[str, str]:
    """The checksum of each file that was noted, as it was made last."""
    t = s.release_file
    query = select(t.c.name, t.c.sha256).where(t.c.release_id == release_id).order_by(t.c.sequence)
    return {row.name: row.sha256 for row in db.execute(query)}


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
