"""Whole numbers that add up: the method of the largest remainder, within limits for each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def apportioned(
    values: Sequence[float], limits: Sequence[tuple[int, int]], whole: int
) -> tuple[int, ...] | None:
    """The values as whole numbers within their limits that add up to `whole`; None where no such are.

    Where the values add up to more or less each moves towards its limit by the same share of the way.
    """
    low, high = sum(a for a, _ in limits), sum(b for _, b in limits)
    if not low <= whole <= high:
        return None
    inside = [min(max(v, a), b) for v, (a, b) in zip(values, limits, strict=True)]
    moved = _moved(inside, limits, whole)
    floors = [min(max(math.floor(v + 1e-9), a), b) for v, (a, b) in zip(moved, limits, strict=True)]
    order = sorted(range(len(moved)), key=lambda i: (floors[i] - moved[i], i))
    short = whole - sum(floors)
    for i in [i for i in order if floors[i] < limits[i][1]][: max(short, 0)]:
        floors[i] += 1
    return tuple(floors) if sum(floors) == whole else None


def _moved(values: Sequence[float], limits: Sequence[tuple[int, int]], whole: int) -> list[float]:
    off = whole - math.fsum(values)
    room = [(b if off > 0 else a) - v for v, (a, b) in zip(values, limits, strict=True)]
    most = math.fsum(room)
    share = off / most if most else 0.0
    return [v + share * r for v, r in zip(values, room, strict=True)]
