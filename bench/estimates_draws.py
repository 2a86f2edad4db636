"""All draws of a simulation at once, a row for each: the same figures as the product's, some hundred times
faster. `estimates.py` compares both draw by draw before it trusts these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from estimates_data import Cell
from numpy.typing import NDArray

from ctg_nlp.synthesis.hypergeometric import Sampled, limits
from ctg_nlp.synthesis.provisional import FEW
from ctg_nlp.synthesis.unreached import ENOUGH_OF_EACH

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The limits of a cell in each draw, those of the audit sample alone, and the naive estimates."""

    low: Numbers
    high: Numbers
    alone_low: Numbers
    alone_high: Numbers
    naive: tuple[Numbers, ...]


def decided_of(audit: Mask, order: NDArray[np.int64], done: float) -> Mask:
    """The audit sample, and the first reports of the queue that are not in it."""
    rest = ~audit
    sizes = np.round(done * rest.sum(axis=1)).astype(int)  # halves to even, as `round`
    by_rank = np.take_along_axis(rest, order, axis=1)
    worked = by_rank & (np.cumsum(by_rank, axis=1) <= sizes[:, None])
    found = audit.copy()
    np.put_along_axis(found, order, np.take_along_axis(audit, order, axis=1) | worked, axis=1)
    return found


def estimated(cell: Cell, audit: Mask, decided: Mask) -> Drawn:
    """What the product says of a cell in each draw."""
    truth, size = cell.truth, audit.shape[1]
    there = _reached(cell, audit, decided)
    confirmed = (decided & truth).sum(axis=1)
    most = confirmed + (~decided).sum(axis=1)
    present = (audit & truth).sum(axis=1)
    sampled = audit.sum(axis=1)
    counted = (there & decided & truth).sum(axis=1)
    low, high = _unreached(cell, audit, ~there)
    low, high = _clipped(low + counted, high + counted + (there & ~decided).sum(axis=1), confirmed, most)
    alone = _exact(np.full(len(audit), size), sampled, present)
    by_audit = _clipped(*alone, confirmed, most)
    few = np.minimum(present, sampled - present) < FEW
    use = few & (high - low > by_audit[1] - by_audit[0])
    low, high = np.where(use, by_audit[0], low), np.where(use, by_audit[1], high)
    return Drawn(low, high, *alone, _naive(truth, audit, decided))


def _reached(cell: Cell, audit: Mask, decided: Mask) -> Mask:
    best = np.zeros(len(audit), int)
    found = np.zeros_like(audit)
    for _, keys in cell.orders:
        order = np.lexsort((np.arange(len(keys)), keys))
        rest, done = ~audit[:, order], decided[:, order]
        blocked = np.cumsum(rest & ~done, axis=1) > 0
        passed = rest & ~blocked
        count = passed.sum(axis=1)
        last = audit.shape[1] - np.argmax(passed[:, ::-1], axis=1)
        mine = np.zeros_like(audit)
        mine[:, order] = np.arange(audit.shape[1])[None, :] < np.where(count > 0, last, 0)[:, None]
        better = count > best
        found[better] = mine[better]
        best = np.maximum(best, count)
    return found


def _unreached(cell: Cell, audit: Mask, rest: Mask) -> tuple[Numbers, Numbers]:
    def part(mask: Mask) -> tuple[Numbers, Numbers, Numbers]:
        return mask.sum(axis=1), (mask & audit).sum(axis=1), (mask & audit & cell.truth).sum(axis=1)

    whole, one, two = part(rest), part(rest & cell.suggested), part(rest & ~cell.suggested)
    low, high = _exact(*whole)
    # Without any audit report there nothing is known.
    low, high = np.where(whole[1] > 0, low, 0.0), np.where(whole[1] > 0, high, whole[0])
    apart = np.minimum(whole[2], whole[1] - whole[2]) >= ENOUGH_OF_EACH
    apart &= (one[1] > 0) & (two[1] > 0)
    below, above, middle = np.zeros(len(low)), np.zeros(len(low)), np.zeros(len(low))
    for size, sampled, present in (one, two):
        estimate = size * present / np.maximum(sampled, 1)
        least, largest = _exact(size, sampled, present)
        middle, below, above = (
            middle + estimate, below + (estimate - least) ** 2, above + (largest - estimate) ** 2,
        )  # fmt: skip
    return np.where(apart, middle - np.sqrt(below), low), np.where(apart, middle + np.sqrt(above), high)


def _exact(size: Numbers, sampled: Numbers, present: Numbers) -> tuple[Numbers, Numbers]:
    kinds, which = np.unique(np.stack([size, sampled, present]), axis=1, return_inverse=True)
    found = np.array([limits(Sampled(int(a), int(b), int(c))) for a, b, c in kinds.T], float)
    return found[which, 0], found[which, 1]


def _clipped(low: Numbers, high: Numbers, least: Numbers, most: Numbers) -> tuple[Numbers, Numbers]:
    a, b = np.ceil(low - 1e-9), np.floor(high + 1e-9)
    a, b = np.minimum(a, b), np.maximum(a, b)
    return np.minimum(np.maximum(least, a), most), np.maximum(np.minimum(most, b), least)


def _naive(truth: Mask, audit: Mask, decided: Mask) -> tuple[Numbers, ...]:
    """The confirmed taken as a sample by chance; confirmed and audit as one; the audit's share of all given
    to the reports that are open."""
    size, confirmed = audit.shape[1], decided & ~audit
    rest_of = (decided & truth).sum(axis=1) + _share(audit, truth) * (~decided).sum(axis=1)

    return size * _share(confirmed, truth), size * _share(decided, truth), rest_of


def _share(mask: Mask, truth: Mask) -> Numbers:
    return (mask & truth).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
