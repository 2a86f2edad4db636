"""Whether a passage sounds like one that counts, whatever it is about: learned from near misses.

Plans, denials and other people's projects are put in many ways that no list of triggers holds. The
examples of a framework show them for every dimension; their function words are enough to tell many apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

from ctg_nlp.framework import Example

_LEAST = 50  # examples of each kind; fewer teach topics, not wording
_TOKEN = r"(?u)\b\w+\b|n't|\?"


@dataclass(frozen=True, slots=True)
class Counting:
    """The learned judgement; without enough near misses it has no `model` and judges nothing."""

    model: Pipeline | None

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """For each text the log-odds that it does not count; 0 where nothing was learned."""
        if self.model is None or not texts:
            return np.zeros(len(texts))
        return np.asarray(self.model.decision_function(texts))


def fit_counting(examples: Sequence[Example], *, seed: int) -> Counting:
    """Learn from examples that show a code and from near misses that show none."""
    texts = [e.text for e in examples]
    misses = [not e.codes for e in examples]
    if min(sum(misses), len(misses) - sum(misses)) < _LEAST:
        return Counting(None)
    words = TfidfVectorizer(ngram_range=(1, 3), min_df=2, sublinear_tf=True, token_pattern=_TOKEN)
    judge = LogisticRegression(C=5, class_weight="balanced", max_iter=1000, random_state=seed)
    return Counting(make_pipeline(words, judge).fit(texts, misses))
