"""Running headers, footers and page numbers: what stands on every page and is not the report.

A page is peeled from its edges inwards: a line is furniture only if it lies in the margin, every line
further out is furniture too, and it either reads as the number of its page or comes back (but for its
digits) at about the same height on other pages. So a label in the margin of one page, or a line that
happens to be repeated in the middle of the body, stays where it is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from ctg_nlp.intake.lines import Line, RawPage

_MARGIN = 0.12  # of the page's height, at the top and at the bottom
_NUMBER_MARGIN = 0.3  # a page number that counts up with the pages may stand on a page that is half empty
_MANY_PAGES = 5
_MOST_LINES = 12  # that an edge of a page may have of furniture
_SAME_HEIGHT = 0.015  # of the page's height; a report's scanned pages differ in size and place on the glass
_LONGEST = 150  # characters
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—_|•·~\[(]*(?:(?:page|pg\.?|p\.?)\s*)?(?P<n>\d{1,4}|[ivxlc]{1,6})"
    r"(?:\s*(?:of|/)\s*(?P<of>\d{1,4}))?[\s\-–—_|•·~\])]*$",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(
    r"(?:page|pg\.?)\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?|\d{1,4}\s*(?:of|/)\s*\d{1,4}", re.IGNORECASE
)
_WRITING = re.compile(r"[^\W\d_]{3}")


def furniture_of(pages: Sequence[RawPage]) -> list[frozenset[int]]:
    """For each page the positions of its lines that are furniture.

    Where nothing else would be left of a whole report, its lines are its text and nothing is furniture.
    """
    places = _places(pages)
    offsets = _usual_offsets(pages)
    found = [
        frozenset(_peel(page, i, places, offsets, pages, top=True))
        | frozenset(_peel(page, i, places, offsets, pages, top=False))
        for i, page in enumerate(pages)
    ]
    if all(len(lines) == len(page.lines) for lines, page in zip(found, pages, strict=True)):
        return [frozenset() for _ in pages]
    return found


def _places(pages: Sequence[RawPage]) -> dict[str, list[tuple[int, float]]]:
    """Where each line of the margins stands: its page and its height."""
    places: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for i, page in enumerate(pages):
        for line in page.lines:
            if _in_margin(line, page, _MARGIN):
                places[_pattern(line.text)].append((i, line.v0 / page.extent[1]))
    return places


def _peel(
    page: RawPage,
    number: int,
    places: dict[str, list[tuple[int, float]]],
    offsets: frozenset[int],
    pages: Sequence[RawPage],
    *,
    top: bool,
) -> Iterable[int]:
    """The lines that are furniture, from one edge inwards until the first that is not."""
    numbered = False  # a page has one number; another further in is the mark of a footnote
    for row in _rows_from_edge(page, top=top):
        numbers = [] if numbered else [n for n in row if _is_number(page, n, offsets, len(pages))]
        taken = [n for n in row if n in numbers or _comes_back(page.lines[n], number, places, pages)]
        yield from taken
        numbered = numbered or bool(numbers)
        if len(taken) < len(row):
            return


def _rows_from_edge(page: RawPage, *, top: bool) -> list[list[int]]:
    """The lines nearest to an edge, those of one height together: a footer's number may stand beside it."""
    order = sorted(range(len(page.lines)), key=lambda n: page.lines[n].v0 if top else -page.lines[n].v1)
    rows: list[list[int]] = []
    for n in order[:_MOST_LINES]:
        line = page.lines[n]
        last = page.lines[rows[-1][0]] if rows else None
        if last is not None and min(last.v1, line.v1) - max(last.v0, line.v0) > 0.5 * line.height:
            rows[-1].append(n)
        else:
            rows.append([n])
    return rows


def _in_margin(line: Line, page: RawPage, share: float) -> bool:
    height = page.extent[1]
    return len(line.text) <= _LONGEST and (line.v1 < share * height or line.v0 > (1 - share) * height)


def _pattern(text: str) -> str:
    """What is compared: letters, and a sign for every number; a dash may be read as another on a scan."""
    return re.sub(r"[^\w#]+", " ", re.sub(r"\d+", "#", text.casefold())).strip()


def _numbered(text: str) -> int | None:
    """The number if the line reads as a page number."""
    match = _PAGE_NUMBER.match(text)
    if match is None:
        return None
    said = match["n"].lower()
    if said.isdigit():
        return int(said)
    values = [_ROMAN[c] for c in said]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def _usual_offsets(pages: Sequence[RawPage]) -> frozenset[int]:
    """By how much the numbers printed on the pages differ from their count, where that is steady."""
    seen: Counter[int] = Counter()
    for page in pages:
        outermost = [n for top in (True, False) for row in _rows_from_edge(page, top=top)[:3] for n in row]
        told = {_numbered(page.lines[n].text) for n in outermost if _may_hold_number(page, n, len(pages))}
        seen.update({n - page.number for n in told if n is not None})
    return frozenset(offset for offset, times in seen.items() if times >= max(2, len(pages) / 3))


def _may_hold_number(page: RawPage, n: int, pages: int) -> bool:
    """Over many pages a steady count is proof enough, wherever the text of a page ends."""
    return pages >= _MANY_PAGES or _in_margin(page.lines[n], page, _NUMBER_MARGIN)


def _is_number(page: RawPage, n: int, offsets: frozenset[int], pages: int) -> bool:
    line = page.lines[n]
    in_margin = _in_margin(line, page, _MARGIN)
    if in_margin and _EXPLICIT.fullmatch(line.text.strip()):
        return True
    number = _numbered(line.text)
    if number is None:
        return False
    if number - page.number in offsets and _may_hold_number(page, n, pages):
        return True
    # Where the pages are known to be numbered, other numbers in the margin are the marks of footnotes.
    return not offsets and in_margin and (pages > 1 or number == 1) and number <= max(page.number, pages)


def _comes_back(
    line: Line, page: int, places: dict[str, list[tuple[int, float]]], pages: Sequence[RawPage]
) -> bool:
    pattern = _pattern(line.text)
    if not _WRITING.search(pattern) or line.text.endswith(":") or not _in_margin(line, pages[page], _MARGIN):
        return False
    at = line.v0 / pages[page].extent[1]
    same = {i for i, other in places[pattern] if i != page and abs(other - at) < _SAME_HEIGHT}
    # Left and right pages may differ, and a first page may have none: a third of the pages is enough.
    return len(same) + 1 >= max(2, len(pages) / 3)
