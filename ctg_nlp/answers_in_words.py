"""The answers to a dimension of free text, one by one: no table counts them. Composition over `store`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Decision
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve
from ctg_nlp.status import counted_reports
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store


@dataclass(frozen=True, slots=True)
class AnswerInWords:
    """What is decided of one report in words: by whom, and how many passages were quoted with it. A text of
    None: coders said that nothing is told."""

    report: str
    group: str
    coder: str
    text: str | None
    quotes: int


def answers_in_words(store: Store, framework: Framework, dimension: Dimension) -> tuple[AnswerInWords, ...]:
    """The answers that hold for reports that count, in the order of arrival; where coders differ there is
    none."""
    with store.reading() as db:
        ids = [c.report_id for c in counted_reports(counting_store.candidates(db))]
        reports = {r.report_id: r for r in report_store.reports(db, ids)}
        said: dict[str, list[Decision]] = {}
        for d in decision_store.decisions(db, ids):
            said.setdefault(d.report_id, []).append(d)
    found = ((reports[r], _holds(framework, dimension, said[r])) for r in reports if r in said)
    return tuple(
        AnswerInWords(report.name, report.group_id or "", d.coder, _text(d), len(d.evidence))
        for report, d in found
        if d is not None
    )


def _holds(framework: Framework, dimension: Dimension, said: Iterable[Decision]) -> Decision | None:
    """The decision whose text holds of a report; None where nothing is decided yet."""
    stored = tuple(said)
    record = next((r for r in resolve(stored, framework) if r.dimension == dimension.id), None)
    if record is None or not record.value_decided:
        return None
    mine = (d for d in carried(stored, framework, each_coder=True) if d.dimension == dimension.id)
    return next((d for d in reversed(list(mine)) if d.role != "trainee" and d.value == record.value), None)


def _text(decision: Decision) -> str | None:
    return None if decision.value is None else str(decision.value)
