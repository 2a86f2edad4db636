"""The audit log and the rows that it tells of, held against each other.

Both are written in one transaction: what stands in one and not in the other was changed behind the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.content_sums import CONTENT, stored_sums

_NAMED = {
    "import": (s.decision_import.c.import_id, s.decision_import.c.imported_at),
    "erasure": (s.erasure.c.report_id, s.erasure.c.erased_at),
    "rebuild": (s.rebuild.c.rebuild_id, s.rebuild.c.made_at),
    "model trained": (s.model_event.c.model_id, s.model_event.c.time),
    "release draft": (s.release.c.release_id, s.release.c.made_at),
}
"""What entries of the audit log tell of: where that is found, and since when it is there. None of these rows
is ever deleted."""


class Told(NamedTuple):
    """An entry that tells of decisions: of an import or an act. `content` is empty in entries from before it
    was kept."""

    sequence: int
    of: str
    decisions: int
    content: str


def told_but_gone(db: Connection) -> Iterator[tuple[int, str, str]]:
    """Entries of the audit log that tell of what the database does not hold: number, kind, subject."""
    t = s.audit_log.c
    for what, (column, _) in _NAMED.items():
        query = select(t.sequence, t.subject).where(t.what == what, t.subject.not_in(select(column)))
        for row in db.execute(query.order_by(t.sequence)):
            yield int(row.sequence), what, str(row.subject)


def there_but_untold(db: Connection) -> Iterator[tuple[str, str]]:
    """What the database holds and no entry tells of: kind, id. What is older than the log need not be."""
    t, a = s.audit_log.c, s.act.c
    since = db.execute(select(t.time).order_by(t.sequence).limit(1)).scalar_one_or_none() or ""
    for what, (column, time) in _NAMED.items():
        told = select(t.subject).where(t.what == what)
        query = select(column).distinct().where(time >= since, column.not_in(told))
        if what == "model trained":
            query = query.where(s.model_event.c.state == "trained")
        for found in db.execute(query).scalars():
            yield what, str(found)
    acts = select(t.detail["act"].as_string()).where(t.what == "decision")
    for found in db.execute(select(a.act_id).where(a.time >= since, a.act_id.not_in(acts))).scalars():
        yield "decision", str(found)


def belonging_to_nothing(db: Connection) -> int:
    """How many decisions are of no import and of no act; every decision comes by one."""
    d = s.decision.c
    nothing = and_(d.import_id.is_(None), or_(d.act_id.is_(None), d.act_id.not_in(select(s.act.c.act_id))))
    return int(db.execute(select(func.count()).select_from(s.decision).where(nothing)).scalar_one())


def told_otherwise(db: Connection) -> Iterator[tuple[Told, int]]:
    """Entries whose decisions are not those that they tell of, with how many there are now: their number or
    what they say differs. Decisions that went with the erasure of their report are not missed."""
    held = stored_sums(db)
    missing: list[tuple[Told, int]] = []
    for told in _told(db):
        count, content = held.get(told.of, (0, ""))
        if count < told.decisions:
            missing.append((told, count))
        elif count > told.decisions or (told.content and told.content != content):
            yield told, count
    if sum(told.decisions - count for told, count in missing) > _erased(db):
        yield from missing


def _told(db: Connection) -> Iterator[Told]:
    """The entries of imports, and of acts on reports that were not erased since."""
    t = s.audit_log.c
    erased = select(s.erasure.c.report_id)
    yield from _entries(db, t.subject, t.what == "import")
    yield from _entries(db, t.detail["act"].as_string(), and_(t.what == "decision", t.subject.not_in(erased)))


def _entries(db: Connection, of: ColumnElement[str], which: ColumnElement[bool]) -> Iterator[Told]:
    t = s.audit_log.c
    number, content = t.detail["decisions"].as_integer(), t.detail[CONTENT].as_string()
    query: Select[Any] = select(t.sequence, of, number, func.coalesce(content, "")).where(which)
    for row in db.execute(query.order_by(t.sequence).execution_options(yield_per=2000)):
        if row[1] is not None and row[2] is not None:
            yield Told(*row)


def _erased(db: Connection) -> int:
    """How many decisions of imports went with the erasures of reports: all of these, but those of acts."""
    t, e = s.audit_log.c, s.erasure.c
    of_acts = select(func.coalesce(func.sum(t.detail["decisions"].as_integer()), 0)).where(
        t.what == "decision", t.subject.in_(select(e.report_id))
    )
    erased = db.execute(select(func.coalesce(func.sum(e.decisions), 0))).scalar_one()
    return int(erased) - int(db.execute(of_acts).scalar_one())
