"""Repository of runs: what each batch did, in its own words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from ctg_nlp.store import schema as s


def add_run(
    db: Connection, run_id: str, kind: str, started_at: str, ended_at: str, summary: dict[str, Any]
) -> None:
    """Note that a run came to its end, with its summary as JSON values."""
    db.execute(
        insert(s.run).values(
            run_id=run_id, kind=kind, started_at=started_at, ended_at=ended_at, summary=summary
        )
    )


_BEGUN = "begun"


def put_begun(db: Connection, now: str, order: dict[str, int]) -> None:
    """Note which place in the order of arrival each new report of a run will have, before any is read. Where
    the run is cut off, the next one keeps to it; so what counts does not depend on where it was."""
    if order:
        db.execute(
            insert(s.run).values(
                run_id=f"{_BEGUN} {now}", kind=_BEGUN, started_at=now, ended_at=now, summary={"order": order}
            )
        )


def begun(db: Connection) -> dict[str, int]:
    """The places given to reports by runs that did not come to their end, by report."""
    query = select(s.run.c.summary).where(s.run.c.kind == _BEGUN).order_by(s.run.c.run_id)
    found: dict[str, int] = {}
    for summary in db.execute(query).scalars():
        for report_id, place in summary["order"].items():
            found.setdefault(report_id, place)
    return found


def end_begun(db: Connection, report_ids: Collection[str]) -> None:
    """Forget the places of runs all of whose reports are among these: they are stored by now, or gone."""
    for row in db.execute(select(s.run.c.run_id, s.run.c.summary).where(s.run.c.kind == _BEGUN)).all():
        if set(row.summary["order"]) <= set(report_ids):
            db.execute(delete(s.run).where(s.run.c.run_id == row.run_id))


_TOLD = "told"


def put_told(db: Connection, now: str, counts: dict[str, int]) -> None:
    """Note what people were told that waits, instead of what was noted before."""
    db.execute(delete(s.run).where(s.run.c.kind == _TOLD))
    add_run(db, _TOLD, _TOLD, now, now, counts)


def told(db: Connection) -> dict[str, int]:
    """What people were told last that waits; empty where they never were."""
    found = run_summary(db, _TOLD)
    return {} if found is None else found


def run_summary(db: Connection, run_id: str) -> dict[str, Any] | None:
    """The summary of one run, or None."""
    return db.execute(select(s.run.c.summary).where(s.run.c.run_id == run_id)).scalar_one_or_none()


def last_run(db: Connection, kind: str) -> tuple[str, dict[str, Any]] | None:
    """When the last run of a kind ended, and its summary; None where there was none."""
    query = select(s.run.c.ended_at, s.run.c.summary).where(s.run.c.kind == kind)
    row = db.execute(query.order_by(s.run.c.ended_at.desc(), s.run.c.run_id.desc()).limit(1)).first()
    return None if row is None else (row.ended_at, row.summary)


def last_begun(db: Connection, kind: str) -> str:
    """When that run of a kind began which began last of those that came to their end; empty without one."""
    query = select(func.max(s.run.c.started_at)).where(s.run.c.kind == kind)
    return db.execute(query).scalar_one() or ""
