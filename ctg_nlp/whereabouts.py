"""Where passages that were kept stand now: their reports may have been read anew since.

Composition of `review` and `store`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.records import FindingSource, Span
from ctg_nlp.review.anchoring import anchor, fold_pages
from ctg_nlp.store import reports as report_store


def where_now(db: Connection, sources: Iterable[FindingSource]) -> dict[FindingSource, FindingSource]:
    """Where each passage stands now: its report may have been read anew since. Without a place where it is
    not found any more; the words stay as they were."""
    found: dict[FindingSource, FindingSource] = {}
    by_report: dict[str, list[FindingSource]] = {}
    for s in sources:
        by_report.setdefault(s.report_id, []).append(s)
    for report_id, mine in by_report.items():
        texts = report_store.page_texts(db, report_id)
        moved = [s for s in mine if s.end and texts.get(s.page, "")[s.start : s.end] != s.quote]
        pages = fold_pages(texts) if moved else None
        found |= {s: s for s in mine}
        for s in moved:
            spans = anchor(s.quote, pages) if pages else ()
            at = spans[0] if len(spans) == 1 else Span(0, 0, 0)
            found[s] = replace(s, page=at.page, start=at.start, end=at.end)
    return found


def stands_at(source: FindingSource) -> tuple[str, int, int, int, str]:
    """By what two passages are the same: the place, or the words where there is none."""
    words = "" if source.end else " ".join(source.quote.split())
    return source.report_id, source.page, source.start, source.end, words
