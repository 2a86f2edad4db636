"""Limits of a sum from the limits of its parts: MOVER, the method of variance estimates recovery.

Zou and Donner 2008, "Construction of confidence limits about effect measures: a general approach",
Statistics in Medicine 27, 1693-1702, doi:10.1002/sim.3095. The parts are estimated independently.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """An estimate with its limits."""

    estimate: float
    low: float
    high: float


def total(parts: Iterable[Limits]) -> Limits:
    """The sum of the parts: its distance to either limit is the root of the summed squares of theirs."""
    found = tuple(parts)
    estimate = math.fsum(p.estimate for p in found)
    below = math.hypot(*(p.estimate - p.low for p in found))
    above = math.hypot(*(p.high - p.estimate for p in found))
    return Limits(estimate, estimate - below, estimate + above)
