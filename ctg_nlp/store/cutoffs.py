"""Repository of cut-offs, and of the scores that orders of the queue are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from ctg_nlp.store import schema as s
from ctg_nlp.store.decisions import stands


@dataclass(frozen=True, slots=True)
class RecordedCutOff:
    """How far one row's queue was worked under a model: in the order `worked`, up to the key `score` and the
    report that had it last."""

    model_id: str
    framework_id: str
    dimension: str
    code: str
    worked: str
    score: float
    report_id: str
    recorded_at: str


def add_cut_offs(db: Connection, found: Sequence[RecordedCutOff]) -> int:
    """Keep cut-offs that differ from those recorded last. Returns how many those were."""
    if not found:
        return 0
    known = {_key(c): _place(c) for c in cut_offs(db, found[0].framework_id)}
    new = [c for c in found if known.get(_key(c)) != _place(c)]
    if new:
        rows = [{n: getattr(c, n) for n in RecordedCutOff.__slots__} for c in new]
        db.execute(insert(s.cutoff), rows)
    return len(new)


def cut_offs(db: Connection, framework_id: str) -> tuple[RecordedCutOff, ...]:
    """All cut-offs of a framework, in the order in which they were recorded."""
    t = s.cutoff
    query = select(t).where(t.c.framework_id == framework_id).order_by(t.c.sequence)
    names = tuple(RecordedCutOff.__slots__)
    return tuple(RecordedCutOff(*(getattr(r, n) for n in names)) for r in db.execute(query))


def _key(c: RecordedCutOff) -> tuple[str, str, str]:
    return c.model_id, c.dimension, c.code


def _place(c: RecordedCutOff) -> tuple[str, float, str]:
    return c.worked, c.score, c.report_id


Scored = tuple[str, str, str, float, float, bool]


def scored_codes(
    db: Connection, model_id: str, framework_id: str, dimensions: Sequence[str]
) -> Iterator[Scored]:
    """(report id, dimension, code, score, threshold, suggested) of all suggestions of codes by a model."""
    t = s.suggestion.c
    query = select(t.report_id, t.dimension, t.code, t.score, t.threshold, t.suggested).where(
        t.model_id == model_id, t.framework_id == framework_id, t.code != "", t.dimension.in_(dimensions)
    )
    for row in db.execute(query.execution_options(yield_per=10_000)):
        yield row.report_id, row.dimension, row.code, row.score, row.threshold, row.suggested


def unsure_codes(db: Connection, dimensions: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """(report id, dimension, code) on which a coder said unsure, whatever was said later."""
    d = s.decision.c
    query = select(d.report_id, d.dimension, d.code).distinct()
    query = query.where(
        d.answer == "unsure", d.role != "trainee", d.code.is_not(None), d.dimension.in_(dimensions), stands()
    )
    return tuple((r.report_id, r.dimension, r.code) for r in db.execute(query))
