"""Repository of what agreement is computed from: decisions without their quotes, and raters' opinions."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from ctg_nlp.records import Answer, Decision
from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands


def bare_decisions(db: Connection) -> Iterator[Decision]:
    """Decisions that stand on reports that were not withdrawn, oldest first, without quotes and notes."""
    d = s.decision.c
    kept = (
        d.report_id, d.dimension, d.code, d.answer, d.coder, d.time, d.framework_id, d.value, d.role,
        d.import_id, d.sequence, d.act_id, d.suggested,
    )  # fmt: skip
    query = (
        select(*kept)
        .join(s.report, s.report.c.report_id == d.report_id)
        .where(stands(), s.report.c.withdrawn_at.is_(None))
        .order_by(d.sequence)
    )
    answers = {str(a): a for a in Answer}
    for r in db.execute(query):
        report_id, dimension, code, answer, coder, time, framework_id, value, role, *rest = r
        import_id, sequence, act_id, suggested = rest
        yield Decision(
            report_id, dimension, code, answers[answer], coder, time, framework_id, value, (), "", role,
            import_id or "", sequence, act_id or "", suggested,
        )  # fmt: skip


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
