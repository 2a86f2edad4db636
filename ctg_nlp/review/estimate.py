"""Coefficients with their intervals, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctg_nlp.review.coefficients import (
    QUICK,
    Coefficients,
    Distance,
    Matrix,
    Pair,
    Unit,
    alphas,
    kappas,
    resampled,
    varied,
)

FEWEST = 10
"""Below so many positives (or, for a dimension, reports) no coefficient is given."""


@dataclass(frozen=True, slots=True)
class Method:
    """By what figures are made: the coefficients, how many resamples, and the seed they are drawn with."""

    coefficients: Coefficients = QUICK
    resamples: int = 1000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient with its 95 % interval; `why` says why there is no value, or no interval:
    in two or three words, and after a colon in more.

    `undefined` is the share of resamples in which it is not defined; the interval is that of the others.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    undefined: float | None = None
    why: str = ""


def refused(units: Sequence[Unit], positives: int) -> Estimate | None:
    """Why there is no coefficient for a code, or None where there can be one."""
    if not units:
        return Estimate(None, why="not double-coded: no report was answered by two")
    if not positives:
        return Estimate(None, why="never present: nobody ever said present, so nothing varies")
    if positives < FEWEST:
        return Estimate(
            None, why=f"below {FEWEST} positives: the table of counts tells more than a coefficient"
        )
    if not varied(units):
        return Estimate(None, why="always present: everybody always said present, so nothing varies")
    return None


def alpha_of_whole(units: Sequence[Unit], measure: Distance, method: Method, name: str) -> Estimate:
    """Alpha of a dimension as a whole, or why there is none. `name` tells its resamples from others'."""
    if not units:
        return Estimate(None, why="not double-coded: no report was decided completely by two")
    if len(units) < FEWEST:
        return Estimate(None, why=f"below {FEWEST} reports: {len(units)} are too few for a coefficient")
    if not varied(units):
        return Estimate(None, why="always the same: everybody always said the same, so nothing varies")
    return alpha_with_interval(units, measure, method, name)


def alpha_with_interval(units: Sequence[Unit], measure: Distance, method: Method, name: str) -> Estimate:
    """Alpha where it is defined for the data as they are."""
    value = method.coefficients.alpha(units, measure)
    if unanimous := _unanimous(value, units):
        return unanimous
    if not method.resamples:
        return Estimate(value)
    kinds, counts = resampled(units, method.resamples, method.seed, name)
    return _estimate(value, alphas(kinds, counts, measure))


def kappa_with_interval(pairs: Sequence[Pair], method: Method, name: str) -> Estimate:
    """Kappa of two coders where it is defined for the data as they are."""
    value = method.coefficients.kappa(pairs)
    if unanimous := _unanimous(value, pairs):
        return unanimous
    if not method.resamples:
        return Estimate(value)
    kinds, counts = resampled(pairs, method.resamples, method.seed, name)
    return _estimate(value, kappas(kinds, counts))


def _unanimous(value: float, units: Sequence[Unit]) -> Estimate | None:
    """Where nobody differed every resample gives 1: no interval, but how many could differ all the same.

    With no case in n the upper 95 % limit of a share is 1 - 0.05^(1/n), near 3/n.
    """
    if any(len(set(u)) > 1 for u in units):
        return None
    most = 100 * (1 - 0.05 ** (1 / len(units)))
    return Estimate(
        value,
        why=f"no disagreement: {len(units)} reports, so there is no interval; with 95 % confidence "
        f"they would differ in at most {most:.0f} % of such reports",
    )


def _estimate(value: float, found: Matrix) -> Estimate:
    defined = found[~np.isnan(found)]
    undefined = 1 - defined.size / found.size
    if not defined.size:
        return Estimate(value, undefined=undefined, why="undefined in all resamples")
    low, high = np.quantile(defined, (0.025, 0.975))
    return Estimate(value, float(low), float(high), undefined)
