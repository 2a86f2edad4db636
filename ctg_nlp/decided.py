"""Reports with what coders decided on them, as a classifier learns from them. Composition."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ctg_nlp.framework import Framework
from ctg_nlp.records import Answer, CodedRecord, DecidedReport, Decision, Passage, Report, Span
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store

_MOST_OF_ONE = 0.3  # of the shorter of passage and quote that must be in the other to belong together

Key = tuple[str, str]


def decided_reports(
    store: Store, framework: Framework, leave_out: Collection[str] = ()
) -> tuple[DecidedReport, ...]:
    """All readable reports with standing decisions under this framework, in the order of arrival.

    Reports whose id is in `leave_out` are left out, and so are withdrawn ones. A conflict between coders is
    undecided.
    """
    decisions: dict[str, list[Decision]] = {}
    with store.reading() as db:
        for d in decision_store.decisions(db):
            if d.report_id not in leave_out:
                decisions.setdefault(d.report_id, []).append(d)
        usable = [r for r in report_store.reports(db, decisions) if r.readable and not r.withdrawn_at]
        return tuple(
            decided_report(
                r,
                report_store.passages(db, r.report_id),
                resolve(decisions[r.report_id], framework),
                carried(decisions[r.report_id], framework),
            )
            for r in usable
        )


def decided_report(
    report: Report, passages: Sequence[Passage], records: Iterable[CodedRecord], decisions: Sequence[Decision]
) -> DecidedReport:
    """One report with its coded records, and the evidence of the decisions that led to them."""
    present: set[Key] = set()
    absent: set[Key] = set()
    values: dict[str, int | str | None] = {}
    for record in records:
        present |= {(record.dimension, c) for c in record.present}
        absent |= {(record.dimension, c) for c in record.absent}
        if record.value_decided:
            values[record.dimension] = record.value
    quotes: dict[Key, list[str]] = {}
    marked: dict[Key, set[int]] = {}
    for d in decisions:
        key = (d.dimension, d.code or "")
        if d.answer is Answer.PRESENT and key in present and d.role != "trainee":
            quotes.setdefault(key, []).extend(e.quote for e in d.evidence)
            spans = [s for e in d.evidence for s in e.spans]
            marked.setdefault(key, set()).update(places(spans, passages))
    return DecidedReport(
        report_id=report.report_id,
        name=report.name,
        group_id=report.group_id or "",
        passages=tuple(passages),
        present=frozenset(present),
        absent=frozenset(absent),
        marked=_frozen(marked),
        quotes={k: tuple(dict.fromkeys(v)) for k, v in quotes.items()},
        values=values,
        decisions=len(decisions),
    )


def places(spans: Iterable[Span], passages: Sequence[Passage]) -> frozenset[int]:
    """The places of the passages that spans of text lie in, by a fair share of either."""
    found = set()
    for span in spans:
        for i, p in enumerate(passages):
            shared = min(p.end, span.end) - max(p.start, span.start)
            shorter = min(p.end - p.start, span.end - span.start)
            if p.page == span.page and shared > 0 and shared >= _MOST_OF_ONE * shorter:
                found.add(i)
    return frozenset(found)


def _frozen(marked: Mapping[Key, set[int]]) -> dict[Key, frozenset[int]]:
    return {key: frozenset(places) for key, places in marked.items()}
