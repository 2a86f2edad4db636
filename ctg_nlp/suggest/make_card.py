"""The card of a training: figures are out-of-fold, before the framework's constraints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.records import DecidedReport
from ctg_nlp.suggest.card import BY_ABSENCE, BY_FACT, LEARNED, TOO_FEW, Card, CodeCard, Totals
from ctg_nlp.suggest.cues import Key
from ctg_nlp.suggest.joining import Floats
from ctg_nlp.suggest.training import Trained

Bools = NDArray[np.bool_]
_BINS = 10


def make_card(
    trained: Trained,
    framework: Framework,
    reports: Sequence[DecidedReport],
    *,
    made_at: str,
    seed: int,
    libraries: dict[str, str],
    left_out: Sequence[str],
    examples: int,
) -> Card:
    """The card of what `training.train` returned for these reports."""
    classifier = trained.classifier
    present = np.array([[c in r.present for c in classifier.codes] for r in reports])
    decided = np.array([[c in r.present or c in r.absent for c in classifier.codes] for r in reports])
    suggested = trained.scores >= np.array(classifier.thresholds)
    return Card(
        model_id=classifier.model_id,
        framework_id=framework.framework_id,
        made_at=made_at,
        seed=seed,
        libraries=libraries,
        decisions=sum(r.decisions for r in reports),
        reports=trained.report_ids,
        folds=trained.folds,
        left_out=tuple(left_out),
        examples=examples,
        totals=_totals(trained.scores, suggested, present, decided),
        codes=tuple(
            _code_card(d, c, reports, trained, suggested) for d in framework.dimensions for c in d.codes
        ),
        calibration=(classifier.calibration.offset, classifier.calibration.slope),
        following=(classifier.following.offset, classifier.following.slope, classifier.following.rule),
        words_threshold=classifier.words_threshold,
    )


def _code_card(
    dimension: Dimension, code: Code, reports: Sequence[DecidedReport], trained: Trained, suggested: Bools
) -> CodeCard:
    key: Key = (dimension.id, code.id)
    present = np.array([key in r.present for r in reports])
    decided = present | np.array([key in r.absent for r in reports])
    counts = (int(present.sum()), int((decided & ~present).sum()))
    if key not in trained.classifier.codes:
        state = BY_FACT if dimension.fact else BY_ABSENCE if code.missing else TOO_FEW
        return CodeCard(*key, state, *counts)
    c = trained.classifier.codes.index(key)
    precision, recall, f1 = prf(suggested[decided, c], present[decided])
    return CodeCard(
        *key,
        LEARNED,
        *counts,
        threshold=trained.classifier.thresholds[c],
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=_average_precision(trained.scores[decided, c], present[decided]),
    )


def _totals(scores: Floats, suggested: Bools, present: Bools, decided: Bools) -> Totals:
    precision, recall, f1 = prf(suggested[decided], present[decided])
    each = [
        _average_precision(scores[decided[:, c], c], present[decided[:, c], c])
        for c in range(scores.shape[1])
    ]
    known = [ap for ap in each if ap is not None]
    return Totals(
        micro_f1=f1 or 0.0,
        precision=precision or 0.0,
        recall=recall or 0.0,
        mean_average_precision=round(float(np.mean(known)), 4) if known else 0.0,
        calibration_error=calibration_error(scores[decided], present[decided]),
    )


def prf(suggested: Bools, present: Bools) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1; None where there is nothing to divide by."""
    right, said, true = int((suggested & present).sum()), int(suggested.sum()), int(present.sum())

    def share(a: int, b: int) -> float | None:
        return round(a / b, 4) if b else None

    return share(right, said), share(right, true), share(2 * right, said + true)


def _average_precision(scores: Floats, present: Bools) -> float | None:
    return round(float(average_precision_score(present, scores)), 4) if present.any() else None


def calibration_error(scores: Floats, present: Bools) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    gaps = [
        (bins == b).mean() * abs(scores[bins == b].mean() - present[bins == b].mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return round(float(sum(gaps)), 4)
