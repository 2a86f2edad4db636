"""Where coders disagree, and why: what an adjudicator sees and says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, CodedRecord, Decision
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve

GAP, SLIP, AMBIGUOUS, CUE = "guideline gap", "slip", "ambiguous text", "cue too wide"
REASONS = {
    GAP: "the framework does not say what to do here",
    SLIP: "a coder overlooked or mistook something",
    AMBIGUOUS: "the report can be read either way",
    CUE: "a suggestion led astray",
}
"""Why coders disagreed, and what each reason means. The first and the last ask something of the framework."""
FOR_THE_FRAMEWORK = (GAP, CUE)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A code (or, code None, a value) of a report on which coders disagree: the last word of each."""

    report_id: str
    dimension: str
    code: str | None
    said: tuple[Decision, ...]


def disputes(decisions: Sequence[Decision], framework: Framework) -> tuple[Dispute, ...]:
    """What is in conflict by decisions that stand, oldest first; in the order of the framework."""
    found = []
    read = carried(decisions, framework)
    for record in resolve(decisions, framework):
        for name in _in_order(framework, record):
            code = None if name == record.dimension else name
            found.append(Dispute(record.report_id, record.dimension, code, _last_words(read, record, code)))
    place = {d.id: i for i, d in enumerate(framework.dimensions)}
    return tuple(sorted(found, key=lambda x: place[x.dimension]))


def _in_order(framework: Framework, record: CodedRecord) -> list[str]:
    dimension = framework.dimension(record.dimension)
    place = {c.id: i for i, c in enumerate(dimension.codes)} if dimension else {}
    return sorted(record.conflicts, key=lambda name: place.get(name, -1))


def _last_words(decisions: Iterable[Decision], record: CodedRecord, code: str | None) -> tuple[Decision, ...]:
    last: dict[str, Decision] = {}
    for d in decisions:
        if d.role == "coder" and (d.report_id, d.dimension, d.code) == (
            record.report_id,
            record.dimension,
            code,
        ):
            last[d.coder] = d
    return tuple(d for d in last.values() if d.answer is not Answer.UNSURE)
