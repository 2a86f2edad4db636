"""What people do with findings: write, change, order and retire them. Composition over `store`.

Each is one transaction with an entry in the audit log, which never holds a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ctg_nlp.carried_findings import finding_now, findings_now
from ctg_nlp.constraints import QUOTE_MARK
from ctg_nlp.enquiry import enquiries
from ctg_nlp.errors import CtgError, UnknownReport
from ctg_nlp.framework import Framework
from ctg_nlp.records import Finding, FindingKind, FindingSource
from ctg_nlp.review.anchoring import anchor, fold_pages
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.whereabouts import stands_at, where_now


class ChangedSince(CtgError):
    """Somebody else changed it meanwhile; the message says who."""


class NoFinding(CtgError):
    """There is no such finding or quotation."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A statement that somebody wants to keep. `base` is the version that they had before them, 0 for a new
    one; `finding_id` is made by who writes: the same id again is the same statement."""

    finding_id: str
    question: str
    dimension: str
    code: str | None
    kind: FindingKind
    text: str
    sources: tuple[FindingSource, ...] = ()
    base: int = 0


def write(store: Store, framework: Framework, writing: Writing, *, now: str, who: str) -> Finding:
    """Keep a statement as a new version and return it; the same again is no new version.

    Raises `ChangedSince`, and `CtgError` for an unknown question, dimension or code, for no text, and for a
    source that is not in its report, and a mark of a quotation in the text.
    """
    _check(framework, writing)
    with store.transaction() as db:
        finding_store.lock_findings(db)
        before = finding_store.versions(db, writing.finding_id)
        last = finding_now(before[-1], framework) if before else None
        sources = checked_sources(db, writing.sources, last.sources if last else ())
        if last is not None and _same(last, writing, sources):
            return last
        if writing.base != (last.version if last else 0):
            said = f"{last.author} changed this finding" if last else "There is no such finding any more"
            raise ChangedSince(f"{said}. Load the page again and write it once more.")
        made = Finding(
            finding_id=writing.finding_id,
            question=writing.question,
            dimension=writing.dimension,
            code=writing.code,
            kind=writing.kind,
            text=writing.text.strip(),
            position=last.position if last else finding_store.next_position(db),
            author=who,
            time=now,
            sources=sources,
            version=writing.base + 1,
            created_by=last.created_by if last else who,
            created_at=last.created_at if last else now,
            framework_id=framework.framework_id,
        )
        finding_store.add_version(db, made)
        noted: dict[str, str | int] = {"version": made.version, "sources": len(sources)}
        append(db, now, who, "finding", made.finding_id, noted)
        return made


def _same(last: Finding, writing: Writing, sources: Sequence[FindingSource]) -> bool:
    said = (writing.question, writing.dimension, writing.code, writing.kind, writing.text.strip())
    kept = (last.question, last.dimension, last.code, last.kind, last.text)
    return said == kept and tuple(sources) == last.sources and not last.retired


def _check(framework: Framework, writing: Writing) -> None:
    question = next((q for q in enquiries(framework) if q.id == writing.question), None)
    if question is None:
        known = ", ".join(q.id for q in enquiries(framework))
        raise CtgError(f"There is no question {writing.question}; there are: {known}.")
    dimension = next((d for d in question.dimensions if d.id == writing.dimension), None)
    if dimension is None:
        known = ", ".join(d.id for d in question.dimensions) or "none"
        raise CtgError(f"{question.id} has no dimension {writing.dimension}; it has: {known}.")
    if writing.code is not None and dimension.code(writing.code) is None:
        raise CtgError(f"{dimension.id} has no code {writing.code}.")
    if not writing.text.strip():
        raise CtgError("A finding needs a text.")
    mark = QUOTE_MARK.search(writing.text)
    if mark is not None:
        raise CtgError(
            f"{mark[0]} would be printed as it stands. Tick the passages that a statement rests on: what is "
            "cleared of them is printed below it."
        )


def checked_sources(
    db: Connection, sources: Sequence[FindingSource], before: Sequence[FindingSource] = ()
) -> tuple[FindingSource, ...]:
    """The passages with the very words of their pages, each once. Those that were there `before` stay as they
    are, also of a report that was withdrawn since. Raises `UnknownReport` for another of a report that is
    not there (any more), `CtgError` for a passage that is not in it."""
    places = where_now(db, before)
    had = {stands_at(at): s for s in before for at in (s, places[s])}
    return tuple(dict.fromkeys(had.get(stands_at(s)) or checked_source(db, s) for s in sources))


def checked_source(db: Connection, source: FindingSource) -> FindingSource:
    """The same for one passage. Where it has no place, it is looked for; what a coder quoted and nobody
    finds in the text may stand without a place."""
    report = report_store.report(db, source.report_id)
    if report is None or report.withdrawn_at or str(report.verdict) == "erased":
        raise UnknownReport("A passage is of a report that is not in the project any more.")
    if source.end > 0:
        text = report_store.page_texts(db, report.report_id, [source.page]).get(source.page, "")
        quote = text[source.start : source.end]
        if not quote.strip() or source.end > len(text):
            raise CtgError(f"Page {source.page} of {report.name} has no text at this place; mark it again.")
        return replace(source, quote=quote)
    spans = anchor(source.quote, fold_pages(report_store.page_texts(db, report.report_id)))
    if len(spans) == 1:
        at = spans[0]
        return checked_source(db, FindingSource(report.report_id, at.page, at.start, at.end, ""))
    quoted = _quoted(db, report.report_id)
    words = " ".join(source.quote.split())
    if spans or words in quoted:
        quote = quoted.get(words, source.quote)
        return FindingSource(report.report_id, spans[0].page if spans else 0, 0, 0, quote)
    raise CtgError(f"“{source.quote[:60]}” is not in {report.name}.")


def _quoted(db: Connection, report_id: str) -> dict[str, str]:
    """What coders quoted from a report, by its words however they were spaced."""
    evidence = (e.quote for d in decision_store.decisions(db, [report_id]) for e in d.evidence)
    named = (m.quote for m in act_store.memos(db, report_id))
    return {" ".join(quote.split()): quote for quote in (*named, *evidence) if quote}


def retire(store: Store, finding_id: str, *, now: str, who: str, retired: bool = True) -> Finding:
    """Show a finding no more, or again; all of it is kept. Raises `NoFinding`."""
    with store.transaction() as db:
        finding_store.lock_findings(db)
        last = _last(db, finding_id)
        if last.retired is retired:
            return last
        made = replace(last, retired=retired, version=last.version + 1, author=who, time=now)
        finding_store.add_version(db, made)
        append(db, now, who, "finding retired" if retired else "finding restored", finding_id)
        return made


def move(store: Store, framework: Framework, finding_id: str, by: int, *, now: str, who: str) -> bool:
    """Move a finding up (-1) or down (1) among those of its question. Returns whether it could. Raises
    `NoFinding`."""
    with store.transaction() as db:
        finding_store.lock_findings(db)
        mine = finding_now(_last(db, finding_id), framework)
        order = findings_now(db, framework, mine.question)
        at = next((n for n, f in enumerate(order) if f.finding_id == finding_id), None)
        if at is None or not 0 <= at + by < len(order):
            return False
        other = order[at + by]
        finding_store.put_position(db, mine.finding_id, other.position)
        finding_store.put_position(db, other.finding_id, mine.position)
        append(db, now, who, "finding moved", finding_id, {"by": by})
        return True


def _last(db: Connection, finding_id: str) -> Finding:
    before = finding_store.versions(db, finding_id)
    if not before:
        raise NoFinding("There is no such finding.")
    return before[-1]
