"""Finding a quote that a language model gave among a report's passages: word for word, or not at all.

White space is folded, and quotation marks, apostrophes and dashes are taken alike, since models write them
in their own way. A quote counts from three words on, or where it is a whole passage (a cell, a list item):
a word or two can be found in any report.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ctg_nlp.records import Evidence, Passage
from ctg_nlp.suggest.findings import evidence_of

_SPACE = re.compile(r"\s+")
_ALIKE = str.maketrans("’‘‛`´“”„‟–—‑‐−", "'''''\"\"\"\"-----")
_FEWEST_WORDS = 3


class Quotable:
    """The passages of one report as one folded text, in which quotes are looked for."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        folded = [_folded(p.text) for p in passages]
        self._places = [places for _, places in folded]
        self._starts = [0]
        for text, _ in folded:
            self._starts.append(self._starts[-1] + len(text) + 1)
        self._text = " ".join(text for text, _ in folded)

    def find(self, quote: str, near: int | None = None) -> tuple[Evidence, ...]:
        """The passages that hold a quote, one for each that it runs through; none where it is not there.

        It is looked for in passage `near` first (counted from 0), then from the beginning.
        """
        wanted = _folded(quote)[0].strip()
        for start in self._occurrences(wanted, near):
            parts = list(self._parts(start, start + len(wanted)))
            whole = len(parts) == 1 and parts[0][2] - parts[0][1] == len(self._places[parts[0][0]])
            if whole or len(wanted.split()) >= _FEWEST_WORDS:
                return tuple(self._evidence(*part) for part in parts)
        return ()

    def _occurrences(self, wanted: str, near: int | None) -> Iterator[int]:
        """Where the quote begins in the folded text; it must not begin or end within a word."""
        if not wanted:
            return
        first = r"(?<!\w)" if wanted[0].isalnum() else ""
        last = r"(?!\w)" if wanted[-1].isalnum() else ""
        pattern = re.compile(first + re.escape(wanted) + last)
        if near is not None and 0 <= near < len(self.passages):
            yield from (m.start() for m in pattern.finditer(self._text, self._starts[near]))
        yield from (m.start() for m in pattern.finditer(self._text))

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The passages that a stretch of the folded text runs through, with its offsets in each of them."""
        passage = bisect_right(self._starts, start) - 1
        while passage < len(self.passages) and self._starts[passage] < end:
            offset, length = self._starts[passage], len(self._places[passage])
            a, b = max(start - offset, 0), min(end - offset, length)
            if a < b:
                yield passage, a, b
            passage += 1

    def _evidence(self, passage: int, start: int, end: int) -> Evidence:
        places = self._places[passage]
        return evidence_of(self.passages[passage], places[start], places[end - 1] + 1)


def _folded(text: str) -> tuple[str, list[int]]:
    """The text with white space folded and signs taken alike, and the place of each of its characters."""
    places: list[int] = []
    at = 0
    for m in _SPACE.finditer(text):
        places += [*range(at, m.start()), m.start()]
        at = m.end()
    places += range(at, len(text))
    return _SPACE.sub(" ", text).translate(_ALIKE), places
