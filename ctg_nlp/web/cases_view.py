"""Case studies as their pages show them: plain values for templates and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.case_clearing import banked_words
from ctg_nlp.case_study import case_study
from ctg_nlp.cases import case, core_groups, gone_groups, open_to
from ctg_nlp.desk import Desk, NotYours
from ctg_nlp.errors import UnknownReport
from ctg_nlp.records import Case, CaseText, ConsentFor, Report
from ctg_nlp.store import cases as case_store
from ctg_nlp.store import reports as report_store

Plain = dict[str, Any]
_CLOSED = (
    "This case is not open to you now: you still code a report without seeing what others say, or not all of "
    "its documents were assigned to you."
)


def cases_page(desk: Desk) -> Plain:
    """The core groups that the coder may see, and how many they may not."""
    with desk.store.reading() as db:
        seen = desk.sight(db)
        groups = core_groups(db)
        shown = [g for g in groups if open_to(seen, report_store.reports_of_group(db, g))]
        found = [case(db, desk.framework, g) for g in shown]
        written, gone = case_store.written(db), gone_groups(db)
    return {
        "cases": [{"case": c, "kinds": kinds_of(c.sources), **_progress(c, written)} for c in found],
        "closed": len(groups) - len(shown),
        "gone": gone if seen.only is None else (),
        "scopes": tuple(ConsentFor),
    }


def _progress(found: Case, written: dict[str, tuple[int, str]]) -> Plain:
    return {
        "done": sum(bool(d.text.strip()) for d in found.drafts),
        "of": sum(d.asked for d in found.drafts),
        "asides": sum(len(d.asides) for d in found.drafts),
        "last": written.get(found.group_id, (0, ""))[1],
    }


def kinds_of(sources: Iterable[Report]) -> str:
    """The kinds of documents in words, as "final report, log, 2 × interview notes"."""
    counts: dict[str, int] = {}
    for r in sources:
        counts[str(r.kind)] = counts.get(str(r.kind), 0) + 1
    return ", ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in counts.items())


def case_page(desk: Desk, group_id: str) -> Plain:
    """One case with all that it is written from, and as it would be printed now.

    Raises `UnknownReport`, and `NotYours` where the coder may not see it.
    """
    with desk.store.reading() as db:
        found = case(db, desk.framework, group_id)
        require_open(desk, db, found.sources)
        pages = {r.report_id: tuple(report_store.page_texts(db, r.report_id).values()) for r in found.sources}
        banked = banked_words(db, group_id)
    return {
        "case": found,
        "printed": case_study(found, pages, banked=banked),
        "quoted": found.may(ConsentFor.QUOTES),
        "readable": [r for r in found.sources if r.readable],
        "scopes": tuple(ConsentFor),
        "today": desk.clock()[:10],
    }


def require_open(desk: Desk, db: Connection, sources: Iterable[Report]) -> None:
    """Raises `NotYours` where the coder may not see a case of these documents."""
    if not open_to(desk.sight(db), tuple(sources)):
        raise NotYours(_CLOSED)


def require_group_open(desk: Desk, group_id: str) -> None:
    """The same for the documents of a group."""
    with desk.store.reading() as db:
        require_open(desk, db, report_store.reports_of_group(db, group_id))


def source_state(desk: Desk, report_id: str) -> Plain:
    """The text of one document with its passages. Raises `UnknownReport` where it was withdrawn or
    erased, and `NotYours`."""
    with desk.store.reading() as db:
        report = desk.open_report(db, report_id)
        if report.group_id is None:
            raise UnknownReport(f"{report.name} belongs to no group.")
        require_open(desk, db, report_store.reports_of_group(db, report.group_id))
        texts = report_store.page_texts(db, report_id)
        passages = report_store.passages(db, report_id)
    marked: dict[int, list[list[Any]]] = {n: [] for n in texts}
    for p in passages:
        marked[p.page].append([p.start, p.end, str(p.kind)])
    return {
        "report_id": report_id,
        "name": report.name,
        "kind": str(report.kind),
        "pages": [{"number": n, "text": text, "passages": marked[n]} for n, text in texts.items()],
    }


def versions_state(desk: Desk, group_id: str, section: str) -> list[Plain]:
    """All versions of a section's text, newest first. Raises `NotYours`."""
    with desk.store.reading() as db:
        require_open(desk, db, report_store.reports_of_group(db, group_id))
        versions = case_store.texts(db, group_id, section)
    return [version_state(v) for v in reversed(versions)]


def version_state(version: CaseText) -> Plain:
    """One version for JSON."""
    return {
        "version": version.version,
        "base": version.base,
        "aside": version.aside,
        "author": version.author,
        "time": version.time,
        "text": version.text,
    }
