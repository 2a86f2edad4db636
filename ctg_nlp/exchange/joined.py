"""The text of a report as one file, as other tools want it, and back to its pages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from ctg_nlp.records import Span

BETWEEN = "\n\n"
"""What stands between two pages."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The texts of all pages, one after the other: `numbers[i]` begins at `starts[i]`, in code points."""

    text: str
    numbers: tuple[int, ...]
    starts: tuple[int, ...]
    lengths: tuple[int, ...]

    def reaches(self, span: Span) -> bool:
        """Whether there is such a stretch, with a character or more."""
        length = dict(zip(self.numbers, self.lengths, strict=True)).get(span.page, 0)
        return 0 <= span.start < span.end <= length

    def place(self, span: Span) -> tuple[int, int]:
        """Where a stretch of a page stands in the text. Raises `ValueError` where the page does not reach."""
        i = self.numbers.index(span.page)
        if not 0 <= span.start <= span.end <= self.lengths[i]:
            raise ValueError(f"page {span.page} has {self.lengths[i]} characters")
        return self.starts[i] + span.start, self.starts[i] + span.end

    def spans(self, start: int, end: int) -> tuple[Span, ...]:
        """A stretch of the text as stretches of pages; what stands between pages is left out."""
        found = []
        for i in range(max(bisect_right(self.starts, start) - 1, 0), len(self.starts)):
            a, b = max(start - self.starts[i], 0), min(end - self.starts[i], self.lengths[i])
            if a < b:
                found.append(Span(self.numbers[i], a, b))
            if end <= self.starts[i]:
                break
        return tuple(found)


def joined(texts: Mapping[int, str]) -> Joined:
    """The pages (number to text) of one report as one text."""
    numbers = tuple(sorted(texts))
    starts, at = [], 0
    for number in numbers:
        starts.append(at)
        at += len(texts[number]) + len(BETWEEN)
    lengths = tuple(len(texts[n]) for n in numbers)
    return Joined(BETWEEN.join(texts[n] for n in numbers), numbers, tuple(starts), lengths)
