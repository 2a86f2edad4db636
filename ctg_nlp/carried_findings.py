"""Findings and quotations that were written under an older version of the framework, read by the one of now.
Composition over `store`.

As decisions, they are never changed in the store. A rename and a merge carry them; what stands on a code that
was split or retired is on its dimension as a whole; what is on a dimension that is no more stays as it is,
belongs to no question, and is told before a switch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.enquiry import enquiries
from ctg_nlp.framework import Framework
from ctg_nlp.history import placed_now
from ctg_nlp.records import BankedQuote, Finding
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import selection as selection_store


def findings_now(
    db: Connection, framework: Framework, question: str | None = None, *, retired: bool = False
) -> tuple[Finding, ...]:
    """All findings as this framework reads them, or those of one of its questions, in order; with `retired`
    those too."""
    questions = _questions(framework)
    found = (_finding(f, framework, questions) for f in finding_store.findings(db, retired=retired))
    return tuple(f for f in found if question in (None, f.question))


def finding_now(finding: Finding, framework: Framework) -> Finding:
    """A finding as this framework reads it."""
    return _finding(finding, framework, _questions(framework))


def _finding(finding: Finding, framework: Framework, questions: dict[str, str]) -> Finding:
    place = placed_now(framework, finding.framework_id, finding.dimension, finding.code)
    if place is None:
        return finding
    question = questions.get(place[0], finding.question)
    return replace(finding, question=question, dimension=place[0], code=place[1])


def _questions(framework: Framework) -> dict[str, str]:
    return {d.id: q.id for q in enquiries(framework) for d in q.dimensions}


def quote_now(quote: BankedQuote, framework: Framework) -> BankedQuote:
    """A quotation of the bank as this framework reads it; on no dimension where its own is no more."""
    place = placed_now(framework, quote.framework_id, quote.dimension, quote.code)
    return replace(quote, dimension=place[0] if place else "", code=place[1] if place else None)


def orphaned(db: Connection, framework: Framework) -> Iterator[str]:
    """What would lose its place if this framework took the place of the one of now, in sentences: findings,
    quotations, and decisions of filters."""
    questions = _questions(framework)
    for f in finding_store.findings(db):
        said = _lost(framework, f.framework_id, f.dimension, f.code)
        if not said and _finding(f, framework, questions).dimension not in questions:
            said = f"no question has the dimension {f.dimension}, so that it is printed nowhere"
        if said:
            yield f"The {f.kind} “{' '.join(f.text.split())[:60]}”: {said}."
    for q in quote_store.quotations(db):
        said = _lost(framework, q.framework_id, q.dimension, q.code) if q.texts and q.dimension else ""
        if said:
            yield f"Quotation {q.quote_id}: {said}."
    filters: dict[str, int] = {}
    for d in selection_store.filter_decisions(db):
        filters[d.filter] = filters.get(d.filter, 0) + 1
    for name in sorted(filters.keys() - {f.id for f in framework.filters}):
        n = filters[name]
        yield (
            f"The filter {name} is no more: {n} decision{'' if n == 1 else 's'} on it would count no more. "
            "Filters have no history: keep the id of one whose name changes."
        )


def _lost(framework: Framework, framework_id: str, dimension: str, code: str | None) -> str:
    place = placed_now(framework, framework_id, dimension, code)
    if place is None:
        return f"the dimension {dimension} is no more, so that it is printed nowhere"
    if code and place[1] is None:
        return f"{dimension}.{code} is no code any more, so that it would stand on {place[0]} as a whole"
    return ""
