"""From what raters say of passages to a score for each passage, and from those to a score for the report.

Stacking (Wolpert 1992, doi:10.1016/S0893-6080(05)80023-1) in two steps, each learned over all codes at once:
with some tens of reports a code has too few positives to teach weights of its own. The first step weighs
a passage's probability, its cues, their assertion status, its kind, its place and its neighbours; the
second weighs a report's best passages. Both average boosted trees and a logistic regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController

from ctg_nlp.errors import ModelError
from ctg_nlp.framework import Framework
from ctg_nlp.records import BlockKind, Passage, Status
from ctg_nlp.suggest.cues import CueReading, Key

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_THREADS = ThreadpoolController()
_CANDIDATES = 6  # passages of a report that are looked at for a code, beside those with a cue
_STATUSES = tuple(Status)
_KINDS = tuple(BlockKind)
LEAST_CHANCE = 1e-4
"""Chances nearer to 0 or 1 than this are taken to be as near."""


@dataclass(frozen=True, slots=True)
class RatedReport:
    """One report as numbers. Of n passages and c codes: `probabilities` by words, and `counted` and `held`
    cue weights, are (n, c); `traits` of the passages (n, t)."""

    probabilities: Floats
    counted: Floats
    held: Floats
    traits: Floats


def rated_report(
    framework: Framework,
    codes: Sequence[Key],
    passages: Sequence[Passage],
    reading: CueReading,
    probabilities: Floats,
    counting: Floats,
) -> RatedReport:
    """The numbers of a report. `counting` is how far each passage sounds like one that counts (log-odds)."""
    shape = (len(passages), len(codes))
    counted, held = np.zeros(shape), np.zeros(shape)
    for c, (dimension_id, code) in enumerate(codes):
        dimension = framework.dimension(dimension_id)
        assert dimension is not None  # a classifier is only used with the framework it was made for
        shown, not_shown = reading.counted(dimension, code), reading.held(dimension, code)
        for mentions, weights in ((shown, counted), (not_shown, held)):
            for m in mentions:
                weights[m.passage, c] = max(weights[m.passage, c], m.weight)
    return RatedReport(probabilities, counted, held, _traits(passages, reading, counting))


def _traits(passages: Sequence[Passage], reading: CueReading, counting: Floats) -> Floats:
    rows = [
        [
            np.log1p(len(p.text.split())),
            i / len(passages),
            *(p.kind is kind for kind in _KINDS),
            *(status in triggered for status in _STATUSES),
        ]
        for i, (p, triggered) in enumerate(zip(passages, reading.triggered, strict=True))
    ]
    width = 2 + len(_KINDS) + len(_STATUSES)  # said, since a report may have no passage
    return np.column_stack([np.array(rows, dtype=float).reshape(len(rows), width), counting])


@dataclass(frozen=True, slots=True)
class Codes:
    """What is the same for all reports: each code's dimension, and how often coders found it (log-odds)."""

    dimension: Ints
    prevalence: Floats

    @classmethod
    def of(cls, codes: Sequence[Key], present: NDArray[np.bool_], decided: NDArray[np.bool_]) -> Codes:
        """From decisions (reports, codes)."""
        names = list(dict.fromkeys(d for d, _ in codes))
        share = (present.sum(0) + 0.5) / (decided.sum(0) + 1)
        return cls(np.array([names.index(d) for d, _ in codes]), log_odds(share))

    @property
    def indicators(self) -> Floats:
        """(codes, dimensions): 1 where the code is of the dimension."""
        return np.eye(int(self.dimension.max()) + 1)[self.dimension]


def log_odds(p: Any) -> Floats:
    """The log-odds of probabilities, kept within bounds."""
    p = np.clip(p, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return np.asarray(np.log(p / (1 - p)))


def candidates(report: RatedReport) -> tuple[Ints, Ints]:
    """The pairs (passage, code) worth a look: the most probable of each code, and those with a cue."""
    taken = (report.counted > 0) | (report.held > 0)
    best = np.argsort(-report.probabilities, axis=0, kind="stable")[:_CANDIDATES]
    np.put_along_axis(taken, best, True, axis=0)
    passage, code = np.nonzero(taken)
    return passage, code


def passage_features(report: RatedReport, codes: Codes, passage: Ints, code: Ints) -> Floats:
    """A row for each pair (passage, code)."""
    p = report.probabilities
    before, after = np.zeros_like(p), np.zeros_like(p)
    before[1:], after[:-1] = p[:-1], p[1:]
    rivals = _best_other(p, codes.dimension)
    return np.column_stack(
        [
            log_odds(p[passage, code]),
            report.counted[passage, code],
            report.held[passage, code],
            log_odds(before[passage, code]),
            log_odds(after[passage, code]),
            log_odds(rivals[passage, code]),
            codes.prevalence[code],
            report.traits[passage],
            codes.indicators[code],
        ]
    )


def _best_other(p: Floats, dimension: Ints) -> Floats:
    """For each passage and code the highest probability of another code of its dimension."""
    best = np.zeros_like(p)
    for d in np.unique(dimension):
        columns = np.flatnonzero(dimension == d)
        if len(columns) < 2:
            continue
        ranked = np.sort(p[:, columns], axis=1)
        first, second = ranked[:, -1:], ranked[:, -2:-1]
        best[:, columns] = np.where(p[:, columns] == first, second, first)
    return best


def report_features(report: RatedReport, codes: Codes, scores: Floats) -> Floats:
    """A row for each code, from the scores of passages (n, c)."""
    best = _top(scores, 3)
    probable = _top(report.probabilities, 2)
    columns = [
        *log_odds(best),
        log_odds(1 - np.prod(1 - _top(scores, 8), axis=0)),
        _top(scores, _CANDIDATES).sum(0),
        *log_odds(probable),
        log_odds(1 - np.prod(1 - report.probabilities, axis=0)),
        np.full(len(codes.prevalence), np.log1p(len(scores))),
        codes.prevalence,
    ]
    return np.column_stack([*columns, codes.indicators])


def _top(values: Floats, most: int) -> Floats:
    """The highest values of each column, in falling order; (most, columns), filled up with 0."""
    ranked = -np.sort(-values, axis=0)[:most]
    return np.vstack([ranked, np.zeros((most - len(ranked), values.shape[1]))])


def _alone() -> AbstractContextManager[object]:
    """Have the trees use one thread within. A few hundred rows are too little to share out: where another
    process uses the processors too, threads that wait for each other took three times the time."""
    alone: AbstractContextManager[object] = _THREADS.limit(limits=1, user_api="openmp")
    return alone


@dataclass(frozen=True, slots=True)
class Joiner:
    """Boosted trees and a logistic regression on standardised features; their probabilities are averaged."""

    trees: HistGradientBoostingClassifier
    scale: StandardScaler
    linear: LogisticRegression

    def chance(self, features: Floats) -> Floats:
        """The probability that each row is positive."""
        with _alone():
            by_trees = self.trees.predict_proba(features)[:, 1]
        by_line = self.linear.predict_proba(self.scale.transform(features))[:, 1]
        return np.asarray((by_trees + by_line) / 2)


def fit_joiner(features: Floats, positive: NDArray[np.bool_], *, seed: int) -> Joiner:
    """Learn from rows of features. Raises `ModelError` unless some are positive and some not."""
    if positive.all() or not positive.any():
        raise ModelError(
            "The decisions teach nothing yet: passages are needed that coders gave as evidence for a code, "
            "and reports from which it is absent. Until then the cues propose."
        )
    trees = HistGradientBoostingClassifier(
        max_iter=120,
        learning_rate=0.06,
        max_leaf_nodes=10,
        min_samples_leaf=40,
        l2_regularization=5,
        early_stopping=False,
        random_state=seed,
    )
    scale = StandardScaler()
    linear = LogisticRegression(C=0.1, max_iter=2000)
    with _alone():
        trees.fit(features, positive)
    return Joiner(trees, scale, linear.fit(scale.fit_transform(features), positive))
