"""Repository of figures on the coders' work, counted by the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, func, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands


@dataclass(frozen=True, slots=True)
class CoderWork:
    """What one coder did. `seconds` is the time on the review page, and `timed` the decisions made in it;
    `decisions` are all, imported ones too."""

    coder: str
    reports: int
    decisions: int
    timed: int
    seconds: float
    last: str

    @property
    def per_hour(self) -> float | None:
        """Decisions an hour of time on the review page, or None where there was none."""
        return self.timed / self.seconds * 3600 if self.seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Overrides:
    """Of one code: answers given where it was suggested or not, by what the coder said. `added` is present
    without a suggestion, `taken_away` absent in spite of one."""

    dimension: str
    code: str
    shown: int
    added: int
    taken_away: int


def open_reports_by_dimension(db: Connection, framework_id: str) -> dict[str, int]:
    """For each dimension of the map the number of reports that count in which it is open."""
    query = (
        select(s.tally.c.open_dimensions, func.count())
        .join(s.report, s.report.c.report_id == s.tally.c.report_id)
        .where(s.tally.c.framework_id == framework_id, s.report.c.counted, s.report.c.withdrawn_at.is_(None))
        .group_by(s.tally.c.open_dimensions)
    )
    found: Counter[str] = Counter()
    for dimensions, reports in db.execute(query):
        for dimension in dimensions.split():
            found[dimension] += reports
    return dict(found)


def work_of_coders(db: Connection) -> tuple[CoderWork, ...]:
    """What each coder did, by name."""
    d = s.decision.c
    given = db.execute(
        select(
            d.coder,
            func.count(d.report_id.distinct()),
            func.count(),
            _how_many(d.act_id.is_not(None)),
            func.max(d.time),
        )
        .where(stands())
        .group_by(d.coder)
        .order_by(d.coder)
    ).all()
    a = s.act.c
    times = select(a.coder, func.sum(a.seconds)).where(a.undone_at.is_(None)).group_by(a.coder)
    seconds = {row[0]: row[1] for row in db.execute(times)}
    return tuple(
        CoderWork(coder, reports, decisions, timed, float(seconds.get(coder, 0.0)), last)
        for coder, reports, decisions, timed, last in given
    )


def decided_by_coder(db: Connection) -> dict[tuple[str, str], int]:
    """For each coder and dimension the number of reports in which they decided anything."""
    d = s.decision.c
    query = select(d.coder, d.dimension, func.count(d.report_id.distinct())).where(stands())
    return {(r[0], r[1]): r[2] for r in db.execute(query.group_by(d.coder, d.dimension))}


def overrides(db: Connection) -> tuple[Overrides, ...]:
    """Of each code that was answered with its suggestion in view, how often the coder said otherwise."""
    d = s.decision.c
    query = (
        select(
            d.dimension,
            d.code,
            func.count(),
            _how_many(d.suggested.is_(False) & (d.answer == "present")),
            _how_many(d.suggested.is_(True) & (d.answer == "absent")),
        )
        .where(d.suggested.is_not(None), d.code.is_not(None), d.answer != "unsure", stands())
        .group_by(d.dimension, d.code)
    )
    return tuple(Overrides(*row) for row in db.execute(query))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
