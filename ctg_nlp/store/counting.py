"""What decides which reports enter tables, and what is known of their groups: little of each, read quickly,
since there may be a hundred thousand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, exists, or_, select

from ctg_nlp.records import Report, ReportKind, VerdictKind
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands
from ctg_nlp.store.reports import reports_where

Columns = tuple[tuple[str, str], ...]
_AT_A_TIME = 5000  # rows that are in memory before they are taken


@dataclass(frozen=True, slots=True)
class Candidate:
    """A report that may enter tables. `settled`: it counts for its group, as settled or chosen; else people
    decided on a final report that no program could read."""

    report_id: str
    group_id: str
    cohort_said: str
    settled: bool


def candidates(db: Connection) -> tuple[Candidate, ...]:
    """The reports that may enter tables, in the order of arrival, settled ones first; no withdrawn ones."""
    r, d = s.report.c, s.decision.c
    decided = exists().where(d.report_id == r.report_id, d.role != "trainee", stands())
    read_by_people = and_(r.verdict == str(VerdictKind.REFUSED), r.kind == str(ReportKind.FINAL), decided)
    query = (
        select(r.report_id, r.group_id, r.cohort_said, r.counted)
        .where(r.withdrawn_at.is_(None), r.verdict != "erased", or_(r.counted, read_by_people))
        .order_by(r.counted.desc(), r.sequence)
        .execution_options(yield_per=_AT_A_TIME)
    )
    return tuple(Candidate(row[0], row[1] or "", row[2], bool(row[3])) for row in db.execute(query))


def counting() -> ColumnElement[bool]:
    """Of a report: it is settled that it counts, and it was not withdrawn."""
    r = s.report.c
    return and_(r.counted, r.withdrawn_at.is_(None))


def not_counting() -> Select[tuple[str]]:
    """The ids of the other reports, to be left out: what is kept of each report is then counted by going
    through it once, which is far quicker than to look up for each whether its report counts."""
    r = s.report.c
    return select(r.report_id).where(or_(~r.counted, r.withdrawn_at.is_not(None)))


@dataclass(frozen=True, slots=True)
class Registered:
    """A group of the register with what is known of it; groups of which the same is known share `columns`."""

    group_id: str
    cohort: str
    expected: bool
    columns: Columns


def registered(db: Connection) -> Iterator[Registered]:
    """The register of groups, in its order."""
    g = s.report_group.c
    query = select(g.group_id, g.cohort, g.expected, cast(s.report_group.c["columns"], Text))
    known: dict[str, Columns] = {}
    for row in db.execute(query.order_by(g.position).execution_options(yield_per=_AT_A_TIME)):
        if row[3] not in known:
            known[row[3]] = tuple((name, value) for name, value in json.loads(row[3]))
        yield Registered(row[0], row[1], bool(row[2]), known[row[3]])


def of_groups_without(db: Connection) -> tuple[Report, ...]:
    """The reports of expected groups of which none is settled as counting, in the order of arrival."""
    r = s.report.c
    answered = select(r.group_id).where(r.counted, r.withdrawn_at.is_(None), r.group_id.is_not(None))
    expected = select(s.report_group.c.group_id).where(s.report_group.c.expected)
    return reports_where(db, r.group_id.in_(expected), r.group_id.not_in(answered))
