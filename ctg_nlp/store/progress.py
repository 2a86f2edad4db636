"""Repository of figures on the coders' work, counted by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, case, func, literal_column, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.counting import counts
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
    t = s.tally.c
    query = select(t.open_dimensions, func.count()).where(
        _in_order_of_the_table(t.framework_id) == framework_id, counts(db, t.report_id)
    )
    found: Counter[str] = Counter()
    for dimensions, reports in db.execute(query.group_by(t.open_dimensions)):
        for dimension in dimensions.split():
            found[dimension] += reports
    return dict(found)


def work_of_coders(db: Connection) -> tuple[CoderWork, ...]:
    """What each coder did, by name."""
    d, a = s.decision.c, s.act.c
    query = select(d.coder, func.count(), func.count(d.act_id), func.max(d.time)).where(stands())
    given = db.execute(query.group_by(d.coder).order_by(d.coder)).all()
    reports = {row[0]: row[1] for row in _reports_by(db, d.coder)}
    times = select(a.coder, func.sum(a.seconds)).where(a.undone_at.is_(None)).group_by(a.coder)
    seconds = {row[0]: row[1] for row in db.execute(times)}
    return tuple(
        CoderWork(coder, reports.get(coder, 0), decisions, timed, float(seconds.get(coder, 0.0)), last)
        for coder, decisions, timed, last in given
    )


def decided_by_coder(db: Connection) -> dict[tuple[str, str], int]:
    """For each coder and dimension the number of reports in which they decided anything."""
    d = s.decision.c
    return {(row[0], row[1]): row[2] for row in _reports_by(db, d.coder, d.dimension)}


def _reports_by(db: Connection, *by: Column[Any]) -> Iterator[Row[Any]]:
    """In how many reports there are decisions that stand, for each value of some columns. Which these are is
    made out first: to group all decisions, SQLite would sort them."""
    each = select(s.decision.c.report_id, *by).where(stands()).distinct().subquery()
    columns = [each.c[column.name] for column in by]
    yield from db.execute(select(*columns, func.count()).group_by(*columns))


def overrides(db: Connection) -> tuple[Overrides, ...]:
    """Of each code that was answered with its suggestion in view, how often the coder said otherwise."""
    d = s.decision.c
    dimension = _in_order_of_the_table(d.dimension)
    query = (
        select(
            dimension,
            d.code,
            func.count(),
            _how_many(d.suggested.is_(False) & (d.answer == "present")),
            _how_many(d.suggested.is_(True) & (d.answer == "absent")),
        )
        .where(d.suggested.is_not(None), d.code.is_not(None), d.answer != "unsure", stands())
        .group_by(dimension, d.code)
    )
    return tuple(Overrides(*row) for row in db.execute(query))


def _in_order_of_the_table(column: ColumnElement[str]) -> ColumnElement[str]:
    """A text as it is, of which no index is known: where every row is wanted, SQLite would follow the index
    and look up each row by itself, which takes several times as long as to go through the table."""
    return column.concat(literal_column("''"))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
