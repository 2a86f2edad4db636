"""What a monitoring program asks of the store: a few counts and the last run, each from little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import last_decision
from ctg_nlp.store.queue import Left, left
from ctg_nlp.store.runs import begun, last_run


@dataclass(frozen=True, slots=True)
class LastBatch:
    """The batch that came to its end last. `ended_at` is UTC in ISO 8601; `seconds` is how long it took."""

    ended_at: str
    seconds: float
    read: int
    failed: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """The state of a project in figures. `reports` are by verdict, `withdrawn` ones apart; `decisions` is how
    many were ever made; `cut_off`: a batch that began did not come to its end (yet)."""

    reports: Mapping[str, int]
    decisions: int
    left: Left
    last_batch: LastBatch | None
    cut_off: bool


def gauges(db: Connection, framework_id: str) -> Gauges:
    """The figures as they are now."""
    last = last_run(db, "batch")
    return Gauges(
        _by_verdict(db),
        last_decision(db),
        left(db, framework_id),
        None if last is None else _batch(*last),
        bool(begun(db)),
    )


def _by_verdict(db: Connection) -> dict[str, int]:
    t = s.report.c
    gone = t.withdrawn_at.is_not(None)
    found: dict[str, int] = {}
    for verdict, withdrawn, count in db.execute(
        select(t.verdict, gone, func.count()).group_by(t.verdict, gone)
    ):
        key = "withdrawn" if withdrawn and verdict != "erased" else str(verdict)
        found[key] = found.get(key, 0) + int(count)
    return found


def _batch(ended_at: str, summary: Mapping[str, object]) -> LastBatch:
    seconds, read, failed = (summary.get(name) for name in ("seconds", "read", "failed"))
    return LastBatch(
        ended_at,
        float(seconds) if isinstance(seconds, int | float) else 0.0,
        read if isinstance(read, int) else 0,
        len(failed) if isinstance(failed, list | tuple) else 0,
    )
