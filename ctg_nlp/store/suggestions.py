"""Repository of frameworks and suggestions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, func, insert, select

from ctg_nlp.records import Suggestion
from ctg_nlp.store import schema as s
from ctg_nlp.store.packing import (
    evidence_from_json,
    evidence_to_json,
    opinions_from_json,
    opinions_to_json,
)

_AT_A_TIME = 5000  # rows that are in memory before they are taken


def put_framework(db: Connection, framework_id: str, source: str, now: str) -> None:
    """Keep the text of a framework under its id, so that decisions can always be read by it."""
    known = db.execute(select(s.framework.c.framework_id).where(s.framework.c.framework_id == framework_id))
    if known.first() is None:
        db.execute(insert(s.framework).values(framework_id=framework_id, source=source, stored_at=now))


def framework_source(db: Connection, framework_id: str) -> str | None:
    """The text of a framework that was kept, or None."""
    t = s.framework.c
    return db.execute(select(t.source).where(t.framework_id == framework_id)).scalar_one_or_none()


def framework_ids(db: Connection) -> tuple[str, ...]:
    """The ids of all frameworks whose text is kept."""
    return tuple(db.execute(select(s.framework.c.framework_id).order_by(s.framework.c.stored_at)).scalars())


def put_suggestions(
    db: Connection, report_id: str, model_id: str, framework_id: str, suggestions: Sequence[Suggestion]
) -> None:
    """Make these all suggestions that a model has for a report under a framework."""
    t = s.suggestion
    db.execute(
        delete(t).where(
            t.c.report_id == report_id, t.c.model_id == model_id, t.c.framework_id == framework_id
        )
    )
    rows = [
        {
            "report_id": report_id,
            "model_id": model_id,
            "framework_id": framework_id,
            "dimension": x.dimension,
            "code": x.code or "",
            "score": x.score,
            "threshold": x.threshold,
            "suggested": x.suggested,
            "value": x.value,
            "evidence": evidence_to_json(x.evidence),
            "held_back": evidence_to_json(x.held_back),
            "opinions": opinions_to_json(x.opinions),
        }
        for x in suggestions
    ]
    if rows:
        db.execute(insert(t), rows)


def suggestions(
    db: Connection,
    model_id: str,
    framework_id: str,
    report_id: str | None = None,
    dimension: str | None = None,
    code: str | None = None,
) -> Iterator[Suggestion]:
    """Suggestions of one model under one framework in the order of arrival: of all reports or one, of all
    dimensions or one, of all codes ("" for a value) or one."""
    t = s.suggestion
    query = (
        select(t)
        .join(s.report, s.report.c.report_id == t.c.report_id)
        .where(t.c.model_id == model_id, t.c.framework_id == framework_id)
        .order_by(s.report.c.sequence, t.c.dimension, t.c.code)
    )
    for column, wanted in ((t.c.report_id, report_id), (t.c.dimension, dimension), (t.c.code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    for r in db.execute(query.execution_options(yield_per=_AT_A_TIME)):
        yield Suggestion(
            report_id=r.report_id,
            dimension=r.dimension,
            code=r.code or None,
            score=r.score,
            threshold=r.threshold,
            suggested=r.suggested,
            model_id=r.model_id,
            framework_id=r.framework_id,
            value=r.value,
            evidence=evidence_from_json(r.evidence),
            held_back=evidence_from_json(r.held_back),
            opinions=opinions_from_json(r.opinions),
        )


def counted_suggestions(db: Connection, model_id: str, framework_id: str) -> Iterator[Suggestion]:
    """The suggestions of one model without their evidence, in no order: what counting them needs."""
    c = s.suggestion.c
    query = select(c.report_id, c.dimension, c.code, c.score, c.threshold, c.suggested, c.value)
    query = query.where(c.model_id == model_id, c.framework_id == framework_id)
    for r in db.execute(query.execution_options(yield_per=_AT_A_TIME)):
        yield Suggestion(
            r.report_id, r.dimension, r.code or None, r.score, r.threshold, r.suggested, model_id,
            framework_id, r.value, (),
        )  # fmt: skip


def put_proposed(
    db: Connection, report_id: str, model_id: str, framework_id: str, extractor: str, now: str
) -> None:
    """Note that this model has proposed for this reading of the report."""
    t = s.proposed
    key = (t.c.report_id == report_id) & (t.c.model_id == model_id) & (t.c.framework_id == framework_id)
    db.execute(delete(t).where(key))
    db.execute(
        insert(t).values(
            report_id=report_id,
            model_id=model_id,
            framework_id=framework_id,
            extractor=extractor,
            done_at=now,
        )
    )


def proposed(db: Connection, model_id: str, framework_id: str) -> dict[str, str]:
    """Report ids that this model has proposed for under this framework, with the extractor's version."""
    t = s.proposed
    query = select(t.c.report_id, t.c.extractor).where(
        t.c.model_id == model_id, t.c.framework_id == framework_id
    )
    return {r.report_id: r.extractor for r in db.execute(query)}


def suggested_codes(
    db: Connection, report_id: str, model_id: str, framework_id: str, dimension: str
) -> dict[str, bool]:
    """Whether each code of a dimension ("" for its value) is suggested by a model for a report."""
    t = s.suggestion.c
    query = select(t.code, t.suggested).where(
        t.report_id == report_id,
        t.model_id == model_id,
        t.framework_id == framework_id,
        t.dimension == dimension,
    )
    return {r.code: r.suggested for r in db.execute(query)}


def last_model(db: Connection, framework_id: str, report_id: str | None = None) -> str | None:
    """The model that proposed last under this framework (for that report), or None where none has."""
    t = s.proposed
    of_report = () if report_id is None else (t.c.report_id == report_id,)
    query = (
        select(t.c.model_id)
        .where(t.c.framework_id == framework_id, *of_report)
        .group_by(t.c.model_id)
        .order_by(func.max(t.c.done_at).desc(), t.c.model_id)
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none()
