"""Running headers, footers and page numbers: what stands on every page and is not the report.

A line is furniture if it lies in the margin of its page and either reads as a page number, or comes back
(but for its digits) at the same height on other pages.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ctg_nlp.intake.lines import Line, RawPage

_MARGIN = 0.12  # of the page's height, at the top and at the bottom
_SAME_HEIGHT = 6.0  # points
_LONGEST = 150  # characters
_ROMAN = r"[ivxlc]{1,6}"
_PAGE_NUMBER = re.compile(
    rf"^[\s\-–—|•·]*(?:(?:page|pg\.?|p\.?)\s*)?(?:\d{{1,4}}|{_ROMAN})"
    rf"(?:\s*(?:of|/)\s*\d{{1,4}})?[\s\-–—|•·]*$",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(r"\b(?:page|pg\.?)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\b", re.IGNORECASE)


def furniture_of(pages: Sequence[RawPage]) -> list[frozenset[int]]:
    """For each page the positions of its lines that are furniture."""
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for i, page in enumerate(pages):
        for line in page.lines:
            if _in_margin(line, page):
                places[_pattern(line.text)].append((i, line.v0))
    edges = [_edge_lines(page) for page in pages]
    return [
        frozenset(
            n
            for n, line in enumerate(page.lines)
            if _in_margin(line, page)
            and (_is_number(line, n in edges[i], len(pages)) or _comes_back(line, i, places, pages))
        )
        for i, page in enumerate(pages)
    ]


def _in_margin(line: Line, page: RawPage) -> bool:
    height = page.extent[1]
    return len(line.text) <= _LONGEST and (line.v1 < _MARGIN * height or line.v0 > (1 - _MARGIN) * height)


def _pattern(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold()).strip()


def _edge_lines(page: RawPage) -> set[int]:
    """The topmost and the lowest line: a bare number is a page number only there."""
    if not page.lines:
        return set()
    order = range(len(page.lines))
    return {min(order, key=lambda n: page.lines[n].v0), max(order, key=lambda n: page.lines[n].v1)}


def _is_number(line: Line, at_edge: bool, pages: int) -> bool:
    if _EXPLICIT.fullmatch(line.text.strip()):
        return True
    return at_edge and pages > 1 and _PAGE_NUMBER.match(line.text) is not None


def _comes_back(
    line: Line, page: int, places: dict[str, list[tuple[int, float]]], pages: Sequence[RawPage]
) -> bool:
    same = {i for i, v0 in places[_pattern(line.text)] if i != page and abs(v0 - line.v0) < _SAME_HEIGHT}
    # Left and right pages may differ, and a first page may have none: a third of the pages is enough.
    return len(same) + 1 >= max(2, len(pages) / 3)
