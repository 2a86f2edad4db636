"""How likely a passage shows a code, by its words alone: one logistic regression for each code.

Coders' evidence and the framework's examples are positives. Negatives are the passages of reports on which
the code was decided absent, examples of other codes of the dimension, and near misses, which weigh most. The
unmarked passages of a report that has the code are left out: some of them show it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ctg_nlp.suggest.cues import Key

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_POSITIVES = 2
_STRENGTH = 10.0  # inverse of regularisation
_MOST_NEGATIVES = 4000  # for one code, drawn by chance: more cost time and teach little
_WEIGHTS = {"marked": 5.0, "example": 1.0, "near miss": 3.0, "other example": 0.3}


@dataclass(frozen=True, slots=True)
class PassageModel:
    """Weights of all codes: `weights` is (items of the vocabulary, codes), `offsets` (codes,).

    A code that nothing taught has the offset minus infinity: its probability is 0.
    """

    codes: tuple[Key, ...]
    weights: NDArray[np.float32]
    offsets: Floats

    def probabilities(self, rows: sparse.csr_matrix) -> Floats:
        """(passages, codes), from 0 to 1; not calibrated."""
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-(rows @ self.weights + self.offsets))))

    def weightiest(
        self, words: Sequence[tuple[str, NDArray[np.int64]]], row: Floats, code: int, most: int = 4
    ) -> tuple[str, ...]:
        """The words of a passage that spoke most for a code, the weightiest first; at most `most`.

        `words` are those of `PassageText.items_of_words`, `row` the passage's row, not sparse.
        """
        known = [(word, items) for word, items in words if len(items)]
        if not known:
            return ()
        items = np.concatenate([items for _, items in known])
        starts = np.cumsum([0, *(len(items) for _, items in known[:-1])])
        said = np.add.reduceat(row[items] * self.weights[items, code], starts)
        best = np.argsort(-said, kind="stable")[:most].tolist()
        return tuple(known[i][0] for i in best if said[i] > 0)


@dataclass(frozen=True, slots=True)
class PassageLabels:
    """What is known of passages: evidence for a code, or of a report without it; both (passages, codes)."""

    marked: Bools
    absent: Bools


@dataclass(frozen=True, slots=True)
class ExampleLabels:
    """What is known of examples: they show a code, nearly do, or show another; each (examples, codes)."""

    shows: Bools
    near: Bools
    other: Bools

    def taken(self, rows: Bools) -> ExampleLabels:
        """Those of some examples."""
        return ExampleLabels(self.shows[rows], self.near[rows], self.other[rows])


def fit_passages(
    codes: Sequence[Key],
    rows: sparse.csr_matrix,
    labels: PassageLabels,
    example_rows: sparse.csr_matrix,
    examples: ExampleLabels,
    *,
    seed: int,
) -> PassageModel:
    """Learn all codes. `rows` and `example_rows` are those of `PassageText` of the passages and examples.

    One code after the other: liblinear draws from one generator for all threads, so that the same decisions
    would not make the same model.
    """

    def one(c: int) -> tuple[NDArray[np.float32], float] | None:
        positive = np.flatnonzero(labels.marked[:, c])
        shows = np.flatnonzero(examples.shows[:, c])
        if len(positive) + len(shows) < LEAST_POSITIVES:
            return None
        negative = np.flatnonzero(labels.absent[:, c])
        share = 1.0
        if len(negative) > _MOST_NEGATIVES:
            drawn = np.random.default_rng([seed, c]).choice(negative, _MOST_NEGATIVES, replace=False)
            share, negative = len(negative) / _MOST_NEGATIVES, np.sort(drawn)
        near, other = np.flatnonzero(examples.near[:, c]), np.flatnonzero(examples.other[:, c])
        if not len(negative) + len(near) + len(other):
            return None
        sizes = [len(positive), len(shows), len(negative), len(near), len(other)]
        weights = [
            _WEIGHTS["marked"],
            _WEIGHTS["example"],
            share,
            _WEIGHTS["near miss"],
            _WEIGHTS["other example"],
        ]
        model = LogisticRegression(
            C=_STRENGTH, solver="liblinear", dual=True, tol=0.01, max_iter=1000, random_state=seed
        ).fit(
            sparse.vstack(
                [rows[positive], example_rows[shows], rows[negative], example_rows[near], example_rows[other]]
            ),
            np.repeat([1, 1, 0, 0, 0], sizes),
            sample_weight=np.repeat(weights, sizes),
        )
        return model.coef_[0].astype(np.float32), float(model.intercept_[0])

    weights = np.zeros((rows.shape[1], len(codes)), dtype=np.float32)
    offsets = np.full(len(codes), -np.inf)
    for c in range(len(codes)):
        fitted = one(c)
        if fitted is not None:
            weights[:, c], offsets[c] = fitted
    return PassageModel(tuple(codes), weights, offsets)
