"""Which reports the queue has reached for one row of a table, and which it has not.

Coders work a queue from its top and leave out the audit sample, which is coded apart. Whoever goes down the
queue meets at each place a report of the audit sample as likely as at any other, whatever was met before;
so where the work has got to some place, the audit reports below it are a simple random sample of all
reports below it. That place, the *cut-off*, is that of the last decided report before the first that is
open, both not of the audit sample. It must not depend on what lies below, and so it is never the place of
the open report itself, nor is a decided report below it counted as reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Mask, States

# Plain numbers: a member of an enumeration costs more to look up than to compare.
_PRESENT, _ABSENT, _UNDECIDED = int(CodeState.PRESENT), int(CodeState.ABSENT), int(CodeState.UNDECIDED)

Keys = NDArray[np.float64]
"""Where each report stands in an order: the smaller, the earlier; NaN: it is not in it."""


@dataclass(frozen=True)
class Frame:
    """What is the same for all rows, for each report: the `draw` of the audit sample that could take it (0:
    none could), its `position` in the sample (0: not in it), whether it was read poorly, and its place among
    reports that stand equally in an order."""

    draw: NDArray[np.int64]
    position: NDArray[np.int64]
    poorly: Mask
    tie: NDArray[np.int64]

    @cached_property
    def audit(self) -> Mask:
        """Which reports are in the audit sample."""
        return self.position > 0


@dataclass(frozen=True)
class RowStates:
    """A row in each report: its `CodeState`; whether somebody was `unsure`; whether the report is `closed`,
    which is to say that everything of the row's dimension was answered."""

    states: States
    unsure: Mask
    closed: Mask

    @cached_property
    def settled(self) -> Mask:
        """Which reports are decided, one way or the other."""
        found = (self.states == _PRESENT) | (self.states == _ABSENT)
        return np.asarray(found, bool)

    @cached_property
    def answered(self) -> Mask:
        """Which reports coders have dealt with: decided, in conflict, or unsure."""
        return np.asarray((self.states != _UNDECIDED) | self.unsure, bool)


@dataclass(frozen=True, slots=True)
class CutOff:
    """How far an order was worked: up to this key and, among reports with that key, to this tie."""

    order: str
    key: float
    tie: int


@dataclass(frozen=True, slots=True)
class Episode:
    """The time in which one model proposed: the orders in which its queues offer reports, by name, and the
    cut-off that was recorded when it was replaced. Without one it is still going on."""

    orders: tuple[tuple[str, Keys], ...]
    over: bool = False
    cut_off: CutOff | None = None


def reached(frame: Frame, row: RowStates, episodes: Sequence[Episode]) -> Mask:
    """The reports that were reached in one of the episodes, oldest first.

    Each looks only at what those before it did not reach: a model may have learned from that. Reports that
    were read poorly are reached only by being decided, all of them: no score of theirs means much.
    """
    found = np.zeros(len(row.states), bool)
    for episode in episodes:
        cut = episode.cut_off if episode.over else cut_off(frame, row, episode.orders, found)
        keys = dict(episode.orders).get(cut.order) if cut else None
        if cut is not None and keys is not None:
            found |= _up_to(cut, keys, frame.tie) & ~frame.poorly
    poorly_open = frame.poorly & ~frame.audit & ~row.answered
    return found if poorly_open.any() else found | frame.poorly


def cut_off(frame: Frame, row: RowStates, orders: Sequence[tuple[str, Keys]], already: Mask) -> CutOff | None:
    """The cut-off of the order that was worked: of several the one with most decided reports before its
    first open one. None where no order was begun."""
    best, most = None, 0
    among = ~already & ~frame.audit & ~frame.poorly
    for name, keys in orders:
        mine = among & ~np.isnan(keys)
        first = _first(mine & ~row.answered, keys, frame.tie)
        passed = mine & row.answered & (_before(first, keys, frame.tie) if first else True)
        count = int(np.count_nonzero(passed))
        if count > most:
            best, most = _last(name, passed, keys, frame.tie), count
    return best


def _first(mask: Mask, keys: Keys, tie: NDArray[np.int64]) -> tuple[float, int] | None:
    if not mask.any():
        return None
    key = float(keys[mask].min())
    return key, int(tie[mask & (keys == key)].min())


def _last(name: str, mask: Mask, keys: Keys, tie: NDArray[np.int64]) -> CutOff:
    key = float(keys[mask].max())
    return CutOff(name, key, int(tie[mask & (keys == key)].max()))


def _before(place: tuple[float, int], keys: Keys, tie: NDArray[np.int64]) -> Mask:
    return np.asarray((keys < place[0]) | ((keys == place[0]) & (tie < place[1])), bool)


def _up_to(cut: CutOff, keys: Keys, tie: NDArray[np.int64]) -> Mask:
    return np.asarray((keys < cut.key) | ((keys == cut.key) & (tie <= cut.tie)), bool)
