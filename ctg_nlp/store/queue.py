"""Repository of tallies, and the queries of the queue: each answers from an index, whatever the number of
reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, insert, select, update

from ctg_nlp.records import Tally
from ctg_nlp.store import schema as s
from ctg_nlp.store.counting import counts
from ctg_nlp.store.decisions import stands
from ctg_nlp.store.independence import coded_blind


def put_tally(db: Connection, tally: Tally) -> None:
    """Store what is left to do in a report, or replace it."""
    values = {name: getattr(tally, name) for name in Tally.__dataclass_fields__}
    values["open_dimensions"] = "".join(f" {d} " for d in tally.open_dimensions)
    t = s.tally
    key = (t.c.report_id == tally.report_id) & (t.c.framework_id == tally.framework_id)
    if db.execute(update(t).where(key).values(**values)).rowcount == 0:
        db.execute(insert(t).values(**values))


def tally_of(db: Connection, report_id: str, framework_id: str) -> Tally | None:
    """What was stored as left to do in a report, or None."""
    t = s.tally
    key = (t.c.report_id == report_id) & (t.c.framework_id == framework_id)
    row = db.execute(select(t).where(key)).mappings().first()
    return None if row is None else Tally(**{**row, "open_dimensions": tuple(row["open_dimensions"].split())})


def without_tally(db: Connection, framework_id: str) -> tuple[str, ...]:
    """The ids of readable or decided reports that have no tally under this framework."""
    r, t = s.report.c, s.tally.c
    none = r.verdict.in_(("erased", "failed"))
    known = t.framework_id == framework_id
    wanted = select(func.count()).where(~none)
    with_one = select(func.count()).where(known, t.report_id.not_in(select(r.report_id).where(none)))
    counts = db.execute(select(wanted.scalar_subquery(), with_one.scalar_subquery())).one()
    if counts[0] == counts[1]:
        return ()  # as nearly always, and counted far sooner than each report is looked up
    query = select(r.report_id).where(~none, r.report_id.not_in(select(t.report_id).where(known)))
    return tuple(db.execute(query.order_by(r.sequence)).scalars())


def scores(
    db: Connection, report_id: str, model_id: str, framework_id: str
) -> tuple[tuple[str, str, float], ...]:
    """(dimension, code, score) of the suggestions of one model for one report."""
    t = s.suggestion
    query = select(t.c.dimension, t.c.code, t.c.score).where(
        t.c.report_id == report_id, t.c.model_id == model_id, t.c.framework_id == framework_id
    )
    return tuple((r.dimension, r.code, r.score) for r in db.execute(query))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports of the queue are meant. `state`: "todo", "begun", "done" or "all". An empty text does
    not narrow. `dimension`: only reports in which it is open."""

    state: str = "todo"
    group: str = ""
    cohort: str = ""
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue. `uncertainty` is in bits; of the queue of one code, `score` is its score."""

    report_id: str
    name: str
    group_id: str
    cohort: str
    pages: int
    warnings: str
    codes: int
    open: int
    conflicts: int
    uncertainty: float
    decided_at: str
    score: float | None = None
    suggested: bool | None = None


_COHORT: ColumnElement[str] = func.coalesce(func.nullif(s.report_group.c.cohort, ""), s.report.c.cohort_said)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of a queue: so many, after so many; some left out, or only some taken."""

    limit: int
    offset: int = 0
    without: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None

    def of(self, query: Select[Any]) -> Select[Any]:
        """The query for that part."""
        r = s.report.c.report_id
        if self.without:
            query = query.where(r.not_in(self.without))
        if self.only is not None:
            query = query.where(r.in_(self.only))
        return query.limit(self.limit).offset(self.offset)


def waiting(db: Connection, framework_id: str, wanted: Wanted, choice: Choice) -> tuple[Waiting, ...]:
    """Reports of the queue, most uncertain first."""
    order = (s.tally.c.uncertainty.desc(), s.report.c.sequence)
    chosen = choice.of(_among(select(s.tally.c.report_id), framework_id, wanted).order_by(*order)).subquery()
    query = _shown(framework_id).join(chosen, chosen.c.report_id == s.report.c.report_id).order_by(*order)
    return tuple(Waiting(*row) for row in db.execute(query))


def waiting_for_code(
    db: Connection,
    made_by: tuple[str, str],
    code: tuple[str, str],
    wanted: Wanted,
    state: str,
    choice: Choice,
) -> tuple[Waiting, ...]:
    """Reports in which one code is to do (or done, by `state`), those first whose score is nearest its
    threshold.

    `made_by` is (framework id, model id), `code` (dimension, code); the code is "" for a value. Where scores
    are as near, the order is arbitrary but stays: that of the index, so that nothing has to be sorted.
    """
    t = s.suggestion.c
    near = func.abs(t.score - t.threshold).label("near")
    found = (
        _among(select(t.report_id, t.score, t.suggested, near), made_by[0], wanted)
        .join(s.suggestion, t.report_id == s.report.c.report_id)
        .where(_of_code(made_by, code), *_code_state(code, state))
        .order_by(near, t.report_id)
    )
    chosen = choice.of(found).subquery()
    query = (
        _shown(made_by[0])
        .add_columns(chosen.c.score, chosen.c.suggested)
        .join(chosen, chosen.c.report_id == s.report.c.report_id)
        .order_by(chosen.c.near, chosen.c.report_id)
    )
    return tuple(Waiting(*row) for row in db.execute(query))


def _of_code(made_by: tuple[str, str], code: tuple[str, str]) -> ColumnElement[bool]:
    t = s.suggestion.c
    return and_(
        t.framework_id == made_by[0], t.model_id == made_by[1], t.dimension == code[0], t.code == code[1]
    )


def _code_state(code: tuple[str, str], state: str) -> list[ColumnElement[bool]]:
    d = s.decision.c
    named = d.code == code[1] if code[1] else d.code.is_(None)
    mine = d.report_id == s.report.c.report_id  # asked for each report on the page rather than for all
    decided = select(d.report_id).where(mine, d.dimension == code[0], named, d.answer != "unsure", stands())
    found = decided.correlate(s.report).exists()
    states: dict[str, list[ColumnElement[bool]]] = {"all": [], "done": [found]}
    return states.get(state, [~found])


def _among(query: Select[Any], framework_id: str, wanted: Wanted) -> Select[Any]:
    """A query over the reports of the queue that are meant: what it reads of them is in indices, but for the
    filters by cohort and dimension."""
    r, t = s.report.c, s.tally.c
    query = query.select_from(s.report).join(
        s.tally, (t.report_id == r.report_id) & (t.framework_id == framework_id)
    )
    if wanted.cohort:
        query = query.outerjoin(s.report_group, s.report_group.c.group_id == r.group_id)
    return query.where(r.counted, r.withdrawn_at.is_(None), *_narrowed(wanted))


def _shown(framework_id: str) -> Select[Any]:
    """What a line of the queue shows, of reports that the caller chooses."""
    r, t = s.report.c, s.tally.c
    return (
        select(
            r.report_id, r.name, func.coalesce(r.group_id, ""), func.coalesce(_COHORT, ""), r.pages,
            r.warnings,
            t.codes, t.open, t.conflicts, t.uncertainty, t.decided_at,
        )
        .join(s.tally, (t.report_id == r.report_id) & (t.framework_id == framework_id))
        .outerjoin(s.report_group, s.report_group.c.group_id == r.group_id)
    )  # fmt: skip


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    r, t = s.report.c, s.tally.c
    found: list[ColumnElement[bool]] = []
    if wanted.group:
        found.append(r.group_id == wanted.group)
    if wanted.cohort:
        found.append(_COHORT.in_([wanted.cohort]))
    if wanted.dimension:
        found.append(t.open_dimensions.contains(f" {wanted.dimension} ", autoescape=True))
    return found + _STATES[wanted.state]


_STATES: dict[str, list[ColumnElement[bool]]] = {
    "todo": [s.tally.c.open > 0],
    "begun": [s.tally.c.open > 0, s.tally.c.decided_at != ""],
    "done": [s.tally.c.open == 0],
    "all": [],
}


def not_wholly_decided(db: Connection, report_ids: Sequence[str]) -> tuple[str, ...]:
    """The names of those reports in which a code of the map is open or in conflict."""
    t, r = s.tally.c, s.report.c
    query = select(r.name).join(s.tally, t.report_id == r.report_id)
    query = query.where(r.report_id.in_(list(report_ids)), (t.open > 0) | (t.conflicts > 0)).distinct()
    return tuple(db.execute(query.order_by(r.name)).scalars())


def in_conflict(db: Connection, framework_id: str, *, limit: int, offset: int = 0) -> tuple[str, ...]:
    """The ids of reports that count on which coders disagree and that nobody codes blind any more, in the
    order of arrival."""
    t, r = s.tally.c, s.report.c
    query = (
        select(t.report_id)
        .join(s.report, r.report_id == t.report_id)
        .where(t.framework_id == framework_id, t.conflicts > 0, r.counted, r.withdrawn_at.is_(None))
        .where(t.report_id.not_in(coded_blind()))
        .order_by(r.sequence)
    )
    return tuple(db.execute(query.limit(limit).offset(offset)).scalars())


@dataclass(frozen=True, slots=True)
class Left:
    """What is left in the whole queue: reports in all, done, begun, and with conflicts; codes open of all."""

    reports: int
    done: int
    begun: int
    conflicts: int
    codes: int
    open: int


def left(db: Connection, framework_id: str, only: Collection[str] | None = None) -> Left:
    """What is left to do, over the reports that count, or over those of them in `only`."""
    t = s.tally.c
    query = (
        select(
            func.count(),
            _how_many(t.open == 0),
            _how_many((t.open > 0) & (t.decided_at != "")),
            _how_many(t.conflicts > 0),
            func.coalesce(func.sum(t.codes), 0),
            func.coalesce(func.sum(t.open), 0),
        )
        .select_from(s.tally)
        .where(t.framework_id == framework_id, counts(db, t.report_id))
    )
    if only is not None:
        query = query.where(t.report_id.in_(list(only)))
    return Left(*(int(v) for v in db.execute(query).one()))


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
