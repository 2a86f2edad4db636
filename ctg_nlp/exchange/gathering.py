"""What coders said last, report by report, for tools that know codings but no history of decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.framework import Framework
from ctg_nlp.history import CARRIED
from ctg_nlp.records import Decision, Memo, Page, Report, Suggestion
from ctg_nlp.review.carrying import carried
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store


@dataclass(frozen=True, slots=True)
class ReportToGive:
    """A report with each coder's last word on every code, in the order in which they were said.

    `replaced` counts decisions that later ones replaced; `foreign` those on codes that the framework does not
    have. `suggestions` are those of the model that proposed last, only what is suggested.
    """

    report: Report
    pages: tuple[Page, ...]
    decisions: tuple[Decision, ...]
    memos: tuple[Memo, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    replaced: int = 0
    foreign: int = 0


def reports_to_give(db: Connection) -> tuple[Report, ...]:
    """The reports that are not withdrawn, and that count, have decisions or were read."""
    decided = decision_store.decided_reports(db)
    return tuple(
        r
        for r in report_store.reports(db)
        if not r.withdrawn_at and (r.counted or r.readable or r.report_id in decided)
    )


def gather(
    store: Store, framework: Framework, reports: Sequence[Report], *, suggestions: bool = False
) -> Iterator[ReportToGive]:
    """Each report with what was said of it; one is in memory at a time."""
    for report in reports:
        with store.reading() as db:
            yield _gathered(db, framework, report, suggestions)


def _gathered(db: Connection, framework: Framework, report: Report, suggestions: bool) -> ReportToGive:
    standing = carried(decision_store.decisions(db, [report.report_id]), framework, each_coder=True)
    words, foreign = last_words(standing, framework)
    model = suggestion_store.last_model(db, framework.framework_id, report.report_id) if suggestions else None
    proposed = (
        suggestion_store.suggestions(db, model, framework.framework_id, report.report_id) if model else ()
    )
    return ReportToGive(
        report,
        report_store.pages(db, report.report_id),
        words,
        act_store.memos(db, report.report_id),
        tuple(s for s in proposed if s.suggested or s.code is None),
        len(standing) - foreign - len(words),
        foreign,
    )


def last_words(decisions: Sequence[Decision], framework: Framework) -> tuple[tuple[Decision, ...], int]:
    """Each person's last decision on each code of the framework, and how many were on codes of no framework
    that is known now."""
    last: dict[tuple[str, str, str, str | None], Decision] = {}
    foreign = 0
    for d in decisions:
        dimension = framework.dimension(d.dimension)
        if dimension is None or (
            dimension.code(d.code or "") is None if dimension.coded else d.code is not None
        ):
            foreign += 1
            continue
        key = (d.coder, d.role, d.dimension, d.code)
        last.pop(key, None)  # so that the last word stands at its own place
        last[key] = d
    return tuple(last.values()), foreign


def made_under(decision: Decision) -> str:
    """The id of the framework that a decision is to be read by."""
    return decision.framework_id.partition(CARRIED)[0]


def people(store: Store, reports: Sequence[Report]) -> tuple[str, ...]:
    """Who decided or noted anything, in the order of the alphabet."""
    ids = {r.report_id for r in reports}
    with store.reading() as db:
        found = {d.coder for d in decision_store.decisions(db) if d.report_id in ids}
        found |= {m.coder for m in act_store.memos(db) if m.report_id in ids}
    return tuple(sorted(found))
