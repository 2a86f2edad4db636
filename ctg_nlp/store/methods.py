"""Repository of what a methods appendix tells: how reports were read, and how decisions were made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ctg_nlp.records import VerdictKind
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands
from ctg_nlp.store.reports import VERDICTS


@dataclass(frozen=True, slots=True)
class RoleWork:
    """What the people of one role decided: how many they are, their decisions, on how many reports."""

    role: str
    people: int
    decisions: int
    reports: int


def work_by_role(db: Connection) -> tuple[RoleWork, ...]:
    """The work of each role, by decisions that stand on reports that were not withdrawn."""
    d = s.decision.c
    query = (
        select(d.role, func.count(d.coder.distinct()), func.count(), func.count(d.report_id.distinct()))
        .join(s.report, s.report.c.report_id == d.report_id)
        .where(stands(), s.report.c.withdrawn_at.is_(None))
        .group_by(d.role)
        .order_by(d.role)
    )
    return tuple(RoleWork(*row) for row in db.execute(query))


def imported_decisions(db: Connection) -> int:
    """How many decisions that stand came in files."""
    d = s.decision.c
    return int(db.execute(select(func.count()).where(stands(), d.import_id.is_not(None))).scalar_one())


def seconds_of_acts(db: Connection) -> tuple[float, ...]:
    """The time that each act on the review page took, undone ones and those without a time left out."""
    a = s.act.c
    query = select(a.seconds).where(a.undone_at.is_(None), a.seconds > 0).order_by(a.seconds)
    return tuple(db.execute(query).scalars())


def adjudications(db: Connection) -> dict[str, int]:
    """How many acts of adjudication stand, by their reason."""
    a = s.act.c
    query = select(a.reason, func.count()).where(a.reason != "", a.undone_at.is_(None)).group_by(a.reason)
    return {row[0]: row[1] for row in db.execute(query)}


def pages_by_source(db: Connection) -> Counter[str]:
    """How many pages of reports that count were read from the text layer ("text"), from their picture
    ("ocr"), or not at all ("none")."""
    p, r = s.page.c, s.report.c
    query = (
        select(p.source, func.count())
        .join(s.report, r.report_id == p.report_id)
        .where(r.counted, r.withdrawn_at.is_(None))
        .group_by(p.source)
    )
    return Counter({row[0]: row[1] for row in db.execute(query)})


def extractors(db: Connection) -> tuple[str, ...]:
    """The programs, with versions, by which reports that count were read."""
    r = s.report.c
    query = select(r.extractor).where(r.counted, r.withdrawn_at.is_(None), r.extractor != "").distinct()
    return tuple(sorted(db.execute(query).scalars()))


def proposing_models(db: Connection, framework_id: str) -> tuple[tuple[str, int], ...]:
    """Each model that proposed under a framework with the number of reports, the last one last."""
    p = s.proposed.c
    query = (
        select(p.model_id, func.count())
        .where(p.framework_id == framework_id)
        .group_by(p.model_id)
        .order_by(func.max(p.done_at), p.model_id)
    )
    return tuple((row[0], row[1]) for row in db.execute(query))


@dataclass(frozen=True, slots=True)
class Received:
    """How many documents intake said the same of, with its cause, and whether they were withdrawn since."""

    verdict: VerdictKind
    cause: str
    withdrawn: bool
    number: int


def received(db: Connection) -> tuple[Received, ...]:
    """All documents by what intake said of them, erased ones left out."""
    r = s.report.c
    alike = select(r.verdict, r.cause, r.withdrawn_at.is_not(None).label("gone"))
    each = alike.where(r.verdict != "erased").subquery()
    rows = db.execute(select(*each.c, func.count()).group_by(*each.c))
    return tuple(Received(VERDICTS[row[0]], row[1], bool(row[2]), row[3]) for row in rows)


def erasures(db: Connection) -> int:
    """How many reports were erased for good."""
    return int(db.execute(select(func.count()).select_from(s.erasure)).scalar_one())
