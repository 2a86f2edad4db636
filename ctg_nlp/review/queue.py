"""What is left to do in a report, and how much a decision on it would tell."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodedRecord, RecordState, Suggestion, Tally

Key = tuple[str, str]


def tally(
    report_id: str,
    framework: Framework,
    records: Iterable[CodedRecord],
    scores: Iterable[tuple[str, str, float]],
    *,
    model_id: str,
    decided_at: str,
) -> Tally:
    """The tally of one report over the dimensions of the map.

    `records` are its coded records, `scores` the (dimension, code, score) of its suggestions.
    """
    by_dimension = {r.dimension: r for r in records}
    open_codes: set[Key] = set()
    open_dimensions = []
    for dimension in framework.stage("map"):
        mine = open_codes_of(dimension, by_dimension.get(dimension.id))
        open_codes |= {(dimension.id, code) for code in mine}
        if mine:
            open_dimensions.append(dimension.id)
    return Tally(
        report_id=report_id,
        framework_id=framework.framework_id,
        model_id=model_id,
        codes=sum(len(d.codes) if d.coded else 1 for d in framework.stage("map")),
        open=len(open_codes),
        conflicts=sum(len(r.conflicts) for r in by_dimension.values()),
        open_dimensions=tuple(open_dimensions),
        # The exact sum, since databases give scores in any order, and a rounded one would depend on it.
        uncertainty=math.fsum(entropy(score) for d, c, score in scores if c and (d, c) in open_codes),
        decided_at=decided_at,
    )


def open_codes_of(dimension: Dimension, record: CodedRecord | None) -> tuple[str, ...]:
    """The codes of a dimension that are not decided, conflicts included; "" for its value."""
    if record is not None and record.state is RecordState.DECIDED:
        return ()
    if not dimension.coded:
        return ("",)
    done = record.present | record.absent if record is not None else frozenset()
    return tuple(c.id for c in dimension.codes if c.id not in done)


def uncertainty(suggestions: Iterable[Suggestion]) -> float:
    """The mean entropy of the scores of codes, in bits: 0 where all are sure, 1 where all are even."""
    bits = [entropy(s.score) for s in suggestions if s.code is not None]
    return sum(bits) / len(bits) if bits else 0.0


def entropy(p: float) -> float:
    """The entropy in bits of a yes or no whose yes has probability `p`."""
    return -sum(q * math.log2(q) for q in (p, 1 - p) if q > 0)
