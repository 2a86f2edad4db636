"""Repository of decisions as rows for datasets: a million of them are read some reports at a time, so that
memory stays flat."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, and_, cast, func, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands

Spans = tuple[tuple[int, int | None, int | None], ...]
Quotes = tuple[tuple[str, Spans], ...]
"""Quotes as given, each with where it was found: (page, start, end); None where that is not given out."""


class DecisionRow(NamedTuple):
    """A decision with what was in view when it was made. `value` and `quoted` are plain values; `model_id` is
    None where no act on the review page made it, and empty where the page showed no suggestions; `score` and
    `threshold` are what that model says of the code."""

    sequence: int
    report_id: str
    dimension: str
    code: str | None
    answer: str
    value: int | str | None
    quotes: Quotes
    note: str
    coder: str
    role: str
    time: str
    framework_id: str
    import_id: str | None
    act_id: str | None
    suggested: bool | None
    model_id: str | None
    seconds: float | None
    reason: str
    score: float | None
    threshold: float | None


def decision_rows(
    db: Connection, report_ids: Sequence[str], sequences: Collection[int] | None = None
) -> Iterator[DecisionRow]:
    """The decisions that stand on some reports (at most some hundreds), oldest first; or, with `sequences`,
    those numbers of them, whether they stand now or not."""
    d, a, g = s.decision.c, s.act.c, s.suggestion.c
    columns = (
        d.sequence, d.report_id, d.dimension, d.code, d.answer, cast(s.decision.c["value"], Text),
        cast(d.quotes, Text), d.note, d.coder, d.role, d.time, d.framework_id, d.import_id, d.act_id,
        d.suggested, a.model_id, a.seconds, func.coalesce(a.reason, ""), g.score, g.threshold,
    )  # fmt: skip
    in_view = and_(
        g.report_id == d.report_id, g.model_id == a.model_id, g.framework_id == d.framework_id,
        g.dimension == d.dimension, g.code == func.coalesce(d.code, ""),
    )  # fmt: skip
    joined = s.decision.outerjoin(s.act, a.act_id == d.act_id).outerjoin(s.suggestion, in_view)
    query = select(*columns).select_from(joined).where(d.report_id.in_(report_ids)).order_by(d.sequence)
    if sequences is None:
        query = query.where(stands())
    spans = _spans(db, report_ids)
    for row in db.execute(query):
        if sequences is None or row[0] in sequences:
            yield _row(row, spans)


def _row(row: Any, spans: dict[int, dict[int, Spans]]) -> DecisionRow:
    value = None if row[5] in (None, "null") else json.loads(row[5])
    quotes: Quotes = ()
    if row[6] != "[]":
        found = spans.get(row[0], {})
        quotes = tuple((quote, found.get(n, ())) for n, quote in enumerate(json.loads(row[6])))
    return DecisionRow._make((*row[:5], value, quotes, *row[7:]))


def _spans(db: Connection, report_ids: Sequence[str]) -> dict[int, dict[int, Spans]]:
    d, a = s.decision.c, s.anchor.c
    query = select(a.sequence, a.quote, cast(a.spans, Text)).select_from(
        s.anchor.join(s.decision, d.sequence == a.sequence)
    )
    found: dict[int, dict[int, Spans]] = {}
    for sequence, quote, spans in db.execute(query.where(d.report_id.in_(report_ids))):
        found.setdefault(sequence, {})[quote] = tuple(tuple(x) for x in json.loads(spans))
    return found


def withdrawn_reports(db: Connection) -> int:
    """How many reports were withdrawn: what was decided on them is in no dataset."""
    query = select(func.count()).select_from(s.report).where(s.report.c.withdrawn_at.is_not(None))
    return int(db.execute(query).scalar_one())


def coders(db: Connection) -> tuple[str, ...]:
    """Everybody who decided anything, in order of their names."""
    return tuple(db.execute(select(s.decision.c.coder).distinct().order_by(s.decision.c.coder)).scalars())
