"""Repository of runs: what each batch did, in its own words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

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


def run_summary(db: Connection, run_id: str) -> dict[str, Any] | None:
    """The summary of one run, or None."""
    return db.execute(select(s.run.c.summary).where(s.run.c.run_id == run_id)).scalar_one_or_none()


def last_run(db: Connection, kind: str) -> tuple[str, dict[str, Any]] | None:
    """When the last run of a kind ended, and its summary; None where there was none."""
    query = select(s.run.c.ended_at, s.run.c.summary).where(s.run.c.kind == kind)
    row = db.execute(query.order_by(s.run.c.ended_at.desc(), s.run.c.run_id.desc()).limit(1)).first()
    return None if row is None else (row.ended_at, row.summary)
