"""Repository of the selection for the second stage: decisions by filter, and frozen samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from ctg_nlp.records import FilterDecision, Selection
from ctg_nlp.store import schema as s

_COLUMNS = ("decision_id", "report_id", "filter", "level", "reason", "coder", "role", "time", "framework_id")


def add_filter_decision(db: Connection, decision: FilterDecision) -> int:
    """Keep a decision, and that it was undone where it was. Returns its number."""
    row = {name: getattr(decision, name) for name in _COLUMNS}
    number = int(
        db.execute(
            insert(s.filter_decision).values(**row).returning(s.filter_decision.c.sequence)
        ).scalar_one()
    )
    if decision.undone_at:
        undo_filter_decision(db, number, decision.undone_at, decision.undone_by)
    return number


def undo_filter_decision(db: Connection, sequence: int, now: str, who: str) -> None:
    """Let a decision count no more; it is kept."""
    db.execute(insert(s.filter_undo).values(sequence=sequence, undone_at=now, undone_by=who))


def _query() -> Select[Any]:
    t, u = s.filter_decision, s.filter_undo
    joined = t.outerjoin(u, u.c.sequence == t.c.sequence)
    return select(t, u.c.undone_at, u.c.undone_by).select_from(joined).order_by(t.c.sequence)


def filter_decisions(
    db: Connection, report_ids: Iterable[str] | None = None, *, undone: bool = False
) -> tuple[FilterDecision, ...]:
    """Filter decisions that stand, of all reports or some, oldest first; with `undone` also those that were
    undone."""
    query = _query()
    if report_ids is not None:
        query = query.where(s.filter_decision.c.report_id.in_(list(report_ids)))
    if not undone:
        query = query.where(s.filter_undo.c.sequence.is_(None))
    return tuple(_decision(row) for row in db.execute(query))


def deciders(db: Connection) -> tuple[str, ...]:
    """Everybody who decided by a filter, in order of their names."""
    t = s.filter_decision.c
    return tuple(db.execute(select(t.coder).distinct().order_by(t.coder)).scalars())


def filtered_reports(db: Connection) -> frozenset[str]:
    """The ids of reports with a filter decision, standing or undone."""
    return frozenset(db.execute(select(s.filter_decision.c.report_id).distinct()).scalars())


def filter_decision(db: Connection, decision_id: str) -> FilterDecision | None:
    """The decision of that id, undone or not, or None."""
    row = db.execute(_query().where(s.filter_decision.c.decision_id == decision_id)).first()
    return None if row is None else _decision(row)


def _decision(row: Row[Any]) -> FilterDecision:
    known = {name: getattr(row, name) for name in (*_COLUMNS, "sequence")}
    return FilterDecision(**known, undone_at=row.undone_at or "", undone_by=row.undone_by or "")


def lock_selections(db: Connection) -> None:
    """Let nobody else freeze a selection until the transaction ends; SQLite has one writer anyhow."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE selection IN SHARE ROW EXCLUSIVE MODE")


def freeze(db: Connection, selection: Selection) -> None:
    """Keep a selection with its reports; it cannot be changed afterwards."""
    row = {
        name: getattr(selection, name)
        for name in ("selection_id", "name", "frozen_at", "frozen_by", "framework_id", "note")
    }
    db.execute(insert(s.selection).values(**row, reports=len(selection.reports), flow=dict(selection.flow)))
    members = [{"selection_id": selection.selection_id, "report_id": r} for r in selection.reports]
    if members:
        db.execute(insert(s.selection_report), members)


def use(db: Connection, selection_id: str, now: str, who: str) -> None:
    """Let a selection be the one that tables of the second stage are over."""
    db.execute(insert(s.selection_use).values(selection_id=selection_id, time=now, who=who))


def selections(db: Connection) -> tuple[Selection, ...]:
    """All frozen selections, oldest first, their reports in the order of arrival."""
    members: dict[str, list[str]] = {}
    m, r = s.selection_report.c, s.report.c
    query = (
        select(m.selection_id, m.report_id).join(s.report, r.report_id == m.report_id).order_by(r.sequence)
    )
    for selection_id, report_id in db.execute(query):
        members.setdefault(selection_id, []).append(report_id)
    rows = db.execute(select(s.selection).order_by(s.selection.c.frozen_at, s.selection.c.name))
    return tuple(_selection(row, members.get(row.selection_id, ())) for row in rows)


def in_use(db: Connection) -> Selection | None:
    """The selection that is in use, or None."""
    u = s.selection_use.c
    last = db.execute(select(u.selection_id).order_by(u.sequence.desc()).limit(1)).scalar()
    return next((x for x in selections(db) if x.selection_id == last), None)


def sample(db: Connection) -> frozenset[str] | None:
    """The ids of the reports of the selection that is in use; None where none is."""
    u, m = s.selection_use.c, s.selection_report.c
    last = db.execute(select(u.selection_id).order_by(u.sequence.desc()).limit(1)).scalar()
    if last is None:
        return None
    return frozenset(db.execute(select(m.report_id).where(m.selection_id == last)).scalars())


def _selection(row: Row[Any], reports: Sequence[str]) -> Selection:
    return Selection(
        row.selection_id, row.name, row.frozen_at, row.frozen_by, row.framework_id, row.note,
        tuple(reports), row.flow,
    )  # fmt: skip


def erased_reports(db: Connection) -> int:
    """How many reports were erased."""
    return int(db.execute(select(func.count()).select_from(s.erasure)).scalar_one())
