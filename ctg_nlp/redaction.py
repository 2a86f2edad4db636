"""How a quotation may be shortened: the words of the report in their order, and a mark for whatever is left
out.

What a person writes in square brackets stands for what it replaces: "[...]" for words left out, other words
for a clarification ("[pupils in receipt of]"). Nothing can be left out or changed without such a mark, but
for typography that reading a page may have broken: quotation marks, hyphens and spaces. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

OMITTED = "[...]"
_MARK = re.compile(r"(\[[^\[\]]*\])")
_ALIKE = str.maketrans("‘’‚‛`´′“”„‟«»″\u00ad‐‑‒—―−", "'''''''\"\"\"\"\"\"\"---––––")
"""Signs that look alike on a page, by the one that stands for them."""
_IN_WORDS = re.compile(r"(?<=[^\W\d_])-\s*(?=[^\W\d_])")
_QUOTES = re.compile(r"\"|(?<!\w)'|'(?!\w)")
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
    words of the quote with marks for what is left out, its typography perhaps corrected."""
    source = " ".join(quote.split())
    found, at = _aligned(source, text)
    return tuple(Cut(source[at[start] : at[end]].strip(), mark) for start, end, mark in found)


def is_mended(quote: str, text: str) -> bool:
    """Whether the typography of a text, which is of this quote, was corrected."""
    try:
        _replaced(" ".join(quote.split()), _pieces(text))
    except NotTheSource:
        return True
    return False


def _pieces(text: str) -> list[str]:
    return [p for p in _MARK.split(plain(text)) if p]


Span = tuple[int, int, str]


def _aligned(source: str, text: str) -> tuple[list[Span], Sequence[int]]:
    """The replaced stretches with their marks, and where each place of these stands in the source: word for
    word if it can be, else with typography left aside. Raises `NotTheSource`."""
    pieces = _pieces(text)
    try:
        return _replaced(source, pieces), range(len(source) + 1)
    except NotTheSource:
        bare, at = _bare(source)
        try:
            return _replaced(bare, [p if _MARK.fullmatch(p) else _bare(p)[0] for p in pieces]), at
        except NotTheSource:
            pass
        raise


def _bare(text: str) -> tuple[str, list[int]]:
    """A text without what reading a page may break, and where each of its characters stands (and its end):
    no quotation marks but apostrophes within words, no hyphens within words, spaces only between words."""
    kept = _IN_WORDS.sub(lambda m: "\0" * len(m[0]), text.translate(_ALIKE))
    kept = _QUOTES.sub(" ", kept).replace("–", "-")  # a dash joins no word, but may stand for a hyphen
    places = [(c, i) for i, c in enumerate(kept) if c != "\0"]
    solid = [n for n, (c, _) in enumerate(places) if c != " "]
    chars, at = "", list[int]()
    for n, m in zip(solid, [*solid[1:], len(places)], strict=True):
        chars, at = chars + places[n][0], [*at, places[n][1]]
        if m < len(places) and m > n + 1 and (places[n][0] + places[m][0]).isalnum():
            chars, at = f"{chars} ", [*at, places[n + 1][1]]
    return chars, [*at, len(text)]


def _replaced(source: str, pieces: Sequence[str]) -> list[Span]:
    last = max((n for n, p in enumerate(pieces) if p.strip() and not _MARK.fullmatch(p)), default=-1)
    found: list[Span] = []
    at, mark = 0, ""
    for n, piece in enumerate(pieces):
        if _MARK.fullmatch(piece):
            own = not mark and source[at:].lstrip().startswith(piece)
            at = _after(source, at, piece) if own else at
            mark += "" if own else piece
        elif piece.strip():
            start = _place(source, piece.strip(), at, mark, n == last and not any(pieces[n + 1 :]))
            if mark:
                found.append((at, start, mark))
            at, mark = start + len(piece.strip()), ""
    rest = source[at:].strip()
    if mark:
        found.append((at, len(source), mark))
    elif rest:
        raise NotTheSource(f"“{_shortly(rest)}” is left out without a mark: put {OMITTED} in its place.")
    return found


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
        f"put {OMITTED} or [your words] where something is left out or said otherwise. Without a mark only "
        "quotation marks, hyphens and spaces can be corrected."
    )


def _shortly(words: str, most: int = 60) -> str:
    return words if len(words) <= most else f"{words[:most].rstrip()} …"
