"""The card of a training: its figures are out-of-fold, before the framework's constraints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.records import DecidedReport
from ctg_nlp.suggest.card import BY_ABSENCE, BY_FACT, LEARNED, TOO_FEW, Card, CodeCard, Totals
from ctg_nlp.suggest.cues import Key
from ctg_nlp.suggest.judging import Pair
from ctg_nlp.suggest.measures import CodeMeasures, by_code, totals
from ctg_nlp.suggest.training import Trained


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
    pairs = tuple(_pairs(trained, reports))
    figures = {(m.dimension, m.code): m for m in by_code(pairs)}
    thresholds = dict(zip(classifier.codes, classifier.thresholds, strict=True))
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
        totals=_totals(pairs),
        codes=tuple(
            _code_card(d, c, reports, thresholds, figures) for d in framework.dimensions for c in d.codes
        ),
        calibration=(classifier.calibration.offset, classifier.calibration.slope),
        following=(classifier.following.offset, classifier.following.slope, classifier.following.rule),
        words_threshold=classifier.words_threshold,
    )


def _pairs(trained: Trained, reports: Sequence[DecidedReport]) -> Iterator[Pair]:
    classifier = trained.classifier
    for report, row in zip(reports, trained.scores.tolist(), strict=True):
        for key, threshold, score in zip(classifier.codes, classifier.thresholds, row, strict=True):
            if key in report.present or key in report.absent:
                yield Pair(report.report_id, key, score, score >= threshold, key in report.present)


def _code_card(
    dimension: Dimension,
    code: Code,
    reports: Sequence[DecidedReport],
    thresholds: Mapping[Key, float],
    figures: Mapping[Key, CodeMeasures],
) -> CodeCard:
    key: Key = (dimension.id, code.id)
    counts = sum(key in r.present for r in reports), sum(key in r.absent for r in reports)
    if key not in thresholds:
        state = BY_FACT if dimension.fact else BY_ABSENCE if code.missing else TOO_FEW
        return CodeCard(*key, state, *counts)
    mine = figures[key]
    return CodeCard(
        *key,
        LEARNED,
        *counts,
        threshold=thresholds[key],
        precision=_rounded(mine.counts.precision),
        recall=_rounded(mine.counts.recall),
        f1=_rounded(mine.counts.f1),
        average_precision=_rounded(mine.average_precision),
    )


def _totals(pairs: Sequence[Pair]) -> Totals:
    found = totals(pairs)
    return Totals(
        micro_f1=_rounded(found.micro.f1) or 0.0,
        precision=_rounded(found.micro.precision) or 0.0,
        recall=_rounded(found.micro.recall) or 0.0,
        mean_average_precision=_rounded(found.mean_average_precision) or 0.0,
        calibration_error=_rounded(found.ece) or 0.0,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
