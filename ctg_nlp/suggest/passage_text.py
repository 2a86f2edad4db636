"""Passages as numbers: which words, word pairs and letter groups each holds, and those of its heading.

Letter groups within words stand for endings, spelling and abbreviations; words and pairs for meaning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy.sparse as sparse

from ctg_nlp.records import Passage
from ctg_nlp.suggest.vocabulary import Ints, Vocabulary

_MOST_WORDS, _MOST_GROUPS, _MOST_IN_HEADINGS = 30_000, 40_000, 5_000
_GROUP_WEIGHT, _HEADING_WEIGHT = 0.6, 0.3  # beside 1 for words
_KEPT_WORDS = 50_000
_WORD = re.compile(r"\w+")


class PassageText:
    """The vocabularies of a training set."""

    def __init__(self, words: Vocabulary, letters: Vocabulary, headings: Vocabulary) -> None:
        self.words, self.letters, self.headings = words, letters, headings
        self._items_of = lru_cache(maxsize=_KEPT_WORDS)(self._items_of_word)

    @classmethod
    def fitted(cls, texts: Sequence[str], headings: Sequence[str]) -> PassageText:
        """The vocabularies of these texts and headings; rare items are left out."""
        return cls(
            Vocabulary.fitted("words", texts, most=_MOST_WORDS),
            Vocabulary.fitted("letters", texts, least=3, most=_MOST_GROUPS),
            Vocabulary.fitted("headings", headings, most=_MOST_IN_HEADINGS),
        )

    def matrix(self, texts: Sequence[str], headings: Sequence[str]) -> sparse.csr_matrix:
        """One row for each passage, as float32."""
        different = {heading: i for i, heading in enumerate(dict.fromkeys(headings))}
        of_headings = self.headings.matrix(list(different))[[different[h] for h in headings]]
        parts = [
            self.words.matrix(texts),
            _GROUP_WEIGHT * self.letters.matrix(texts),
            _HEADING_WEIGHT * of_headings,
        ]
        return sparse.hstack(parts, format="csr", dtype="float32")

    def of(self, passages: Sequence[Passage]) -> sparse.csr_matrix:
        """The rows of a report's passages."""
        return self.matrix([p.text for p in passages], [p.heading for p in passages])

    def items_of_words(self, text: str) -> list[tuple[str, Ints]]:
        """Each different word of a text, and the columns that are its own: itself and its letter groups."""
        return [(word, self._items_of(word.lower())) for word in dict.fromkeys(_WORD.findall(text))]

    def _items_of_word(self, word: str) -> Ints:
        own, letters = self.words.place(word), self.letters.columns(word) + len(self.words)
        return letters if own is None else np.append(letters, own)
