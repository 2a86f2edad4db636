"""What a finder of facts gives, and quotes cut to a length that people read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ctg_nlp.records import Evidence, Passage, Status

LONGEST_QUOTE = 60  # words
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class FactFinding:
    """A fact: its value (None: it cannot be told), how sure from 0 to 1, and what says so, best first."""

    value: int | str | None
    score: float
    evidence: tuple[Evidence, ...]


def evidence_of(
    passage: Passage,
    start: int,
    end: int,
    status: Status = Status.ASSERTED,
    because: tuple[str, ...] = (),
) -> Evidence:
    """The passage as evidence; of one over 60 words the 60 around `start` to `end` (offsets within it)."""
    a, b = _window(passage.text, start, end)
    place = (passage.page, passage.start + a, passage.start + b)
    return Evidence(*place, passage.text[a:b], status=status, because=because)


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    words = [m.span() for m in _WORD.finditer(text)]
    if len(words) <= LONGEST_QUOTE:
        return (words[0][0], words[-1][1]) if words else (0, len(text))
    first = next((i for i, w in enumerate(words) if w[1] > start), 0)
    last = next((i for i, w in enumerate(words) if w[1] >= end), len(words) - 1)
    spare = max(0, LONGEST_QUOTE - (last - first + 1))
    begin = max(0, min(first - spare // 2, len(words) - LONGEST_QUOTE))
    return words[begin][0], words[min(begin + LONGEST_QUOTE, len(words)) - 1][1]
