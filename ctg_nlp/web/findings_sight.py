"""Who may see findings and quotations: they tell what others marked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ctg_nlp.desk import Desk, NotYours
from ctg_nlp.independence import Sight

_CLOSED = (
    "This page tells what others marked, so it is closed to you while you code a report without seeing that. "
    "It opens when you have locked the last of them."
)


def sight_of(desk: Desk, db: Connection) -> Sight:
    """What the coder may see. Raises `NotYours` while they still code any report blind."""
    seen = desk.sight(db)
    if seen.waiting:
        raise NotYours(_CLOSED)
    return seen


def require_evidence(desk: Desk, db: Connection, report_ids: Iterable[str]) -> None:
    """Raises `NotYours` where a passage is of a report whose passages the coder may not see."""
    seen = sight_of(desk, db)
    if not all(seen.may_see_evidence(r) for r in report_ids):
        raise NotYours("A passage is of a report that was not assigned to you.")
