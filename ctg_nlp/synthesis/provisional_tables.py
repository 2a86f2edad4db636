"""Provisional tables: the provisional figures of the rows of a dimension, and what may still be missed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodeState
from ctg_nlp.synthesis.apportion import apportioned
from ctg_nlp.synthesis.provisional import (
    ProvisionalCell,
    ProvisionalKind,
    ProvisionalTable,
    RowFacts,
    provisional_cell,
)
from ctg_nlp.synthesis.reached import Frame, RowStates
from ctg_nlp.synthesis.tables import Denominator, denominator_of
from ctg_nlp.synthesis.unreached import unreached_limits

EACH_BY_ITSELF = (
    "Each interval holds with 95 % for its cell by itself, not for all cells of the table together."
)
ADDS_UP = (
    "Estimates are whole reports and add up to all reports; intervals are of each cell by itself and do not."
)
ADDS_UP_WITH_RARE = (
    "Estimates are whole reports and, with what rows told as at least and at most come to, add up to all "
    "reports; intervals are of each cell by itself and do not."
)
NONE = "none of the codes"
FEWEST_REPORTS = 400
"""Reports below which confirming is never to be stopped early: so few can all be read."""


def why_none(dimension: Dimension) -> str:
    """Why a dimension has no provisional figures, or empty where it can have them."""
    if dimension.stage != "map":
        return "in-depth: the selected sample is no sample by chance"
    if not dimension.coded:
        return f"a {dimension.kind} dimension: only codes are estimated"
    if denominator_of(dimension) is not Denominator.ALL:
        return f"percentages are of {denominator_of(dimension)}, which is itself not known yet"
    return ""


def estimated(framework: Framework) -> tuple[Dimension, ...]:
    """The dimensions that have provisional figures, in the framework's order."""
    return tuple(d for d in framework.dimensions if not why_none(d))


def provisional_table(dimension: Dimension, frame: Frame, rows: Sequence[RowFacts]) -> ProvisionalTable:
    """The provisional table of a dimension from its rows. In a single-choice dimension the estimates of the
    codes add up to all reports, those counted that have none of them; of a rare one no estimate is told."""
    reports = len(frame.position)
    found = [provisional_cell(frame, facts) for facts in rows]
    cells = [cell for cell, _ in found]
    notes: tuple[str, ...] = (EACH_BY_ITSELF,)
    if dimension.kind == "single":
        codes = {c.id for c in dimension.codes} | {""}
        at = [i for i, cell in enumerate(cells) if cell.row in codes]
        whole = _adding_up([found[i] for i in at], reports)
        if whole is not None:
            rare = any(cell.kind is ProvisionalKind.RARE for cell in whole)
            notes = (ADDS_UP_WITH_RARE if rare else ADDS_UP,)
            for i, cell in zip(at, whole, strict=True):
                cells[i] = cell
    return ProvisionalTable(dimension.id, dimension.table, dimension.title, reports, tuple(cells), notes)


def _adding_up(found: Sequence[tuple[ProvisionalCell, float]], reports: int) -> list[ProvisionalCell] | None:
    if any(math.isnan(value) for _, value in found):
        return None
    values = [value for _, value in found]
    certain = [(cell.confirmed, cell.confirmed + cell.undecided) for cell, _ in found]
    near = [
        sure if c.low is None or c.high is None else (c.low, c.high)
        for (c, _), sure in zip(found, certain, strict=True)
    ]
    whole = apportioned(values, near, reports) or apportioned(values, certain, reports)
    if whole is None:
        return None
    return [
        replace(cell, estimate=n) if cell.kind is ProvisionalKind.ESTIMATE else cell
        for (cell, _), n in zip(found, whole, strict=True)
    ]


def none_of(rows: Sequence[RowStates]) -> RowStates:
    """The row of reports in which none of these rows is present."""
    stacked = np.stack([r.states for r in rows])
    states = np.where((stacked == CodeState.ABSENT).all(axis=0), CodeState.PRESENT, CodeState.UNDECIDED)
    states = np.where((stacked == CodeState.PRESENT).any(axis=0), CodeState.ABSENT, states)
    unsure = np.logical_or.reduce([r.unsure for r in rows]) & (states == CodeState.UNDECIDED)
    return RowStates(states.astype(np.uint8), unsure, np.logical_and.reduce([r.closed for r in rows]))


@dataclass(frozen=True, slots=True)
class Missed:
    """What is missed of one code if confirming stops now: at most `most` (95 %) of the `unreached` reports
    that are open have it. `poorly`: open reports that were read poorly, which are to be read in any case and
    are not among them."""

    dimension: str
    code: str
    label: str
    unreached: int
    most: int
    poorly: int
    audited: int


def missed(frame: Frame, facts: RowFacts) -> Missed:
    """At most how many reports with a code are missed among the unreached ones, one-sided at 95 %."""
    row = facts.states
    open_, rest = ~row.settled, ~facts.reached & ~frame.poorly
    limits = unreached_limits(frame, row, rest, None, error=0.10)
    known = int(np.count_nonzero(rest & (row.states == CodeState.PRESENT)))
    left = int(np.count_nonzero(rest & open_))
    most = min(max(math.floor(limits.high + 1e-9) - known, 0), left)
    audited = int(np.count_nonzero(rest & frame.audit & row.settled))
    reached_open = int(np.count_nonzero(facts.reached & ~frame.poorly & open_))
    return Missed(
        facts.dimension, facts.row, facts.label, left + reached_open, most + reached_open,
        int(np.count_nonzero(frame.poorly & open_)), audited,
    )  # fmt: skip
