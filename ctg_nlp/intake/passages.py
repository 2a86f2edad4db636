"""Passages: sentences, list items, table rows and headings, each with its place and the heading above it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ctg_nlp.records import BlockKind, Page, Passage

LONGEST = 120  # words; longer sentences are cut at a semicolon, or else at a comma
MOST_LETTERS = 5000  # a passage of more is no writing, and is cut anywhere
_LOOK_BACK = 200  # letters that are enough to tell what stands before a full stop

_ALWAYS = frozenset(
    "mr mrs ms dr prof st rev fr sr jr eg ie vs cf al approx nos vol fig figs dept govt est nat ref".split()
)
"""After these a sentence goes on."""

_NEVER_A_WORD = frozenset(
    """
    etc avg av max yr yrs wk wks hr hrs mth mths incl excl sch schs gp gps ldr ldrs tchr chn prim p pg
    a.m p.m u.k u.s b.a m.a ph.d
    jan feb apr jun jul aug sep sept oct nov dec tue tues wed thu thur thurs fri ltd inc co
    """.split()
)
"""After these it goes on, unless what follows begins as sentences do."""

_CAPITALISED = frozenset("Mar Mon Sat Sun Sec Inf".split())  # in small letters they are words like others
_BEFORE_NUMBER = frozenset("no p pp pg sec ch para fig vol art cl".split())
_OPENERS = frozenset(
    """
    The This These Those That There Then They Their We Our Us It Its He She His Her I My You Your One Some All
    Both Each Every Most Many Few No Not Nobody None In On At By For From With Without As After Before When
    While Where What Who How Why If Although Though Because Since So But And Or Yet However Also Another Other
    Children Pupils Teachers Staff Parents Governors Heads Leaders Schools A An
    """.split()
)
# Nothing is given back and nothing begins within a run of stops: a million of them cost what they must.
_STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?:(?=\s++[\"'“‘(\[]*+[^\W_])|\s*+$)")
_LAST_WORD = re.compile(r"(?<![\w.])([^\W\d_](?:\.[^\W\d_]+)+|[^\W\d_]+)\.[\"'”’)\]]*$")
_LABEL = re.compile(r"\W*(?:\d{1,2}(?:\.\d{1,2})*|[A-Za-z]|[ivxIVX]{1,4})\.")
_NEXT = re.compile(r"\s++[\"'“‘(\[]*+([^\W_]{1,50})")
_SPACES = re.compile(r"\s+")


def passages(pages: Sequence[Page]) -> tuple[Passage, ...]:
    """All passages of a report in reading order; `page.text[p.start:p.end] == p.text`."""
    found: list[Passage] = []
    heading = ""
    for page in pages:
        for block in page.blocks:
            text = page.text[block.start : block.end]
            if block.kind is BlockKind.HEADING:
                heading = " ".join(text.split())
            one = block.kind in (BlockKind.HEADING, BlockKind.TABLE_ROW)
            for start, end in [(0, len(text))] if one else _sentences(text):
                a, b = block.start + start, block.start + end
                above = "" if block.kind is BlockKind.HEADING else heading
                found.append(Passage(page.number, a, b, block.kind, page.text[a:b], above))
    return tuple(found)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start, end = 0, len(text.rstrip())
    for match in _STOP.finditer(text):
        if match.end() < end and not _ends_sentence(text, start, match):
            continue
        yield from _not_too_long(text, *_trimmed(text, start, match.end()))
        start = match.end()
    if text[start:].strip():
        yield from _not_too_long(text, *_trimmed(text, start, len(text)))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    following = _NEXT.match(text, match.end())
    if following is None or following.group(1)[0].islower():
        return False
    if match.group()[0] != ".":
        return True
    if match.end() - start < _LOOK_BACK and _LABEL.fullmatch(text, start, match.end()):
        return False  # the number of a list item stands before its sentence
    begin = max(start, match.end() - _LOOK_BACK)
    begin = max(begin, text.rfind(" ", begin, match.end()) + 1)  # no word reaches over a space
    word = _LAST_WORD.search(text, begin, match.end())
    return word is None or not _abbreviated(word.group(1), following.group(1))


def _abbreviated(said: str, following: str) -> bool:
    """Whether the stop belongs to the word before it and the sentence goes on."""
    low = said.lower()
    if len(said) == 1 and said.isupper():
        return following not in _OPENERS or said != "I"
    if low in _ALWAYS or low in ("e.g", "i.e"):
        return True
    if following[0].isdigit() and low in _BEFORE_NUMBER:
        return True
    if low in _NEVER_A_WORD or said in _CAPITALISED or "." in said:
        return following not in _OPENERS
    return False


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _not_too_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    spaces = [m.start() for m in _SPACES.finditer(text, start, end)]
    first = 0  # of the spaces that are left
    while len(spaces) - first >= LONGEST:
        cut = _cut(text, spaces[first + LONGEST // 2 - 1], spaces[first + LONGEST - 1])
        yield from _pieces(*_trimmed(text, start, cut))
        start, end = _trimmed(text, cut, end)
        first = bisect_left(spaces, start, first)
    yield from _pieces(start, end)


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for at in range(start, end, MOST_LETTERS):
        yield at, min(at + MOST_LETTERS, end)


def _cut(text: str, half: int, limit: int) -> int:
    """Where to cut a sentence that is too long: after the last mark or space within the limit."""
    for mark in ("; ", ": ", ", ", " "):
        at = text.rfind(mark, half, limit + 1)
        if at >= 0:
            return at + 1
    return limit
