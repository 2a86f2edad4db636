"""Krippendorff's alpha and Cohen's kappa, for the data as they are and for many resamples of it at once.

Both coefficients depend only on how many reports show each combination of answers. So these are counted
once, a resample of the reports is a drawing of new counts, and a thousand resamples are a matrix of counts.

- alpha = 1 - (disagreement observed within reports) / (disagreement expected among all answers), by a
  distance between answers: Krippendorff 2004, *Content Analysis*, 2nd edition, chapter 11. Any number of
  coders; an answer that is missing is left out, and a report with fewer than two answers with it.
- kappa = (agreement observed - expected) / (1 - expected) of two coders: Cohen 1960,
  doi:10.1177/001316446002000104.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Label = Hashable
Unit = tuple[Label, ...]
"""The answers of all coders on one report."""
Pair = tuple[Label, Label]
Distance = Literal["nominal", "interval", "MASI"]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Where coefficients come from. Each is asked for only where it is defined (`varied`)."""

    name: str
    alpha: Callable[[Sequence[Unit], Distance], float]
    kappa: Callable[[Sequence[Pair]], float]


def distances(kind: Distance, labels: Sequence[Any]) -> Matrix:
    """How far every two answers lie apart: 0 for the same, 1 for different ones (nominal), the squared
    difference (interval), or for sets 1 - Jaccard's index times 1, 2/3, 1/3 or 0 as they are equal, one holds
    the other, they overlap, or share nothing (MASI, Passonneau 2006)."""
    if kind == "nominal":
        return 1 - np.eye(len(labels))
    if kind == "interval":
        numbers = np.array(labels, dtype=np.float64)
        return np.asarray((numbers[:, None] - numbers) ** 2, dtype=np.float64)
    members = sorted({m for label in labels for m in label})
    holds = np.array([[float(m in label) for m in members] for label in labels]).reshape(len(labels), -1)
    shared, sizes = holds @ holds.T, holds.sum(axis=1)
    smaller, union = np.minimum(sizes[:, None], sizes), sizes[:, None] + sizes - shared
    weight = np.where(shared == union, 1.0, np.where(shared == smaller, 2 / 3, 1 / 3))
    # Two empty sets are the same: their union is as empty as what they share.
    return 1 - np.where(union > 0, shared / np.maximum(union, 1), 1.0) * weight


def varied(units: Sequence[Unit]) -> bool:
    """Whether the answers that can be compared are not all the same: else no coefficient is defined."""
    return len({label for unit in units if len(unit) > 1 for label in unit}) > 1


def alphas(kinds: Sequence[Unit], counts: Matrix, kind: Distance) -> Matrix:
    """Alpha for each row of `counts`, which says how many reports of each kind there are; NaN: undefined."""
    labels = list(dict.fromkeys(label for unit in kinds for label in unit))
    apart = distances(kind, labels)
    place = {label: i for i, label in enumerate(labels)}
    said = np.zeros((len(kinds), len(labels)))
    for row, unit in zip(said, kinds, strict=True):
        for label in unit:
            row[place[label]] += 1
    sizes = said.sum(axis=1)
    within = ((said @ apart) * said).sum(axis=1) / (sizes - 1)
    all_said, n = counts @ said, counts @ sizes
    expected = ((all_said @ apart) * all_said).sum(axis=1) / (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - (counts @ within) / expected, np.nan)


def kappas(kinds: Sequence[Unit], counts: Matrix) -> Matrix:
    """Kappa for each row of `counts`, of kinds that are pairs; NaN: undefined."""
    labels = list(dict.fromkeys(label for pair in kinds for label in pair))
    n = counts.sum(axis=1)
    same = counts @ np.array([float(pair[0] == pair[1]) for pair in kinds]) / n
    chance = np.zeros(len(counts))
    for label in labels:
        first, second = (counts @ np.array([float(pair[i] == label) for pair in kinds]) for i in (0, 1))
        chance += first * second / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1 - 1e-12, (same - chance) / (1 - chance), np.nan)


def quick_alpha(units: Sequence[Unit], kind: Distance) -> float:
    """Alpha of the data as they are. Units with fewer than two answers are left out."""
    kinds, counts = tabulated([u for u in units if len(u) > 1])
    return float(alphas(kinds, counts, kind)[0])


def quick_kappa(pairs: Sequence[Pair]) -> float:
    """Kappa of the data as they are."""
    kinds, counts = tabulated(pairs)
    return float(kappas(kinds, counts)[0])


QUICK = Coefficients("ctg_nlp", quick_alpha, quick_kappa)


def tabulated(units: Sequence[Unit]) -> tuple[list[Unit], Matrix]:
    """The kinds of units, and a row with how many there are of each."""
    found = Counter(units)
    return list(found), np.array([list(found.values())], dtype=np.float64)


def resampled(units: Sequence[Unit], resamples: int, seed: int, name: str = "") -> tuple[list[Unit], Matrix]:
    """The kinds of units, and a row of counts for each resample of the units with replacement.

    The same units in any order, seed and `name` (of what is estimated) give the same resamples.
    """
    found = sorted(Counter(units).items(), key=lambda item: _sorting(item[0]))
    shares = np.array([count for _, count in found]) / len(units)
    draw = np.random.default_rng([seed, zlib.crc32(name.encode())])
    counts = draw.multinomial(len(units), shares, size=resamples).astype(np.float64)
    return [unit for unit, _ in found], counts


def _sorting(unit: Unit) -> str:
    """A text to order units by that does not hang on the order of a set's members."""
    return repr([sorted(x) if isinstance(x, frozenset) else x for x in unit])
