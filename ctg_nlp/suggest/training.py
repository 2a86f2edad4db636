"""Learning from decisions: out-of-fold at every step, so that no figure rests on what was learned from it.

A fold is drawn from a group's id, so it stays the same whatever other reports there are: two models can be
compared on the folds of the reports that both have seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ctg_nlp.framework import Example, Framework
from ctg_nlp.records import DecidedReport
from ctg_nlp.suggest.classifier import Classifier, Curve, passage_scores
from ctg_nlp.suggest.counting import fit_counting
from ctg_nlp.suggest.cues import CueRater, Key
from ctg_nlp.suggest.follows import rule_score
from ctg_nlp.suggest.joining import (
    Codes,
    Floats,
    Joiner,
    RatedReport,
    candidates,
    fit_joiner,
    log_odds,
    passage_features,
    rated_report,
    report_features,
)
from ctg_nlp.suggest.passage_model import ExampleLabels, PassageLabels, PassageModel, fit_passages
from ctg_nlp.suggest.passage_text import PassageText
from ctg_nlp.suggest.thresholds import best_threshold, code_thresholds

VERSION = "1"
FOLDS = 5
LEAST_REPORTS = 8
LEAST_PRESENT = 3
"""Reports on which a code must be present, and absent, before it is learned; until then cues carry it."""

Bools = NDArray[np.bool_]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training. `scores` are out-of-fold and calibrated, (reports, codes) in the order of
    `report_ids` and of the classifier's codes."""

    classifier: Classifier
    report_ids: tuple[str, ...]
    folds: tuple[int, ...]
    scores: Floats


@dataclass(frozen=True, slots=True)
class _Material:
    """All reports and examples as numbers. Of r reports, n passages in all, e examples and c codes:
    `report_of` (n,), `present` and `absent` (r, c), `marked` (n, c), `rated` without probabilities."""

    codes: tuple[Key, ...]
    folds: NDArray[np.int64]
    report_of: NDArray[np.int64]
    present: Bools
    absent: Bools
    marked: Bools
    text: PassageText
    rows: sparse.csr_matrix
    example_rows: sparse.csr_matrix
    examples: ExampleLabels
    rated: tuple[RatedReport, ...]


def fold_of(report: DecidedReport, folds: int = FOLDS) -> int:
    """The fold of a report: reports of one group are always in the same."""
    name = report.group_id or report.report_id
    return int.from_bytes(hashlib.sha256(f"fold|{name}".encode()).digest()[:4], "big") % folds


def learnable(framework: Framework, reports: Sequence[DecidedReport]) -> tuple[Key, ...]:
    """The codes that enough decisions can teach, in the framework's order. Facts are not learned."""
    found = []
    for dimension in framework.dimensions:
        for code in dimension.codes:
            key = (dimension.id, code.id)
            present = sum(key in r.present for r in reports)
            absent = sum(key in r.absent for r in reports)
            taught_by_text = not code.missing or bool(code.cues.strong)
            if not dimension.fact and taught_by_text and min(present, absent) >= LEAST_PRESENT:
                found.append(key)
    return tuple(found)


def train(
    framework: Framework,
    reports: Sequence[DecidedReport],
    examples: Sequence[Example],
    *,
    model_id: str,
    seed: int = 0,
) -> Trained | None:
    """Learn a classifier from decided reports and the framework's examples.

    Returns None where there are too few: under 8 reports, or no code present on three and absent on three.
    Raises `ModelError` where no passage was given as evidence.
    """
    codes = learnable(framework, reports)
    if len(reports) < LEAST_REPORTS or not codes:
        return None
    counting = fit_counting(examples, seed=seed)
    m = _material(framework, codes, reports, examples, counting.log_odds)
    known = Codes.of(codes, m.present, m.present | m.absent)

    def passages_without(fold: int | None) -> PassageModel:
        kept = m.folds[m.report_of] != fold if fold is not None else np.ones(len(m.report_of), dtype=bool)
        labels = PassageLabels(m.marked[kept], m.absent[m.report_of[kept]])
        return fit_passages(codes, m.rows[kept], labels, m.example_rows, m.examples, seed=seed)

    probabilities = np.zeros(m.marked.shape)
    for fold in np.unique(m.folds):
        mine = m.folds[m.report_of] == fold
        probabilities[mine] = passages_without(int(fold)).probabilities(m.rows[mine])
    rated = [replace(r, probabilities=probabilities[m.report_of == i]) for i, r in enumerate(m.rated)]
    passage_joiner, shown = _cross_fit(
        m,
        lambda kept: _fit_passage_joiner(m, rated, known, kept, seed),
        lambda model, i: passage_scores(rated[i], known, model),
    )
    features = [report_features(r, known, s) for r, s in zip(rated, shown, strict=True)]
    report_joiner, said = _cross_fit(
        m,
        lambda kept: _fit_report_joiner(m, features, kept, seed),
        lambda model, i: model.chance(features[i]),
    )
    raw = np.array(said)
    following = _fit_following(framework, m, raw)
    followed = _followed(framework, codes, raw, following)
    decided = m.present | m.absent
    calibration = _fit_curve(followed[decided][:, None], m.present[decided])
    scores = np.vectorize(calibration.at)(followed)
    likely = np.array([r.probabilities.max(0, initial=0.0) for r in rated])
    classifier = Classifier(
        model_id=model_id,
        framework_id=framework.framework_id,
        codes=codes,
        text=m.text,
        words=passages_without(None),
        counting=counting,
        known=known,
        passage_joiner=passage_joiner,
        report_joiner=report_joiner,
        following=following,
        calibration=calibration,
        thresholds=code_thresholds(scores, m.present, decided),
        words_threshold=best_threshold(likely[decided], m.present[decided]),
    )
    return Trained(classifier, tuple(r.report_id for r in reports), tuple(m.folds.tolist()), scores)


def _material(
    framework: Framework,
    codes: tuple[Key, ...],
    reports: Sequence[DecidedReport],
    examples: Sequence[Example],
    counting: Callable[[Sequence[str]], Floats],
) -> _Material:
    passages = [p for r in reports for p in r.passages]
    texts = [p.text for p in passages] + [e.text for e in examples]
    text = PassageText.fitted(texts, [p.heading for p in passages])
    rater = CueRater(framework)
    place = {c: i for i, c in enumerate(codes)}
    marked = np.zeros((len(passages), len(codes)), dtype=bool)
    rated, start = [], 0
    for r in reports:
        for key, shown in r.marked.items():
            if key in place and key in r.present:
                marked[[start + i for i in shown], place[key]] = True
        empty = np.zeros((len(r.passages), len(codes)))
        doubts = counting([p.text for p in r.passages])
        rated.append(rated_report(framework, codes, r.passages, rater.read(r.passages), empty, doubts))
        start += len(r.passages)
    return _Material(
        codes=codes,
        folds=np.array([fold_of(r) for r in reports]),
        report_of=np.repeat(np.arange(len(reports)), [len(r.passages) for r in reports]),
        present=np.array([[c in r.present for c in codes] for r in reports]),
        absent=np.array([[c in r.absent for c in codes] for r in reports]),
        marked=marked,
        text=text,
        rows=text.of(passages),
        example_rows=text.matrix([e.text for e in examples], [""] * len(examples)),
        examples=_example_labels(codes, examples),
        rated=tuple(rated),
    )


def _example_labels(codes: Sequence[Key], examples: Sequence[Example]) -> ExampleLabels:
    """An example speaks of its own dimension only, and there only of codes that have examples."""
    spoken = {(e.dimension, c) for e in examples for c in (*e.codes, *e.near)}
    shows = np.array([[d == e.dimension and c in e.codes for d, c in codes] for e in examples], dtype=bool)
    near = np.array([[d == e.dimension and c in e.near for d, c in codes] for e in examples], dtype=bool)
    own = np.array([[d == e.dimension and (d, c) in spoken for d, c in codes] for e in examples], dtype=bool)
    shape = (len(examples), len(codes))
    shows, near, own = shows.reshape(shape), near.reshape(shape), own.reshape(shape)
    return ExampleLabels(shows, near, own & ~shows & ~near)


def _cross_fit(
    m: _Material,
    fit: Callable[[Sequence[int]], Joiner],
    apply: Callable[[Joiner, int], T],
) -> tuple[Joiner, list[T]]:
    """A model of all reports, and for each report what a model says that did not see its fold."""
    everything = list(range(len(m.folds)))
    out: dict[int, T] = {}
    for fold in np.unique(m.folds):
        model = fit([i for i in everything if m.folds[i] != fold])
        out |= {i: apply(model, i) for i in everything if m.folds[i] == fold}
    return fit(everything), [out[i] for i in everything]


def _fit_passage_joiner(
    m: _Material, rated: Sequence[RatedReport], known: Codes, kept: Sequence[int], seed: int
) -> Joiner:
    features, answers = [], []
    for i in kept:
        passage, code = candidates(rated[i])
        marked = m.marked[m.report_of == i][passage, code]
        # An unmarked passage of a report that has the code may show it too: nothing is known of it.
        told = marked | m.absent[i][code]
        features.append(passage_features(rated[i], known, passage[told], code[told]))
        answers.append(marked[told])
    return fit_joiner(np.vstack(features), np.concatenate(answers), seed=seed)


def _fit_report_joiner(m: _Material, features: Sequence[Floats], kept: Sequence[int], seed: int) -> Joiner:
    rows = [features[i][m.present[i] | m.absent[i]] for i in kept]
    answers = [m.present[i][m.present[i] | m.absent[i]] for i in kept]
    return fit_joiner(np.vstack(rows), np.concatenate(answers), seed=seed)


def _fit_following(framework: Framework, m: _Material, raw: Floats) -> Curve:
    rows, answers = [], []
    for i in range(len(raw)):
        for c, holds in _rules(framework, m.codes, raw[i]).items():
            if m.present[i, c] or m.absent[i, c]:
                rows.append([float(log_odds(raw[i, c])), float(log_odds(holds))])
                answers.append(bool(m.present[i, c]))
    if len(set(answers)) < 2:
        return Curve(0.0, 1.0)
    fitted = LogisticRegression(C=1.0).fit(np.array(rows), answers)
    return Curve(float(fitted.intercept_[0]), float(fitted.coef_[0][0]), float(fitted.coef_[0][1]))


def _followed(framework: Framework, codes: Sequence[Key], raw: Floats, curve: Curve) -> Floats:
    scores = raw.copy()
    for i in range(len(raw)):
        for c, holds in _rules(framework, codes, raw[i]).items():
            scores[i, c] = curve.at(raw[i, c], holds)
    return scores


def _rules(framework: Framework, codes: Sequence[Key], scores: Floats) -> dict[int, float]:
    """For each learned code that follows from others, how far its rules hold."""
    given: dict[str, dict[str, float]] = {}
    for (dimension_id, code_id), score in zip(codes, scores.tolist(), strict=True):
        given.setdefault(dimension_id, {})[code_id] = score
    found = {}
    for c, (dimension_id, code_id) in enumerate(codes):
        dimension = framework.dimension(dimension_id)
        code = dimension.code(code_id) if dimension else None
        if code is not None and code.follows:
            found[c] = rule_score(code, given)
    return found


def _fit_curve(scores: Floats, present: Bools) -> Curve:
    """Platt's calibration, on the log-odds."""
    fitted = LogisticRegression(C=1e3).fit(log_odds(scores), present)
    return Curve(float(fitted.intercept_[0]), float(fitted.coef_[0][0]))
