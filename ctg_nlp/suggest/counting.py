"""Whether a passage sounds like one that counts, whatever it is about: learned from near misses.

Plans, denials and other people's projects are put in many ways that no list of triggers holds. The
examples of a framework show them for every dimension; their function words are enough to tell many apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from ctg_nlp.framework import Example
from ctg_nlp.suggest.vocabulary import Floats, Vocabulary

_LEAST = 50  # examples of each kind; fewer teach topics, not wording


@dataclass(frozen=True, slots=True)
class Counting:
    """The learned judgement: a weight for each item of wording. Without any it judges nothing."""

    wording: Vocabulary
    weights: Floats
    offset: float

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """For each text the log-odds that it does not count; 0 where nothing was learned."""
        if not len(self.wording) or not texts:
            return np.zeros(len(texts))
        return np.asarray(self.wording.matrix(texts) @ self.weights) + self.offset


def fit_counting(examples: Sequence[Example], *, seed: int) -> Counting:
    """Learn from examples that show a code and from near misses that show none."""
    texts = [e.text for e in examples]
    misses = [not e.codes for e in examples]
    if min(sum(misses), len(misses) - sum(misses)) < _LEAST:
        return Counting(Vocabulary("wording", (), np.zeros(0)), np.zeros(0), 0.0)
    wording = Vocabulary.fitted("wording", texts)
    judge = LogisticRegression(C=5, class_weight="balanced", max_iter=1000, random_state=seed)
    judge.fit(wording.matrix(texts), misses)
    return Counting(wording, judge.coef_[0], float(judge.intercept_[0]))
