"""Whether the words of others that a release prints may still be printed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ctg_nlp.case_text import BlockKind
from ctg_nlp.depth import studies_of
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.editions import Edition
from ctg_nlp.framework import Framework
from ctg_nlp.quotations import printable
from ctg_nlp.store import quotations as quote_store


def no_longer_printable(db: Connection, framework: Framework, contents: Contents) -> tuple[str, ...]:
    """What a frozen report prints and nothing may print any more, in words: quotations that were withdrawn or
    changed, or whose report was withdrawn or group took its consent back; names and words of case studies."""
    return tuple(dict.fromkeys((*_quotations(db, contents), *_cases(db, framework, contents))))


def _quotations(db: Connection, contents: Contents) -> Iterator[str]:
    allowed = {q.text for q in printable(db, Edition.PUBLISHABLE).values()}
    alone = {q.text for s in contents.sections for q in s.quotes}
    alone |= {b.text for s in contents.sections for b in s.blocks if b.kind is BlockKind.QUOTE}
    running = "\n".join(p for s in contents.sections for p in s.paragraphs)
    for quote in quote_store.quotations(db):
        for text in {t.text for t in quote.texts} - allowed:
            if text in alone or f"“{text}”" in running:
                yield f"quotation {quote.quote_id}"


def _cases(db: Connection, framework: Framework, contents: Contents) -> Iterator[str]:
    printed = [s for s in contents.sections if s.id.startswith("case-")]
    if not printed:
        return
    now = studies_of(db, framework, Edition.PUBLISHABLE)
    headings = {study.heading for study in now}
    said = {b.text for study in now for part in study.sections for b in part.blocks}
    for section in printed:
        if section.level == 2 and section.heading not in headings:
            yield f"the case study “{section.heading}”"
        if any(b.kind is BlockKind.QUOTE and b.text not in said for b in section.blocks):
            yield "a quotation of a case study"
