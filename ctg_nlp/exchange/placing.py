"""Where quotes of other tools stand in the pages of a report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ctg_nlp.exchange.foreign import BroughtQuote, Whose
from ctg_nlp.exchange.joined import Joined, joined
from ctg_nlp.exchange.places import displayed, frame_of, text_in
from ctg_nlp.records import Page, QuotedEvidence, Span
from ctg_nlp.review.anchoring import Pages, anchor, anchor_near, fold_pages


@dataclass(frozen=True, slots=True)
class ReportText:
    """The pages of a report, ready to be searched. `sha256` is that of their text as we give it out."""

    pages: tuple[Page, ...]
    folded: Pages
    whole: Joined
    sha256: str


def report_text(pages: Sequence[Page]) -> ReportText:
    """Prepare the pages of one report; do it once for all its quotes."""
    texts = {p.number: p.text for p in pages}
    whole = joined(texts)
    sha256 = hashlib.sha256(whole.text.encode("utf-8", "surrogatepass")).hexdigest()
    return ReportText(tuple(pages), fold_pages(texts), whole, sha256)


def place_quotes(
    quotes: Sequence[BroughtQuote], whose: Whose, text: ReportText
) -> tuple[QuotedEvidence, ...]:
    """The quotes as evidence, each anchored where that can be done; none of them twice."""
    return tuple(dict.fromkeys(_placed(quotes, whose, text)))


def _placed(quotes: Sequence[BroughtQuote], whose: Whose, text: ReportText) -> Iterator[QuotedEvidence]:
    for q in quotes:
        if q.places and whose.text == text.sha256:
            spans = tuple(s for a, b in q.places for s in text.whole.spans(a, b))
            yield QuotedEvidence(q.text, spans)
        elif q.text.strip():
            yield QuotedEvidence(q.text, _anchored(q, text))
        elif q.area is not None and q.page is not None:
            found = _in_area(q, text)
            if found is not None:
                yield found


def _anchored(q: BroughtQuote, text: ReportText) -> tuple[Span, ...]:
    page = next((p for p in text.pages if p.number == q.page), None)
    found = anchor(q.text, fold_pages({page.number: page.text})) if page is not None else ()
    if not found:
        known = q.share is not None
        found = (
            anchor_near(q.text, text.folded, q.share or 0.0, q.around)
            if known
            else anchor(q.text, text.folded)
        )
    return _to_the_letter(q.text, found[0], text) if len(found) == 1 else found


def _to_the_letter(quote: str, span: Span, text: ReportText) -> tuple[Span, ...]:
    """A stretch with the signs at both ends of its quote, where the page has them too: anchoring looks at
    letters and digits alone."""
    before = next((i for i, c in enumerate(quote) if c.isalnum()), 0)
    start = span.start - before
    page = next(p.text for p in text.pages if p.number == span.page)
    same = start >= 0 and page.startswith(quote, start)
    return (Span(span.page, start, start + len(quote)) if same else span,)


def _in_area(q: BroughtQuote, text: ReportText) -> QuotedEvidence | None:
    """The words in a rectangle, as if all of the media box were shown."""
    page = next((p for p in text.pages if p.number == q.page), None)
    if page is None or q.area is None:
        return None
    found = text_in(page, displayed(*q.area, frame_of(page)))
    return QuotedEvidence(page.text[slice(*found)], (Span(page.number, *found),)) if found else None
