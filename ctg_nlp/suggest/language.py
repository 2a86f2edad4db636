"""English without a trained model: spaCy's tokenizer, and the flat form of a passage that patterns read.

A site that has a trained pipeline may use it elsewhere; nothing here needs one or downloads one.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import spacy
from spacy.language import Language

_CHUNK = re.compile(r"\S+")
_KEPT = 50_000  # pieces of text
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "\u2011": "-"})


@functools.cache
def english() -> Language:
    """The blank English pipeline, made once."""
    return spacy.blank("en")


@dataclass(frozen=True, slots=True)
class Flat:
    """A text as lower-case tokens with one space around each: " the heads ' views ".

    `starts[i]` is where token i begins in `text`; `spans[i]` are its offsets in the original.
    """

    text: str
    starts: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]

    def token_at(self, position: int) -> int:
        """The token that stands at a position of `text`."""
        return bisect_right(self.starts, position) - 1


@functools.lru_cache(maxsize=_KEPT)
def _tokens(chunk: str) -> tuple[tuple[str, int, int], ...]:
    """The tokens of a text without blanks: in lower case, where each begins, and where it ends."""
    return tuple((t.lower_, t.idx, t.idx + len(t.text)) for t in english().make_doc(chunk) if not t.is_space)


def flatten(text: str) -> Flat:
    """The flat form of a text; typographic quotation marks and dashes count as plain ones.

    spaCy's tokenizer cuts at blanks first and then each piece by itself. Pieces come back: each is cut once.
    """
    words: list[str] = []
    spans: list[tuple[int, int]] = []
    for chunk in _CHUNK.finditer(text.translate(_PLAIN)):
        offset = chunk.start()
        for word, begin, end in _tokens(chunk.group()):
            words.append(word)
            spans.append((offset + begin, offset + end))
    starts = accumulate((len(word) + 1 for word in words[:-1]), initial=1) if words else ()
    return Flat(f" {' '.join(words)} ", tuple(starts), tuple(spans))
