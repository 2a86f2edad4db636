"""Assertion status: is a mention of something done, or planned, wished, denied, or somebody else's?

A ConText-like component (Harkema, Dowling, Thornblade and Chapman 2009, doi:10.1016/j.jbi.2009.05.002):
triggers with a direction and a scope, ended by terminating words; pseudo-triggers that look like triggers
and are none; and headings that speak for all that stands under them. Of two triggers, one inside the other,
the longer speaks, so that an exception is a longer pattern ("nothing", "nothing to do with"). The rules
are data, in `assertion.yaml`; their patterns are those of `patterns`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ctg_nlp.framework import Counts
from ctg_nlp.records import Status
from ctg_nlp.suggest.language import Flat, flatten
from ctg_nlp.suggest.patterns import Match, Patterns

COUNTED: dict[Counts, frozenset[Status]] = {
    "did": frozenset({Status.ASSERTED}),
    "described": frozenset({Status.ASSERTED, Status.BACKGROUND}),
    "intended": frozenset({Status.ASSERTED, Status.INTENDED, Status.BACKGROUND, Status.PLANNED}),
    "planned": frozenset({Status.PLANNED, Status.INTENDED, Status.WISHED}),
    "advocated": frozenset({Status.ASSERTED, Status.ADVOCATED, Status.INTENDED}),
}
"""Which statuses count as evidence, by what the framework says of the dimension."""

# Where several triggers reach a mention, the strongest denial speaks.
_ORDER = (
    Status.NEGATED,
    Status.OTHER_PROJECT,
    Status.PLANNED,
    Status.WISHED,
    Status.BACKGROUND,
    Status.INTENDED,
    Status.ADVOCATED,
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule: what a pattern says of mentions before, after or on both sides of it, within `scope` tokens.

    With `through` it reaches back past terminating words: what follows "but" takes back what stood before.
    """

    status: Status
    direction: str
    scope: int
    through: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """The triggers and terminators of one passage, and what its heading says."""

    triggers: tuple[Match[Trigger], ...]
    terminators: tuple[Match[str], ...]
    heading: Status | None

    @property
    def statuses(self) -> frozenset[Status]:
        """All that bears on any part of the passage."""
        said = {m.owner.status for m in self.triggers}
        return frozenset(said if self.heading is None else said | {self.heading})


class Assertion:
    """The compiled rules."""

    def __init__(self, rules: dict[str, Any]) -> None:
        vocabulary = rules["vocabulary"]
        self._triggers = Patterns(
            [
                (Trigger(Status(r["status"]), r["direction"], r["scope"], r.get("through", False)), pattern)
                for r in rules["triggers"]
                for pattern in r["patterns"]
            ],
            vocabulary,
        )
        self._terminators = Patterns([("end", p) for p in rules["terminators"]], vocabulary)
        self._pseudo = Patterns([("pseudo", p) for p in rules["pseudo"]], vocabulary)
        self._headings = Patterns(
            [(Status(r["status"]), p) for r in rules["headings"] for p in r["patterns"]], vocabulary
        )
        self._heading_status: dict[str, Status | None] = {}

    def situation(self, flat: Flat, heading: str) -> Situation:
        """All that bears on the mentions of one passage."""
        found = list(self._triggers.find(flat))
        masked = list(self._pseudo.find(flat)) if found else []
        triggers = [m for m in found if not _silenced(m, found, masked)]
        return Situation(
            tuple(triggers),
            tuple(self._terminators.find(flat)) if triggers else (),
            self._of_heading(heading),
        )

    def _of_heading(self, heading: str) -> Status | None:
        if heading not in self._heading_status:
            if len(self._heading_status) > 10_000:  # reports without end must not fill memory
                self._heading_status.clear()
            found = next(iter(self._headings.find(flatten(heading))), None)
            self._heading_status[heading] = found.owner if found else None
        return self._heading_status[heading]


def status_of(situation: Situation, start: int, end: int, *, own_denial: bool = False) -> Status:
    """The status of the mention at tokens `start` to `end` of the passage.

    With `own_denial` the cue was written with a denial ("no plans"): triggers inside it do not speak.
    """
    reached = {
        m.owner.status
        for m in situation.triggers
        if not (own_denial and m.start < end and start < m.end)
        and _reaches(m, start, end, situation.terminators)
    }
    if situation.heading is not None:
        reached.add(situation.heading)
    return next((s for s in _ORDER if s in reached), Status.ASSERTED)


def _reaches(trigger: Match[Trigger], start: int, end: int, terminators: Sequence[Match[str]]) -> bool:
    rule = trigger.owner
    if trigger.start < end and start < trigger.end:
        return True  # the mention holds the trigger itself, as in "never met together"
    if trigger.end <= start and rule.direction in ("forward", "both"):
        between = (trigger.end, start)
    elif trigger.start >= end and rule.direction in ("backward", "both"):
        between = (end, trigger.start)
    else:
        return False
    if between[1] - between[0] > rule.scope:
        return False
    if rule.through and trigger.start >= end:
        return True
    return not any(between[0] <= t.start and t.end <= between[1] for t in terminators)


def _silenced(
    match: Match[Trigger], triggers: Sequence[Match[Trigger]], pseudo: Sequence[Match[str]]
) -> bool:
    """Whether a longer trigger has it inside and says something else, or a pseudo-trigger takes it away.

    Of the same status and another direction both speak: "was not" before a mention, "not" after it.
    """
    if any(p.start < match.end and match.start < p.end and not _inside(p, match) for p in pseudo):
        return True
    rule = match.owner
    return any(
        _inside(match, t) and (t.owner.status is not rule.status or t.owner.direction == rule.direction)
        for t in triggers
    )


def _inside(inner: Match[Any], outer: Match[Any]) -> bool:
    """Whether one stands within another that is longer."""
    longer = outer.end - outer.start > inner.end - inner.start
    return longer and outer.start <= inner.start and inner.end <= outer.end


def _rules_text() -> str:
    return (resources.files("ctg_nlp.suggest") / "assertion.yaml").read_text(encoding="utf-8")


@cache
def default_assertion() -> Assertion:
    """The rules that come with the package, compiled once."""
    return Assertion(yaml.safe_load(_rules_text()))


@cache
def rules_hash() -> str:
    """A short hash of the rules: part of the id of what proposes with them."""
    return hashlib.sha256(_rules_text().encode()).hexdigest()[:8]
