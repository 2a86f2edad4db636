"""Finding where a quote that people brought stands in the pages.

Coders copy from a viewer, retype or shorten, so a quote is looked for word by word: letters and digits
count, spaces, punctuation, case and the kind of quotation mark do not. Where that fails (most often on
scans) the closest passage is taken if at least nine tenths of the letters agree, by RapidFuzz's
alignment of a part. What is not found stays unanchored, and is listed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from ctg_nlp.records import Span

CLOSE_ENOUGH = 90.0
_SHORTEST_FUZZY = 15  # letters; shorter quotes resemble too much by chance
_MOST_WORK = 50_000_000_000  # letters of a quote times those of its report: more takes minutes
_ELLIPSIS = re.compile(r"(?<!\s)\s*+(?:\[\s*+)?(?:\.\s?\.\s?\.|…)(?:\s*+\])?\s*+")


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a report folded for search: letters and digits only, each with where it stood."""

    folded: str
    offsets: tuple[int, ...]  # offset in its page's text of each character of `folded`
    starts: tuple[int, ...]  # where each page begins in `folded`
    numbers: tuple[int, ...]


def fold(text: str) -> tuple[str, list[int]]:
    """The letters and digits of a text, lower case and without accents, and the offset of each."""
    letters: list[str] = []
    offsets: list[int] = []
    for i, character in enumerate(text):
        if character.isascii():
            if character.isalnum():
                letters.append(character.lower())
                offsets.append(i)
            continue
        for part in unicodedata.normalize("NFKD", character).lower():
            if part.isalnum():
                letters.append(part)
                offsets.append(i)
    return "".join(letters), offsets


def fold_pages(texts: Mapping[int, str]) -> Pages:
    """Prepare the pages (number to text) of one report; do it once for all its quotes."""
    folded: list[str] = []
    offsets: list[int] = []
    starts: list[int] = []
    for number in sorted(texts):
        starts.append(len(offsets))
        letters, where = fold(texts[number])
        folded.append(letters)
        offsets.extend(where)
    return Pages("".join(folded), tuple(offsets), tuple(starts), tuple(sorted(texts)))


def anchor(quote: str, pages: Pages) -> tuple[Span, ...]:
    """Where a quote stands: one span a page, in order; for a quote with "..." one or more for each part.

    Returns nothing where any part of it cannot be found.
    """
    spans: list[Span] = []
    after = 0
    parts = [part for part in _ELLIPSIS.split(quote) if fold(part)[0]]
    for part in parts:
        found = _find(fold(part)[0], pages.folded, after) or _find(fold(part)[0], pages.folded, 0)
        if found is None:
            return ()
        after = found[1]
        spans.extend(_spans(*found, pages))
    return tuple(spans)


def anchor_near(
    quote: str, pages: Pages, share: float, around: tuple[str, str] = ("", "")
) -> tuple[Span, ...]:
    """The same for a quote of which more is known: how far into the text it stands (0 to 1), and the text
    before and after it. Of several places where its words stand, the one with most of that text around it,
    and of those the nearest."""
    needle, text = fold(quote)[0], pages.folded
    starts = [found.start() for found in re.finditer(f"(?={re.escape(needle)})", text)] if needle else []
    if not starts:
        return anchor(quote, pages)
    before, after = (fold(part)[0] for part in around)

    def fits(at: int) -> tuple[int, float]:
        end = at + len(needle)
        same = _same(before[::-1], text[max(at - len(before), 0) : at][::-1])
        return same + _same(after, text[end : end + len(after)]), -abs(at - share * len(text))

    start = max(starts, key=fits)
    return tuple(_spans(start, start + len(needle), pages))


def _same(a: str, b: str) -> int:
    """How many letters two texts have in common from their beginning."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _find(needle: str, haystack: str, after: int) -> tuple[int, int] | None:
    start = haystack.find(needle, after)
    if start >= 0:
        return start, start + len(needle)
    if after or len(needle) < _SHORTEST_FUZZY or len(haystack) < len(needle):
        return None
    if len(needle) * len(haystack) > _MOST_WORK:
        return None
    best = fuzz.partial_ratio_alignment(needle, haystack, score_cutoff=CLOSE_ENOUGH)
    if best is None or best.dest_end <= best.dest_start:
        return None
    return best.dest_start, best.dest_end


def _spans(start: int, end: int, pages: Pages) -> list[Span]:
    spans = []
    first = bisect_right(pages.starts, start) - 1
    for i in range(first, len(pages.starts)):
        page_start = pages.starts[i]
        page_end = pages.starts[i + 1] if i + 1 < len(pages.starts) else len(pages.folded)
        a, b = max(start, page_start), min(end, page_end)
        if a < b:
            spans.append(Span(pages.numbers[i], pages.offsets[a], pages.offsets[b - 1] + 1))
        if page_end >= end:
            break
    return spans
