"""The second rater: a classifier that learned from coders' decisions, and what it says of one report.

Passages are judged by their words, then together with the cues and their assertion status, then the report
by its best passages. The last score is calibrated (Platt 1999) and held against a threshold of the code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sparse

from ctg_nlp.framework import Framework
from ctg_nlp.records import Evidence, Opinion, Passage, Status
from ctg_nlp.suggest.assertion import COUNTED
from ctg_nlp.suggest.counting import Counting
from ctg_nlp.suggest.cues import CueReading, Key
from ctg_nlp.suggest.findings import evidence_of
from ctg_nlp.suggest.joining import (
    LEAST_CHANCE,
    Codes,
    Floats,
    Joiner,
    RatedReport,
    candidates,
    passage_features,
    rated_report,
    report_features,
)
from ctg_nlp.suggest.passage_model import PassageModel
from ctg_nlp.suggest.passage_text import PassageText

_MOST_QUOTES = 3
_EXPLAINED = 2  # quotes; the third is there in case the first two are not enough
_WORTH_SHOWING = 0.1  # of a passage's score, after the first
_NEARLY = 0.75  # of its threshold: from there on the words that spoke for a code are told
_LIKELY, _DOUBTED = 0.5, 0.25  # by its words, and after all was weighed


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over log-odds: Platt's calibration, or what a rule adds to a score."""

    offset: float
    slope: float
    rule: float = 0.0

    def at(self, score: float, rule: float = 0.5) -> float:
        """The probability for a score, and where a code follows from others for how far its rules hold."""
        z = self.offset + self.slope * _log_odds(score) + self.rule * _log_odds(rule)
        return float(1 / (1 + math.exp(-z)))


def _log_odds(p: float) -> float:
    p = min(max(p, LEAST_CHANCE), 1 - LEAST_CHANCE)
    return math.log(p / (1 - p))


@dataclass(frozen=True, slots=True)
class Learned:
    """What the classifier says of one code: a calibrated score, its threshold, its quotes, its opinion by
    words alone. `held_back` are passages that sound like it and did not count. `raw` is not calibrated."""

    score: float
    threshold: float
    opinion: Opinion
    evidence: tuple[Evidence, ...]
    held_back: tuple[Evidence, ...]
    raw: float
    calibration: Curve
    following: Curve

    def with_rule(self, holds: float) -> float:
        """The calibrated score where the code follows from others, of which `holds` says how likely."""
        return self.calibration.at(self.following.at(self.raw, holds))


@dataclass(frozen=True, slots=True)
class Classifier:
    """All that was learned. `codes` are those with enough decisions; `thresholds` are theirs."""

    model_id: str
    framework_id: str
    codes: tuple[Key, ...]
    text: PassageText
    words: PassageModel
    counting: Counting
    known: Codes
    passage_joiner: Joiner
    report_joiner: Joiner
    following: Curve
    calibration: Curve
    thresholds: tuple[float, ...]
    words_threshold: float

    def rate(
        self, framework: Framework, passages: Sequence[Passage], reading: CueReading
    ) -> Mapping[Key, Learned]:
        """What it says of every code that it learned, for one report."""
        if not passages:
            return {}
        rows = self.text.of(passages)
        counting = self.counting.log_odds([p.text for p in passages])
        probabilities = self.words.probabilities(rows)
        report = rated_report(framework, self.codes, passages, reading, probabilities, counting)
        scores = passage_scores(report, self.known, self.passage_joiner)
        raw = self.report_joiner.chance(report_features(report, self.known, scores))
        likely = probabilities.max(0)
        explain = _Explainer(self, passages, rows)
        said = {}
        for c, key in enumerate(self.codes):
            score = self.calibration.at(raw[c])
            near = score >= _NEARLY * self.thresholds[c]
            said[key] = Learned(
                score,
                self.thresholds[c],
                Opinion(self.model_id, round(float(likely[c]), 4), bool(likely[c] >= self.words_threshold)),
                tuple(_evidence(passages, scores[:, c], partial(explain, c) if near else None)),
                tuple(_held_back(framework, key, passages, reading, probabilities[:, c], scores[:, c])),
                float(raw[c]),
                self.calibration,
                self.following,
            )
        return said


class _Explainer:
    """The words that weighed most in a passage; what codes share is worked out once."""

    def __init__(self, classifier: Classifier, passages: Sequence[Passage], rows: sparse.csr_matrix) -> None:
        self.classifier, self.passages, self.rows = classifier, passages, rows
        self._known: dict[int, tuple[Any, Floats]] = {}

    def __call__(self, code: int, passage: int) -> tuple[str, ...]:
        if passage not in self._known:
            items = self.classifier.text.items_of_words(self.passages[passage].text)
            self._known[passage] = items, self.rows[passage].toarray()[0]
        return self.classifier.words.weightiest(*self._known[passage], code)


def _evidence(
    passages: Sequence[Passage], scores: Floats, explain: Callable[[int], tuple[str, ...]] | None
) -> Iterator[Evidence]:
    """The passages that show a code best, from their scores (passages,)."""
    for n, i in enumerate(np.argsort(-scores, kind="stable")[:_MOST_QUOTES].tolist()):
        if scores[i] <= 0 or (n and scores[i] < _WORTH_SHOWING):
            return
        because = explain(i) if explain and n < _EXPLAINED else ()
        at = max(passages[i].text.find(because[0]), 0) if because else 0
        yield evidence_of(passages[i], at, at + 1, because=because)


def passage_scores(report: RatedReport, codes: Codes, joiner: Joiner) -> Floats:
    """(passages, codes): how far each passage shows each code after all was weighed; 0 if not looked at."""
    passage, code = candidates(report)
    scores = np.zeros(report.probabilities.shape)
    if len(passage):
        scores[passage, code] = joiner.chance(passage_features(report, codes, passage, code))
    return scores


def _held_back(
    framework: Framework,
    key: Key,
    passages: Sequence[Passage],
    reading: CueReading,
    likely: Floats,
    scores: Floats,
) -> list[Evidence]:
    """Passages that sound like the code and were doubted, with the status that speaks against them."""
    dimension = framework.dimension(key[0])
    assert dimension is not None
    doubted = np.flatnonzero((likely >= _LIKELY) & (scores < _DOUBTED))
    found = []
    for i in doubted[np.argsort(-likely[doubted])][:_MOST_QUOTES].tolist():
        against = [s for s in Status if s in reading.triggered[i] and s not in COUNTED[dimension.counts]]
        if against:
            found.append(evidence_of(passages[i], 0, 1, against[0]))
    return found
