"""Figures of quality, from pairs of what was said and what was decided. Pure: floats and counts come back.

A figure that cannot be told is None, never 0: the precision of a code that was never suggested, the recall
of one that nobody decided to be present.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from ctg_nlp.suggest.judging import Key, Pair, ValueAnswer

LEAST_PRESENT = 3
"""Reports on which a code must be present to enter a macro figure: below that its own figure is chance."""

BINS = 10
_DRAWS = 1000
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Counts:
    """Right suggestions, wrong ones and codes that were missed, with the figures that follow from them."""

    tp: int
    fp: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class CodeMeasures:
    """One code over all reports on which it is decided. `prevalence` is present of decided."""

    dimension: str
    code: str
    decided: int
    present: int
    prevalence: float
    counts: Counts
    average_precision: float | None
    brier: float
    ece: float


@dataclass(frozen=True, slots=True)
class Totals:
    """All codes together. Micro figures count pairs; macro figures are means over the codes present on at
    least three reports (`common`), of precision over those of them that were suggested at all.

    `f1_low` and `f1_high` bound the micro-F1 in 95 of 100 sets of as many reports (bootstrap).
    `evidence_of` right suggestions have a quote by the coder, and `evidence_right` of those overlap it.
    """

    reports: int
    codes: int
    common: int
    pairs: int
    prevalence: float | None
    micro: Counts
    f1_low: float | None
    f1_high: float | None
    macro_precision: float | None
    macro_recall: float | None
    macro_f1: float | None
    mean_average_precision: float | None
    brier: float | None
    ece: float | None
    evidence_right: int
    evidence_of: int
    evidence_overlap: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs with a score from `low` to below `high` (1 is in the last): how many, their mean score, and
    the share that coders decided to be present; both None of an empty bin."""

    low: float
    high: float
    n: int
    mean_score: float | None
    share_present: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far scores can be read as probabilities, over the pairs that `of` names."""

    of: str
    pairs: int
    brier: float | None
    ece: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class ValueMeasures:
    """How often the value of a number or text dimension was right."""

    dimension: str
    decided: int
    right: int
    accuracy: float


def counts(tp: int, fp: int, fn: int) -> Counts:
    """The three counts with precision, recall and F1; F1 is None where nothing was said or present."""
    return Counts(
        tp,
        fp,
        fn,
        precision=tp / (tp + fp) if tp + fp else None,
        recall=tp / (tp + fn) if tp + fn else None,
        f1=2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None,
    )


def counted(pairs: Iterable[Pair]) -> Counts:
    """The counts of some pairs."""
    tp = fp = fn = 0
    for p in pairs:
        tp += p.said and p.present
        fp += p.said and not p.present
        fn += p.present and not p.said
    return counts(tp, fp, fn)


def average_precision(pairs: Sequence[Pair]) -> float | None:
    """The mean of the precision at each present report, ranked by score; reports of equal score share one
    precision. None where the code is present nowhere."""
    if not any(p.present for p in pairs):
        return None
    return float(average_precision_score([p.present for p in pairs], [p.score for p in pairs]))


def brier(pairs: Sequence[Pair]) -> float | None:
    """The mean squared distance of score and decision (Brier 1950,
    doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2): 0 is perfect; None of no pairs."""
    return float(np.mean([(p.score - p.present) ** 2 for p in pairs])) if pairs else None


def reliability(pairs: Sequence[Pair], bins: int = BINS) -> tuple[Bin, ...]:
    """Pairs by score, in bins of equal width from 0 to 1."""
    held: list[list[Pair]] = [[] for _ in range(bins)]
    for p in pairs:
        held[min(int(p.score * bins), bins - 1)].append(p)
    return tuple(
        Bin(
            i / bins,
            (i + 1) / bins,
            len(ps),
            float(np.mean([p.score for p in ps])) if ps else None,
            float(np.mean([p.present for p in ps])) if ps else None,
        )
        for i, ps in enumerate(held)
    )


def calibration(of: str, pairs: Sequence[Pair]) -> Calibration:
    """Brier score, expected calibration error and reliability bins of some pairs."""
    return Calibration(of, len(pairs), brier(pairs), expected_calibration_error(pairs), reliability(pairs))


def expected_calibration_error(pairs: Sequence[Pair], bins: int = BINS) -> float | None:
    """The distance of mean score and share present in each of ten bins of equal width, weighted by the
    pairs in it (Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 29, 2901-2907). None of no pairs."""
    if not pairs:
        return None
    apart = sum(
        b.n * abs(b.mean_score - b.share_present)
        for b in reliability(pairs, bins)
        if b.mean_score is not None and b.share_present is not None
    )
    return apart / len(pairs)


def by_code(pairs: Iterable[Pair]) -> tuple[CodeMeasures, ...]:
    """The figures of each code, in the order in which codes first come."""
    return tuple(_code_measures(key, ps) for key, ps in _grouped(pairs).items())


def _grouped(pairs: Iterable[Pair]) -> Mapping[Key, list[Pair]]:
    found: dict[Key, list[Pair]] = {}
    for p in pairs:
        found.setdefault(p.key, []).append(p)
    return found


def _code_measures(key: Key, pairs: Sequence[Pair]) -> CodeMeasures:
    present = sum(p.present for p in pairs)
    return CodeMeasures(
        *key,
        decided=len(pairs),
        present=present,
        prevalence=present / len(pairs),
        counts=counted(pairs),
        average_precision=average_precision(pairs),
        brier=brier(pairs) or 0.0,
        ece=expected_calibration_error(pairs) or 0.0,
    )


def totals(pairs: Sequence[Pair], *, seed: int = 0) -> Totals:
    """Micro and macro figures of all pairs, with an interval drawn from `seed`."""
    codes = by_code(pairs)
    common = [c for c in codes if c.present >= LEAST_PRESENT]
    low, high = f1_interval(pairs, seed=seed)
    shown = [p.shown for p in pairs if p.shown is not None]
    return Totals(
        reports=len({p.report_id for p in pairs}),
        codes=len(codes),
        common=len(common),
        pairs=len(pairs),
        prevalence=_mean([p.present for p in pairs]),
        micro=counted(pairs),
        f1_low=low,
        f1_high=high,
        macro_precision=_mean([c.counts.precision for c in common]),
        macro_recall=_mean([c.counts.recall for c in common]),
        macro_f1=_mean([c.counts.f1 for c in common]),
        mean_average_precision=_mean([c.average_precision for c in common]),
        brier=brier(pairs),
        ece=expected_calibration_error(pairs),
        evidence_right=sum(shown),
        evidence_of=len(shown),
        evidence_overlap=_mean(shown),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


def f1_interval(pairs: Iterable[Pair], *, seed: int = 0) -> tuple[float | None, float | None]:
    """The middle 95 of 100 micro-F1 over reports drawn with replacement (Efron 1979,
    doi:10.1214/aos/1176344552). (None, None) of fewer than two reports, or nothing said or present."""
    by_report: dict[str, list[Pair]] = {}
    for p in pairs:
        by_report.setdefault(p.report_id, []).append(p)
    n = len(by_report)
    if n < 2:
        return None, None
    each = [counted(by_report[r]) for r in sorted(by_report)]
    table = np.array([(c.tp, c.fp, c.fn) for c in each])
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=_DRAWS) @ table
    told = drawn[drawn.sum(axis=1) > 0]
    if not len(told):
        return None, None
    low, high = np.percentile(2 * told[:, 0] / (told.sum(axis=1) + told[:, 0]), _INTERVAL)
    return float(low), float(high)


def by_dimension(answers: Iterable[ValueAnswer]) -> tuple[ValueMeasures, ...]:
    """How often each number or text dimension was right, by dimension."""
    found: dict[str, list[bool]] = {}
    for a in answers:
        found.setdefault(a.dimension, []).append(a.right)
    return tuple(ValueMeasures(d, len(r), sum(r), sum(r) / len(r)) for d, r in sorted(found.items()))
