"""The selection of reports for the second stage: what was said by filter, samples that were frozen, and the
flow of counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class FilterDecision:
    """What a coder said of one report by one filter, and why.

    Append-only: a later decision supersedes, it never edits, and what was undone is kept. `role` is "coder",
    "adjudicator" or "trainee", whose decisions never count. `time` is UTC in ISO 8601.
    """

    decision_id: str
    report_id: str
    filter: str
    level: str
    reason: str
    coder: str
    time: str
    framework_id: str
    role: str = "coder"
    sequence: int = 0
    undone_at: str = ""
    undone_by: str = ""


class FilterState(StrEnum):
    """What decisions come to for one filter of one report."""

    PASSED = "passed"
    NOT_PASSED = "not passed"
    BLOCKED = "blocked by the map"
    CONFLICT = "coders disagree"
    WAITING = "waiting"
    LATER = "not reached"  # an earlier filter comes first, or was not passed


@dataclass(frozen=True, slots=True)
class FilterOutcome:
    """One filter of one report. `level` is None where nothing is settled; `said` is the last word of each who
    decided; `blocked_by` are the report's codes with which it cannot pass, each as "dimension.code"."""

    filter: str
    state: FilterState
    level: str | None = None
    said: tuple[FilterDecision, ...] = ()
    blocked_by: tuple[str, ...] = ()


class By(StrEnum):
    """Who let reports go in a step of the flow."""

    PEOPLE = "people"
    MACHINE = "automatic"
    EITHER = "either"  # not told apart


@dataclass(frozen=True, slots=True)
class Left:
    """Reports that left the flow at a step, with why in words and by whom. `reasons` are those that people
    recorded, each with the number of reports; they are theirs, so no frozen or published flow has them."""

    label: str
    count: int
    by: By
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FlowCount:
    """One step of the flow: of `entered`, some `left`, some are `waiting`, and `remaining` go on.

    `joined` are reports that come in here from beside: those of a frozen sample that would not be selected
    any more. entered + joined = left + waiting + remaining, and the next step is entered by what remains.
    `phase` is the part of the figure that it stands in, `label` says what remains, `waits_for` what
    the waiting ones wait for, in words that follow on “waiting”.
    """

    id: str
    phase: str
    label: str
    entered: int
    remaining: int
    left: tuple[Left, ...] = ()
    waiting: int = 0
    waits_for: str = ""
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of counts from the register to the second stage. `groups` are the expected groups, of which
    `silent` have no report that counts; both None without a register. `sample` names the frozen selection
    that it leads to (empty where none is frozen), and `gone` counts reports of it that count no more: they
    were withdrawn, erased or replaced since. `together`: why reports left at filters is not told apart."""

    steps: tuple[FlowCount, ...]
    groups: int | None = None
    silent: int | None = None
    sample: str = ""
    gone: int = 0
    together: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """A named sample, frozen: its reports, and the flow that led to it, as plain values. Never changes."""

    selection_id: str
    name: str
    frozen_at: str
    frozen_by: str
    framework_id: str
    note: str
    reports: tuple[str, ...]
    flow: Mapping[str, Any]
