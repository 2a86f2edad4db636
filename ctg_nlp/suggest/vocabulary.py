"""Texts as rows of tf-idf weights over a vocabulary that was learned once.

What the items of a text are, and which of them make up a vocabulary, is scikit-learn's; its numbers are
kept as plain arrays, so that a model's file holds no objects. Weights are sublinear tf times idf, each row
of length 1 (Salton and Buckley 1988, doi:10.1016/0306-4573(88)90021-0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_TOKEN = r"(?u)\b\w+\b|[£%?]|n't"
_ITEMS: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": _TOKEN},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
    "headings": {"token_pattern": _TOKEN},
    "wording": {"ngram_range": (1, 3), "token_pattern": _TOKEN},
}
"""Kinds of items: words and pairs; groups of 3 to 5 letters within words; words; up to three words."""
_KEPT_WORDS = 50_000


class Vocabulary:
    """The items of one kind that a set of texts has in common; `terms[i]` has the weight `idf[i]`."""

    def __init__(self, kind: str, terms: Sequence[str], idf: Floats) -> None:
        self.kind, self.terms, self.idf = kind, tuple(terms), idf
        self._place = {term: i for i, term in enumerate(self.terms)}
        self._items: Callable[[str], list[str]] = TfidfVectorizer(**_ITEMS[kind]).build_analyzer()
        # Groups of letters depend on one word alone, and words come back: what each is made of is kept.
        self._in_word = lru_cache(maxsize=_KEPT_WORDS)(self._columns)

    @classmethod
    def fitted(
        cls, kind: str, texts: Sequence[str], *, least: int = 2, most: int | None = None
    ) -> Vocabulary:
        """The items that `least` or more of the texts have, the most frequent `most` of them."""
        vectorizer = TfidfVectorizer(min_df=least, max_features=most, **_ITEMS[kind])
        try:
            vectorizer.fit(texts)
        except ValueError:  # scikit-learn's word for a vocabulary without items
            return cls(kind, (), np.zeros(0))
        return cls(kind, vectorizer.get_feature_names_out().tolist(), vectorizer.idf_)

    def __len__(self) -> int:
        return len(self.terms)

    def place(self, term: str) -> int | None:
        """The column of an item, or None."""
        return self._place.get(term)

    def columns(self, text: str) -> Ints:
        """The columns of all items of a text, as often as they stand in it."""
        if self.kind != "letters":
            return self._columns(text)
        return np.concatenate([*map(self._in_word, text.lower().split()), np.zeros(0, dtype=np.int64)])

    def _columns(self, text: str) -> Ints:
        found = (self._place.get(item) for item in self._items(text))
        return np.array([c for c in found if c is not None], dtype=np.int64)

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(texts, items) as float32."""
        shape = (len(texts), len(self))
        rows = [np.unique(self.columns(text), return_counts=True) for text in texts]
        if not rows or not len(self):
            return sparse.csr_matrix(shape, dtype=np.float32)
        at = np.concatenate([columns for columns, _ in rows])
        weights = (1 + np.log(np.concatenate([times for _, times in rows]))) * self.idf[at]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        return normalize(sparse.csr_matrix((weights.astype(np.float32), at, ends), shape=shape), copy=False)
