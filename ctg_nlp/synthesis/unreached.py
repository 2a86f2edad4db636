"""How many of the unreached reports have a code, from the audit sample among them.

The unreached are taken as a whole, or in parts that do not depend on who is in the sample: by the draw that
could take a report where draws were coded to different extents, and by what is suggested once the sample
holds enough of both answers. Each part has its exact hypergeometric limits; their sum has those of MOVER.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Mask
from ctg_nlp.synthesis.hypergeometric import ERROR, Sampled, lower, upper
from ctg_nlp.synthesis.mover import Limits, total
from ctg_nlp.synthesis.reached import Frame, RowStates

# Plain numbers: a member of an enumeration costs more to look up than to compare.
_PRESENT, _ABSENT = int(CodeState.PRESENT), int(CodeState.ABSENT)

ENOUGH_OF_EACH = 5
"""Present and absent audit reports that it takes among the unreached to look at the suggested ones apart."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some unreached reports: how many, and of the audit sample among them how many are present, absent, and
    neither (unsure, skipped or in conflict)."""

    size: int
    present: int
    absent: int
    neither: int

    @property
    def sampled(self) -> int:
        """How many of them are in the audit sample."""
        return self.present + self.absent + self.neither

    def limits(self, error: float) -> Limits:
        """The exact limits, half the error on either side; those that are neither count both ways."""
        few = Sampled(self.size, self.sampled, self.present)
        many = Sampled(self.size, self.sampled, self.present + self.neither)
        decided = self.present + self.absent
        share = self.present / decided if decided else 0.5
        return Limits(self.size * share, lower(few, error / 2), upper(many, error / 2))


def used(frame: Frame, row: RowStates) -> Mask:
    """The part of the audit sample that counts: in each draw up to the last position that was coded.

    A first part of a sample is a sample too. A report is coded where its whole dimension is: who marks what
    is present first would else make the last report look like that. Where nobody coded a whole dimension,
    the row itself counts.
    """
    audit = frame.audit
    coded = row.closed & audit
    if not coded.any():
        coded = row.answered & audit
    last = np.zeros(int(frame.draw.max(initial=0)) + 1, np.int64)
    np.maximum.at(last, frame.draw[coded], frame.position[coded])
    return audit & (frame.position <= last[frame.draw])


def unreached_limits(
    frame: Frame, row: RowStates, unreached: Mask, suggested: Mask | None, error: float = ERROR
) -> Limits:
    """The number present among unreached reports with its limits. `suggested`: what a model suggests that
    learned from none of them; None where there is no such model."""
    sample = used(frame, row)
    parts, certain = [], []
    for mask in _strata(frame, sample, unreached):
        if (mask & sample).any():
            parts += [part.limits(error) for part in _parts(row, mask, sample, suggested)]
        else:
            certain.append(_outside(row, mask))
    found = total(parts)
    return Limits(
        found.estimate + sum(s.estimate for s in certain),
        found.low + sum(s.low for s in certain),
        found.high + sum(s.high for s in certain),
    )


def _strata(frame: Frame, sample: Mask, unreached: Mask) -> Iterator[Mask]:
    """The unreached by draw: together where each was coded to the same extent, and apart those that no draw
    could take."""
    draws = [int(d) for d in np.unique(frame.draw) if d]
    sizes = {
        d: (int(np.count_nonzero(frame.draw == d)), int(np.count_nonzero(sample & (frame.draw == d))))
        for d in draws
    }
    everyone = sum(n for n, _ in sizes.values())
    share = sum(k for _, k in sizes.values()) / everyone if everyone else 0.0
    if all(abs(k - share * n) < 1 for n, k in sizes.values()):
        masks = [unreached & (frame.draw > 0)]
    else:
        masks = [unreached & (frame.draw == d) for d in draws]
    yield from (m for m in (*masks, unreached & (frame.draw == 0)) if m.any())


def _outside(row: RowStates, mask: Mask) -> Limits:
    """Reports without any audit: what is not decided counts both ways."""
    present = int(np.count_nonzero(mask & (row.states == _PRESENT)))
    absent = int(np.count_nonzero(mask & (row.states == _ABSENT)))
    size = int(np.count_nonzero(mask))
    share = present / (present + absent) if present + absent else 0.5
    return Limits(present + share * (size - present - absent), present, size - absent)


def _parts(row: RowStates, mask: Mask, sample: Mask, suggested: Mask | None) -> Iterator[Part]:
    whole = _part(row, mask, sample)
    if suggested is not None and min(whole.present, whole.absent) >= ENOUGH_OF_EACH:
        both = [_part(row, m, sample) for m in (mask & suggested, mask & ~suggested)]
        if all(p.sampled for p in both):
            yield from both
            return
    yield whole


def _part(row: RowStates, mask: Mask, sample: Mask) -> Part:
    states = row.states[mask & sample]
    present = int(np.count_nonzero(states == _PRESENT))
    absent = int(np.count_nonzero(states == _ABSENT))
    return Part(int(np.count_nonzero(mask)), present, absent, len(states) - present - absent)
