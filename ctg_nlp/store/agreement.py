"""Repository of what agreement is computed from: decisions without their quotes, and raters' opinions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, cast, func, select

from ctg_nlp.records import Answer, Decision
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands

_AT_A_TIME = 5000  # rows that are in memory before they are taken
_ANSWERS = {str(a): a for a in Answer}


class BareDecision(NamedTuple):
    """A decision without its quotes and note, as it is stored; the value is text in JSON."""

    report_id: str
    dimension: str
    code: str | None
    answer: str
    coder: str
    time: str
    framework_id: str
    value: str | None
    role: str
    import_id: str | None
    sequence: int
    act_id: str | None
    suggested: bool | None


def decision_of(row: BareDecision) -> Decision:
    """The same as a decision without quotes and note."""
    value = None if row.value in (None, "null") else json.loads(row.value)
    return Decision(
        row.report_id, row.dimension, row.code, _ANSWERS[row.answer], row.coder, row.time, row.framework_id,
        value, (), "", row.role, row.import_id or "", row.sequence, row.act_id or "", row.suggested,
    )  # fmt: skip


def bare_decisions(db: Connection) -> Iterator[Decision]:
    """Decisions that stand on reports that were not withdrawn, oldest first, without quotes and notes."""
    return map(decision_of, _rows(db, s.decision.c.sequence))


def by_report(db: Connection) -> Iterator[tuple[BareDecision, ...]]:
    """The decisions that stand on each report that was not withdrawn, in no order. Those of few reports are
    in memory at a time."""
    for _, mine in groupby(_rows(db, s.decision.c.report_id), key=itemgetter(0)):
        yield tuple(mine)


def _rows(db: Connection, order: ColumnElement[int] | ColumnElement[str]) -> Iterator[BareDecision]:
    """The decisions that stand on reports that were not withdrawn, in an order, read as they are taken."""
    d, r = s.decision.c, s.report.c
    withdrawn = select(r.report_id).where(r.withdrawn_at.is_not(None))
    query = select(*(cast(d.value, Text) if n == "value" else d[n] for n in BareDecision._fields))
    query = query.where(stands(), d.report_id.not_in(withdrawn)).order_by(order)
    return map(BareDecision._make, db.execute(query.execution_options(yield_per=_AT_A_TIME)))


def assisted_acts(db: Connection) -> frozenset[str]:
    """The ids of acts in which suggestions were in view."""
    return frozenset(db.execute(select(s.act.c.act_id).where(s.act.c.model_id != "")).scalars())


def opinions(
    db: Connection, model_id: str, framework_id: str
) -> Iterator[tuple[str, str, str, bool, list[tuple[str, bool]]]]:
    """Of a model's suggestions on codes: report id, dimension, code, whether it is suggested, and for each
    rater that spoke its name and whether it would suggest it."""
    t = s.suggestion.c
    query = select(t.report_id, t.dimension, t.code, t.suggested, t.opinions).where(
        t.model_id == model_id, t.framework_id == framework_id, t.code != ""
    )
    for report_id, dimension, code, suggested, said in db.execute(query):
        yield report_id, dimension, code, suggested, [(rater, bool(says)) for rater, _, says in said]


def state(db: Connection) -> tuple[int | str, ...]:
    """Values that change when decisions, what stands of them, withdrawals, assignments or locks do."""
    d = s.decision.c
    count, last = db.execute(select(func.count(), func.max(d.sequence)).where(stands())).one()
    w = s.report.c.withdrawn_at
    withdrawn, when = db.execute(select(func.count(w), func.max(w))).one()
    a = s.assignment.c
    given, locked = db.execute(select(func.count(), func.count(a.locked_at)).select_from(s.assignment)).one()
    sampled = db.execute(select(func.count()).select_from(s.audit_unit)).scalar_one()
    numbers = (count, last or 0, withdrawn, given, locked, sampled)
    return str(when), *(int(n) for n in numbers)
