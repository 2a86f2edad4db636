"""What the page of findings is made from: passages by code.

Composition of `synthesis`, `review` and `store`. What people write about them stands in `findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.history import dimension_names, placed_now
from ctg_nlp.records import Answer, CodeState, Decision, FindingSource, QuotedEvidence, RecordState
from ctg_nlp.review.carrying import carried
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.synthesis.cells import Columns

VALUE = ""
"""Stands for the code of passages that show a dimension's value."""


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages that coders marked in one dimension: by code (`VALUE` for its value), and by the label of
    inductive codes."""

    by_code: dict[str, tuple[FindingSource, ...]]
    by_label: dict[str, tuple[FindingSource, ...]]


def passages_of(
    db: Connection, columns: Columns, dimension: Dimension, shown: Callable[[str], bool]
) -> Passages:
    """The passages of a dimension in the order of the reports, of reports that are `shown`: evidence of codes
    that are present, whatever else was said. What trainees marked is left out."""
    found: dict[str, dict[FindingSource, None]] = {}
    present = _present(columns, dimension)
    for d in _decisions(db, columns.framework, dimension):
        key = d.code or VALUE
        if d.report_id in present.get(key, ()) and _speaks(d, dimension) and shown(d.report_id):
            found.setdefault(key, {}).update(dict.fromkeys(source_of(d.report_id, e) for e in d.evidence))
    labels: dict[str, dict[FindingSource, None]] = {}
    counted = {r.report_id for r in columns.reports}
    for memo in act_store.labelled_memos(db):
        place = placed_now(columns.framework, "", memo.dimension or "", memo.code)
        mine = place is not None and place[0] == dimension.id and memo.quote
        if mine and memo.report_id in counted and shown(memo.report_id):
            spans = (memo.span,) if memo.span else ()
            source = source_of(memo.report_id, QuotedEvidence(memo.quote, spans))
            labels.setdefault(memo.label, {})[source] = None
    order = {r.report_id: n for n, r in enumerate(columns.reports)}
    return Passages(_ordered(found, order), _ordered(labels, order))


def _ordered(
    found: dict[str, dict[FindingSource, None]], order: dict[str, int]
) -> dict[str, tuple[FindingSource, ...]]:
    return {
        k: tuple(sorted(v, key=lambda s: (order[s.report_id], s.page, s.start))) for k, v in found.items()
    }


def _present(columns: Columns, dimension: Dimension) -> dict[str, frozenset[str]]:
    """The reports that have each code, or a value."""
    if not dimension.coded:
        values = zip(columns.reports, columns.values(dimension.id), strict=True)
        told = (r.report_id for r, v in values if v.state is RecordState.DECIDED and v.value is not None)
        return {VALUE: frozenset(told)}
    states = {c.id: columns.code(dimension.id, c.id) == CodeState.PRESENT for c in dimension.codes}
    return {
        code: frozenset(r.report_id for r, there in zip(columns.reports, mask, strict=True) if there)
        for code, mask in states.items()
    }


def _decisions(db: Connection, framework: Framework, dimension: Dimension) -> Iterator[Decision]:
    """Those that may speak: there are many more. Older versions may have had the dimension by another name,
    and what was said then may come to something else."""
    names, read = dimension_names(framework, dimension.id), decision_store.decisions
    if decision_store.are_all_of(db, framework.framework_id, names):
        yield from read(db, dimensions=[dimension.id], answer=_telling(dimension))
        return
    said = carried(read(db, dimensions=names), framework)
    yield from (d for d in said if d.dimension == dimension.id)


def _telling(dimension: Dimension) -> Answer:
    return Answer.PRESENT if dimension.coded else Answer.VALUE


def _speaks(decision: Decision, dimension: Dimension) -> bool:
    return decision.answer is _telling(dimension) and decision.role != "trainee"


def source_of(report_id: str, evidence: QuotedEvidence) -> FindingSource:
    """A passage that coders quoted, where its first part stands. One of several parts is as it was given."""
    if len(evidence.spans) == 1:
        at = evidence.spans[0]
        return FindingSource(report_id, at.page, at.start, at.end, evidence.quote)
    first = evidence.spans[0] if evidence.spans else None
    page = first.page if first else 0
    return FindingSource(report_id, page, 0, 0, evidence.quote)
