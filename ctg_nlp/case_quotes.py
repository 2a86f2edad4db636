"""Which passages of reports a case study is offered to quote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from ctg_nlp.framework import Framework
from ctg_nlp.history import placed_now
from ctg_nlp.records import Answer, CodedRecord, Decision, Memo, QuotedEvidence, SourceQuote
from ctg_nlp.store import acts as act_store


def quotes_for_cases(
    db: Connection,
    framework: Framework,
    report_id: str,
    decisions: Sequence[Decision],
    records: Iterable[CodedRecord],
) -> tuple[SourceQuote, ...]:
    """The evidence of what a report is coded as (`records`, from `decisions`), in the order it was given,
    then the passages of inductive codes. What trainees marked is left out, and the same
    quote of a code comes once."""
    present = {(r.dimension, code) for r in records for code in r.present}
    present |= {(r.dimension, None) for r in records if r.value_decided}  # type: ignore[misc]
    found = [q for d in decisions if _speaks(d, present) for e in d.evidence for q in [_quote(d, e)]]
    found += _inductive(framework, act_store.labelled_memos(db, report_id))
    return tuple({(q.dimension, q.code, q.label, q.quote): q for q in reversed(found)}.values())[::-1]


def _speaks(decision: Decision, present: Iterable[tuple[str, str | None]]) -> bool:
    says = decision.answer in (Answer.PRESENT, Answer.VALUE) and decision.role != "trainee"
    return says and (decision.dimension, decision.code) in present


def _quote(decision: Decision, evidence: QuotedEvidence) -> SourceQuote:
    said = (decision.report_id, decision.dimension, decision.code, evidence.quote)
    first = evidence.spans[0] if evidence.spans else None
    return SourceQuote(*said, first.page, first.start, first.end) if first else SourceQuote(*said)


def _inductive(framework: Framework, memos: Iterable[Memo]) -> Iterator[SourceQuote]:
    for m in memos:
        on = placed_now(framework, "", m.dimension or "", m.code)
        if on is not None:
            place = (m.span.page, m.span.start, m.span.end) if m.span else (0, 0, 0)
            yield SourceQuote(m.report_id, *on, m.quote, *place, label=m.label)
