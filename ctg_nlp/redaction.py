"""How a quotation may be shortened: the words of the report in their order, and a mark for whatever is left
out.

What a person writes in square brackets stands for what it replaces: "[...]" for words left out, other words
for a clarification ("[pupils in receipt of]"). Nothing can be left out or changed without such a mark. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OMITTED = "[...]"
_MARK = re.compile(r"(\[[^\[\]]*\])")
_OMISSION = re.compile(r"\[\s*(?:\.\s?\.\s?\.|…)\s*\]")


class NotTheSource(ValueError):
    """A text that is not the report's words with marks; the message says where it departs."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a mark of the text stands for: `words` of the source (perhaps none), and the mark itself."""

    words: str
    instead: str


def plain(text: str) -> str:
    """A text on one line, every omission marked in the same way."""
    return _OMISSION.sub(OMITTED, " ".join(text.split()))


def cuts(quote: str, text: str) -> tuple[Cut, ...]:
    """What was replaced in a text, in order. Raises `NotTheSource` where the text is anything but the
    words of the quote with marks for what is left out."""
    source, wanted = " ".join(quote.split()), plain(text)
    pieces = [p for p in _MARK.split(wanted) if p]
    last = max((n for n, p in enumerate(pieces) if p.strip() and not _MARK.fullmatch(p)), default=-1)
    found: list[Cut] = []
    at, mark = 0, ""
    for n, piece in enumerate(pieces):
        if _MARK.fullmatch(piece):
            own = not mark and source[at:].lstrip().startswith(piece)
            at = _after(source, at, piece) if own else at
            mark += "" if own else piece
        elif piece.strip():
            start = _place(source, piece.strip(), at, mark, n == last and not any(pieces[n + 1 :]))
            if mark:
                found.append(Cut(source[at:start].strip(), mark))
            at, mark = start + len(piece.strip()), ""
    rest = source[at:].strip()
    if mark:
        found.append(Cut(rest, mark))
    elif rest:
        raise NotTheSource(f"“{_shortly(rest)}” is left out without a mark: put {OMITTED} in its place.")
    return tuple(found)


def _after(source: str, at: int, piece: str) -> int:
    return source.index(piece, at) + len(piece)


def _place(source: str, words: str, at: int, mark: str, ends: bool) -> int:
    """Where words stand in the source at or after a place. Raises `NotTheSource`."""
    if mark:
        start = len(source) - len(words) if ends and source.endswith(words) else source.find(words, at)
        if start >= at:
            return start
        raise NotTheSource(f"“{_shortly(words)}” is not what the report says there.")
    start = at + (len(source[at:]) - len(source[at:].lstrip()))
    if source.startswith(words, start):
        return start
    same = next((n for n, (a, b) in enumerate(zip(source[start:], words, strict=False)) if a != b), 0)
    raise NotTheSource(
        f"“{_shortly(words[max(0, same - 10) :])}” departs from the report’s words without a mark: "
        f"put {OMITTED} or [your words] where something is left out or said otherwise."
    )


def _shortly(words: str, most: int = 60) -> str:
    return words if len(words) <= most else f"{words[:most].rstrip()} …"
