"""What decides which reports enter tables, and what is known of their groups: little of each, read quickly,
since there may be a hundred thousand."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    or_,
    select,
)

from ctg_nlp.records import Report, ReportKind, VerdictKind
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands
from ctg_nlp.store.reports import KINDS, VERDICTS, reports_where

Columns = tuple[tuple[str, str], ...]
Arrived = tuple[int, str]
"""A report by its place in the order of arrival and its id."""
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
    r = s.report.c
    query = (
        select(r.report_id, r.group_id, r.cohort_said, r.counted)
        .where(r.withdrawn_at.is_(None), r.verdict != "erased", or_(r.counted, _read_by_people()))
        .order_by(r.counted.desc(), r.sequence)
        .execution_options(yield_per=_AT_A_TIME)
    )
    return tuple(Candidate(row[0], row[1] or "", row[2], bool(row[3])) for row in db.execute(query))


def counting() -> ColumnElement[bool]:
    """Of a report: it is settled that it counts, and it was not withdrawn."""
    r = s.report.c
    return and_(r.counted, r.withdrawn_at.is_(None))


def counts(db: Connection, report_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the report that a row is of counts, for rows of nearly all reports: they are gone through once.

    SQLite is twice as quick where the few others are left out; PostgreSQL would go through these for each
    row as soon as they are too many for its memory.
    """
    r = s.report.c
    if db.dialect.name == "sqlite":
        return report_id.not_in(select(r.report_id).where(or_(~r.counted, r.withdrawn_at.is_not(None))))
    return report_id.in_(select(r.report_id).where(counting()))


def _read_by_people() -> ColumnElement[bool]:
    """Of a report: it is a final one that no program could read, and a coder decided on it."""
    r, d = s.report.c, s.decision.c
    decided = exists().where(d.report_id == r.report_id, d.role != "trainee", stands())
    return and_(r.verdict == str(VerdictKind.REFUSED), r.kind == str(ReportKind.FINAL), decided)


def settled(db: Connection) -> list[Arrived]:
    """The reports that count as it was settled, in the order of arrival: read off an index."""
    r = s.report.c
    return [
        (row[0], row[1])
        for row in db.execute(select(r.sequence, r.report_id).where(counting()).order_by(r.sequence))
    ]


@dataclass(frozen=True, slots=True)
class ReadByPeople:
    """A final report that people alone could read, and decided on. `answered`: another of its group is
    settled as counting; `chosen`: a person said that it is the one that counts."""

    sequence: int
    report_id: str
    group_id: str
    answered: bool
    chosen: bool


def read_by_people(db: Connection) -> tuple[ReadByPeople, ...]:
    """Of the reports that are not settled as counting those that people alone could read, and decided on, in
    the order of arrival; no withdrawn ones."""
    r, other = s.report.c, s.report.alias("other").c
    same_group = exists().where(other.group_id == r.group_id, other.counted, other.withdrawn_at.is_(None))
    answered = and_(r.group_id != "", same_group)
    query = select(r.sequence, r.report_id, r.group_id, answered, r.chosen).where(
        r.withdrawn_at.is_(None), ~r.counted, _read_by_people()
    )
    rows = db.execute(query.order_by(r.sequence))
    return tuple(ReadByPeople(row[0], row[1], row[2] or "", bool(row[3]), bool(row[4])) for row in rows)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """How many documents that do not count are alike in what tells why. `other_chosen`: a person said which
    report of their groups counts."""

    number: int
    withdrawn: bool
    verdict: VerdictKind
    kind: ReportKind
    settled: bool
    other_chosen: bool


def passed_over(db: Connection, chosen: Collection[str]) -> Iterator[PassedOver]:
    """The documents that do not count, alike ones together; without erased ones and those that people read.
    `chosen`: groups of which one of the latter was chosen and counts."""
    r, other = s.report.c, s.report.alias("other").c
    choices = select(other.group_id).where(
        other.chosen, other.counted, other.withdrawn_at.is_(None), other.group_id.not_in(("",))
    )
    other_chosen = or_(r.group_id.in_(choices), r.group_id.in_(list(chosen)))
    left_out = or_(r.verdict == "erased", and_(r.withdrawn_at.is_(None), _read_by_people()))
    each = (
        select(r.withdrawn_at.is_not(None).label("gone"), r.verdict, r.kind, r.settled)
        .add_columns(func.coalesce(other_chosen, false()).label("other_chosen"))
        .where(or_(~r.counted, r.withdrawn_at.is_not(None)), ~left_out)
        .subquery()
    )
    for number, gone, verdict, kind, *rest in db.execute(select(func.count(), *each.c).group_by(*each.c)):
        yield PassedOver(number, bool(gone), VERDICTS[verdict], KINDS[kind], *map(bool, rest))


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
