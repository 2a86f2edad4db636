"""Repository of the audit sample and of who is to code what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from ctg_nlp.records import Assignment, AuditUnit, Draw, Purpose
from ctg_nlp.store import schema as s


def draws(db: Connection) -> tuple[Draw, ...]:
    """All draws of the audit sample, in order."""
    rows = db.execute(select(s.audit_draw).order_by(s.audit_draw.c.draw))
    return tuple(Draw(r.draw, r.seed, r.population, r.size, r.drawn_at, r.drawn_by) for r in rows)


def add_draw(db: Connection, draw: Draw, units: Sequence[AuditUnit]) -> None:
    """Keep a draw with the random numbers of its population."""
    db.execute(insert(s.audit_draw).values(**{n: getattr(draw, n) for n in Draw.__dataclass_fields__}))
    if units:
        rows = [{n: getattr(u, n) for n in AuditUnit.__dataclass_fields__} for u in units]
        db.execute(insert(s.audit_unit), rows)


def audit_units(db: Connection, *, sampled: bool = False) -> tuple[AuditUnit, ...]:
    """The reports that a draw could take, or only those `sampled`, in the order of their draw and number."""
    u = s.audit_unit.c
    query = select(u.report_id, u.draw, u.number, u.position).order_by(u.draw, u.number)
    if sampled:
        query = query.where(u.position > 0)
    return tuple(AuditUnit(*row) for row in db.execute(query))


def not_drawn_from(db: Connection) -> tuple[str, ...]:
    """The ids of reports that count and were in no draw's population, in the order of arrival."""
    r = s.report.c
    known = select(s.audit_unit.c.report_id)
    query = select(r.report_id).where(r.counted, r.withdrawn_at.is_(None), r.report_id.not_in(known))
    return tuple(db.execute(query.order_by(r.sequence)).scalars())


def unassigned(db: Connection) -> tuple[str, ...]:
    """The ids of reports that count and that nobody was assigned, in the order of arrival."""
    r = s.report.c
    given = select(s.assignment.c.report_id)
    query = select(r.report_id).where(r.counted, r.withdrawn_at.is_(None), r.report_id.not_in(given))
    return tuple(db.execute(query.order_by(r.sequence)).scalars())


def assign(db: Connection, assignments: Sequence[Assignment]) -> int:
    """Give reports to coders; what a coder has already stays as it is. Returns how many were new."""
    added = 0
    for a in assignments:
        if assignment(db, a.report_id, a.coder) is None:
            values = {n: getattr(a, n) for n in Assignment.__dataclass_fields__}
            db.execute(insert(s.assignment).values(**values | {"purpose": str(a.purpose), "locked_at": None}))
            added += 1
    return added


def unassign(db: Connection, report_ids: Sequence[str], coder: str) -> int:
    """Take reports back from a coder that they have not locked. Returns how many those were."""
    t = s.assignment.c
    mine = (t.coder == coder) & t.report_id.in_(list(report_ids)) & t.locked_at.is_(None)
    return db.execute(delete(s.assignment).where(mine)).rowcount


def assignment(db: Connection, report_id: str, coder: str) -> Assignment | None:
    """What a coder is to do with a report, or None."""
    t = s.assignment.c
    row = db.execute(select(s.assignment).where(t.report_id == report_id, t.coder == coder)).first()
    return None if row is None else _assignment(row)


def assignments(db: Connection, coder: str | None = None) -> tuple[Assignment, ...]:
    """All that coders (or one) are to do, reports withdrawn since left out, in their order."""
    t = s.assignment.c
    query = (
        select(s.assignment)
        .join(s.report, s.report.c.report_id == t.report_id)
        .where(s.report.c.withdrawn_at.is_(None))
        .order_by(t.coder, t.position, t.report_id)
    )
    if coder is not None:
        query = query.where(t.coder == coder)
    return tuple(_assignment(row) for row in db.execute(query))


def coded_blind() -> Select[Any]:
    """A query for the ids of reports that somebody still codes blind for the record: a trainee's answers
    never count, and who was deactivated codes no more."""
    t, gone = s.assignment.c, select(s.person.c.name).where(s.person.c.active.is_(False))
    return select(t.report_id).where(
        t.purpose.not_in((Purpose.CODING.value, Purpose.TRAINING.value)),
        t.locked_at.is_(None),
        t.coder.not_in(gone),
    )


def still_blind(db: Connection) -> frozenset[str]:
    """The ids of the reports that somebody still codes blind."""
    return frozenset(db.execute(coded_blind()).scalars())


def is_coded_blind(db: Connection, report_id: str) -> bool:
    """Whether somebody still codes a report blind."""
    return db.execute(coded_blind().where(s.assignment.c.report_id == report_id).limit(1)).first() is not None


def any_assignment(db: Connection) -> bool:
    """Whether anything was assigned to anybody."""
    return db.execute(select(s.assignment.c.report_id).limit(1)).first() is not None


def next_position(db: Connection, coder: str) -> int:
    """The place after the last assignment of a coder."""
    query = select(func.coalesce(func.max(s.assignment.c.position), 0)).where(s.assignment.c.coder == coder)
    return int(db.execute(query).scalar_one()) + 1


def locks(db: Connection) -> dict[tuple[str, str], str]:
    """When each (coder, report id) was locked that was coded blind."""
    t = s.assignment.c
    query = select(t.coder, t.report_id, t.locked_at).where(t.locked_at.is_not(None))
    return {(r.coder, r.report_id): r.locked_at for r in db.execute(query)}


def lock(db: Connection, report_id: str, coder: str, now: str) -> None:
    """Close a coder's blind coding of a report; a lock is never opened again."""
    t = s.assignment.c
    db.execute(
        update(s.assignment)
        .where(t.report_id == report_id, t.coder == coder, t.locked_at.is_(None))
        .values(locked_at=now)
    )


def _assignment(r: Row[Any]) -> Assignment:
    return Assignment(
        r.report_id, r.coder, Purpose(r.purpose), r.position, r.assigned_at, r.assigned_by, r.locked_at or ""
    )
