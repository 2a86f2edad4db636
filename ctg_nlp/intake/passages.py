"""Passages: sentences, list items, table rows and headings, each with its place and the heading above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ctg_nlp.records import BlockKind, Page, Passage

LONGEST = 120  # words; longer sentences are cut at a semicolon, or else at a comma

_ABBREVIATIONS = frozenset(
    """
    mr mrs ms dr prof st rev sr jr eg ie etc vs cf al approx nos vol fig p pp dept govt est nat avg
    av max min ref yr yrs wk wks hr hrs mth mths incl excl sch schs gp gps ldr ldrs tchr chn sec
    prim inf jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri
    sat sun
    """.split()
)
_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z0-9£])|[.!?…]+[\"'”’)\]]*\s*$")
_LAST_WORD = re.compile(r"([A-Za-z](?:\.[A-Za-z])+|[A-Za-z]+)\.[\"'”’)\]]*$")


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
    start = 0
    for match in _STOP.finditer(text):
        if match.end() < len(text.rstrip()) and not _ends_sentence(text, start, match):
            continue
        yield from _not_too_long(text, *_trimmed(text, start, match.end()))
        start = match.end()
    if text[start:].strip():
        yield from _not_too_long(text, *_trimmed(text, start, len(text)))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    if match.group()[0] != ".":
        return True
    word = _LAST_WORD.search(text, start, match.end())
    if word is None:
        return True
    said = word.group(1)
    if "." in said:  # e.g., i.e., U.K.
        return False
    return said.lower() not in _ABBREVIATIONS and not (len(said) == 1 and said.isupper())


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _not_too_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while len(text[start:end].split()) > LONGEST:
        cut = _cut(text, start, end)
        yield _trimmed(text, start, cut)
        start, end = _trimmed(text, cut, end)
    if start < end:
        yield start, end


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut a sentence that is too long: after the last mark or space within the limit."""
    spaces = [m.start() for m in re.finditer(r"\s+", text[start:end])]
    limit = start + spaces[LONGEST - 1]
    half = start + spaces[LONGEST // 2 - 1]
    for mark in (";", ":", ",", " "):
        at = text.rfind(mark, half, limit)
        if at >= 0:
            return at + 1
    return limit
