"""English without a trained model: spaCy's tokenizer, and the flat form of a passage that patterns read.

A site that has a trained pipeline may use it elsewhere; nothing here needs one or downloads one.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from dataclasses import dataclass

import spacy
from spacy.language import Language

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


def flatten(text: str) -> Flat:
    """The flat form of a text; typographic quotation marks and dashes count as plain ones."""
    doc = english().make_doc(text.translate(_PLAIN))
    words: list[str] = []
    starts: list[int] = []
    spans: list[tuple[int, int]] = []
    at = 1
    for token in doc:
        word = token.lower_
        if word.isspace():
            continue
        starts.append(at)
        words.append(word)
        spans.append((token.idx, token.idx + len(token.text)))
        at += len(word) + 1
    return Flat(f" {' '.join(words)} ", tuple(starts), tuple(spans))
