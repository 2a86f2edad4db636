"""Repository of what programs read part by part: what comes after a place in an order that only grows."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from ctg_nlp.records import Report
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands
from ctg_nlp.store.independence import coded_blind
from ctg_nlp.store.reports import reports_where


class Numbered(NamedTuple):
    """A decision by its number: on which report, by whom and in which role."""

    number: int
    report_id: str
    coder: str
    role: str


def reports_from(db: Connection, sequence: int, most: int) -> tuple[Report, ...]:
    """The reports that are neither erased nor withdrawn, from a place in the order of arrival on."""
    c = s.report.c
    there = (c.withdrawn_at.is_(None), c.verdict != "erased", c.sequence >= sequence)
    some = select(c.report_id).where(*there).order_by(c.sequence).limit(most).scalar_subquery()
    return reports_where(db, c.report_id.in_(some))


def decisions_from(
    db: Connection, number: int, most: int, report_ids: Collection[str] | None = None
) -> tuple[Numbered, ...]:
    """The decisions that stand, from a number on, on reports that are neither erased nor withdrawn, or on
    some of these (some thousands at most)."""
    d, r = s.decision.c, s.report.c
    query = (
        select(d.sequence, d.report_id, d.coder, d.role)
        .join(s.report, r.report_id == d.report_id)
        .where(stands(), d.sequence >= number, r.withdrawn_at.is_(None), r.verdict != "erased")
        .order_by(d.sequence)
        .limit(most)
    )
    if report_ids is not None:
        query = query.where(d.report_id.in_(list(report_ids)))
    return tuple(Numbered(*row) for row in db.execute(query))


def coded_blind_now(db: Connection) -> frozenset[str]:
    """The ids of the reports, not withdrawn, that somebody still codes blind."""
    r = s.report.c
    query = select(r.report_id).where(r.report_id.in_(coded_blind()), r.withdrawn_at.is_(None))
    return frozenset(db.execute(query).scalars())


def await_numbers(db: Connection) -> None:
    """Wait until whoever is adding decisions has done so; as the first thing in a transaction that reads.

    PostgreSQL gives out numbers before they are committed: a decision could come in below the place up to
    which a program has read, and be missed. SQLite has one writer at a time. Raises `StoreError` (by way of
    the transaction) where it takes more than five seconds.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SET LOCAL lock_timeout = '5s'"))
        db.execute(text("LOCK TABLE decision IN SHARE MODE"))
