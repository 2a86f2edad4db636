"""Exact limits for how many of a finite population have a property, from a simple random sample of it.

The limits are those of Buonaccorsi 1987 ("A note on confidence intervals for proportions in finite
populations", The American Statistician 41, 215-218): two one-sided tests inverted, each at half the error.
They cover at least as often as they say, whatever the true count is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ERROR = 0.05
_SLACK = 1e-9  # so that a tail that equals the error but for rounding counts as equal


@dataclass(frozen=True, slots=True)
class Sampled:
    """A simple random sample of a population: its `size`, and how many of it are present."""

    population: int
    size: int
    present: int


def limits(sample: Sampled, error: float = ERROR) -> tuple[int, int]:
    """The lower and upper limit of the number present in the population; half the error on either side."""
    return lower(sample, error / 2), upper(sample, error / 2)


@lru_cache(maxsize=65536)
def lower(sample: Sampled, error: float) -> int:
    """The fewest present with which so many in the sample are not too surprising. One-sided."""
    low, high = sample.present, sample.population - (sample.size - sample.present)
    while low < high:
        middle = (low + high) // 2
        if _at_least(middle, sample) > error + _SLACK:
            high = middle
        else:
            low = middle + 1
    return low


def upper(sample: Sampled, error: float) -> int:
    """The most present with which so few in the sample are not too surprising. One-sided."""
    absent = Sampled(sample.population, sample.size, sample.size - sample.present)
    return sample.population - lower(absent, error)


def _at_least(present: int, sample: Sampled) -> float:
    """The probability of at least as many in the sample where `present` of the population are."""
    n, population = sample.size, sample.population
    # Too many to be absent from the sample: those values of the count cannot come out.
    first = max(sample.present, n - (population - present))
    found = np.arange(first, min(n, present) + 1)
    if not found.size:
        return 0.0
    f = _log_factorials(1 << population.bit_length())
    logs = (f[present] - f[found] - f[present - found]) - (f[population] - f[n] - f[population - n])
    rest = population - present
    logs += f[rest] - f[n - found] - f[rest - n + found]
    return math.fsum(np.exp(logs).tolist())


@lru_cache(maxsize=32)
def _log_factorials(size: int) -> NDArray[np.float64]:
    found = np.zeros(size + 1)
    found[1:] = np.cumsum(np.log(np.arange(1, size + 1)))
    return found
