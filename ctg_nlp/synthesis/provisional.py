"""Provisional figures: what the count of a row will be once coders have decided every report, as an interval.

Not findings, and of other types than those, so that no export or release of findings can hold one. Reached
reports (`reached`) are counted, the unreached estimated from the audit sample among them (`unreached`); the
sum is clipped to what is certain: at least what is present by now, at most all but what is absent by now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.cells import Mask
from ctg_nlp.synthesis.mover import Limits
from ctg_nlp.synthesis.reached import Frame, RowStates
from ctg_nlp.synthesis.unreached import unreached_limits, used

# Plain numbers: a member of an enumeration costs more to look up than to compare.
_PRESENT = int(CodeState.PRESENT)

PROVISIONAL_LABEL = (
    "Provisional: estimated from the audit sample while confirmation is under way; not a finding"
)
LEAST_DECIDED = 20
"""Decided reports of the audit sample below which nothing is estimated."""
RARE = 3
"""Present reports in the audit sample below which a row is told as "at least, at most"."""
FEW = 2
"""Audit reports with one of the two answers below which the audit sample alone may tell as much."""
_SLACK = 1e-9


class ProvisionalKind(StrEnum):
    DECIDED = "decided"
    ESTIMATE = "estimate"
    RARE = "at least, at most"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class ProvisionalCell:
    """A row of a provisional table. `confirmed` reports are present by now and `undecided` ones open; the
    count of all `reports` is expected from `low` to `high` (95 %, this cell by itself), most likely
    `estimate`. `why` says in a sentence how that was found, or why there is no more to say.

    `reached` reports were counted; of the others `audited` are in the audit sample and decided.
    """

    dimension: str
    row: str
    label: str
    confirmed: int
    undecided: int
    low: int | None
    high: int | None
    estimate: int | None
    kind: ProvisionalKind
    why: str
    reached: int = 0
    audited: int = 0


@dataclass(frozen=True, slots=True)
class ProvisionalTable:
    """The provisional figures of one table, over all reports that count. `notes` are sentences below it."""

    dimension: str
    number: int | None
    title: str
    reports: int
    cells: tuple[ProvisionalCell, ...]
    notes: tuple[str, ...] = ()
    label: str = PROVISIONAL_LABEL


@dataclass(frozen=True, slots=True)
class RowFacts:
    """All that is known of one row: its states, which reports were reached, what is suggested (None where no
    model's suggestions may be used), and why nothing was reached, if that is so, in words."""

    dimension: str
    row: str
    label: str
    states: RowStates
    reached: Mask
    suggested: Mask | None = None
    why: str = ""


def confirmed_and_open(row: RowStates) -> tuple[int, int]:
    """How many reports are present by now, and how many are not settled."""
    return int(np.count_nonzero(row.states == _PRESENT)), int(np.count_nonzero(~row.settled))


def provisional_cell(frame: Frame, facts: RowFacts) -> tuple[ProvisionalCell, float]:
    """The provisional figures of one row, and its estimate before it is rounded (NaN where there is none)."""
    row = facts.states
    confirmed, still_open = confirmed_and_open(row)
    if not still_open:
        why = "Every report is decided: this is the count."
        return _cell(facts, ProvisionalKind.DECIDED, None, why), float(confirmed)
    sample = used(frame, row) & row.settled
    coded = int(np.count_nonzero(sample))
    if coded < LEAST_DECIDED:
        why = f"{coded} reports of the audit sample are decided; an estimate takes {LEAST_DECIDED}."
        bounds = Limits(math.nan, confirmed, confirmed + still_open)
        return _cell(facts, ProvisionalKind.BETWEEN, bounds, why), math.nan
    found = _clipped(row_limits(frame, facts), confirmed, confirmed + still_open)
    if _few_of_one_answer(row, sample):
        alone = unreached_limits(frame, row, np.ones_like(sample), None)
        found = _narrower(found, _clipped(alone, confirmed, confirmed + still_open))
    rare = int(np.count_nonzero(sample & (row.states == _PRESENT))) < RARE
    kind = ProvisionalKind.RARE if rare else ProvisionalKind.ESTIMATE
    audited = int(np.count_nonzero(sample & ~facts.reached))
    return _cell(facts, kind, found, _how(facts, audited), audited), found.estimate


def _few_of_one_answer(row: RowStates, sample: Mask) -> bool:
    """Whether one of the answers came up once in the audit sample or never. Its limits are so cautious there
    that two ways may be compared for the narrower, which elsewhere would cost coverage."""
    present = int(np.count_nonzero(sample & (row.states == _PRESENT)))
    return min(present, int(np.count_nonzero(sample)) - present) < FEW


def _narrower(found: Limits, by_audit_alone: Limits) -> Limits:
    """What is found, but where the audit sample alone tells more, what that tells."""
    wider = found.high - found.low > by_audit_alone.high - by_audit_alone.low
    return by_audit_alone if wider else found


def row_limits(frame: Frame, facts: RowFacts) -> Limits:
    """The count of a row with its limits before anything is clipped or rounded."""
    row, there = facts.states, facts.reached
    present, still_open = (
        int(np.count_nonzero(row.states[there] == _PRESENT)),
        int(np.count_nonzero((~row.settled)[there])),
    )
    rest = unreached_limits(frame, row, ~there, facts.suggested)
    return Limits(
        present + still_open / 2 + rest.estimate, present + rest.low, present + still_open + rest.high
    )


def _clipped(found: Limits, least: int, most: int) -> Limits:
    """Whole reports within what is certain: the whole numbers that the limits hold between them."""
    low, high = math.ceil(found.low - _SLACK), math.floor(found.high + _SLACK)
    if low > high:  # no whole number lies between
        low, high = high, low
    low, high = min(max(least, low), most), max(min(most, high), least)
    return Limits(min(max(found.estimate, low), high), low, high)


def _how(facts: RowFacts, audited: int) -> str:
    reached, rest = int(np.count_nonzero(facts.reached)), int(np.count_nonzero(~facts.reached))
    sentences = [f"{reached} reached and counted; {rest} estimated from {audited} audited among them."]
    return " ".join([*sentences, facts.why] if facts.why else sentences)


def _cell(
    facts: RowFacts, kind: ProvisionalKind, found: Limits | None, why: str, audited: int = 0
) -> ProvisionalCell:
    confirmed, still_open = confirmed_and_open(facts.states)
    estimate = None
    if found is not None and kind is ProvisionalKind.ESTIMATE:
        estimate = math.floor(found.estimate + 0.5)
    return ProvisionalCell(
        facts.dimension, facts.row, facts.label, confirmed, still_open,
        None if found is None else int(found.low), None if found is None else int(found.high),
        estimate, kind, why, int(np.count_nonzero(facts.reached)), audited,
    )  # fmt: skip
