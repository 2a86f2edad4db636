"""The rows of a dataset that tell how reports were selected for the second stage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ctg_nlp.dataset_rows import BETWEEN, Coding, Row, Whose
from ctg_nlp.export.filter_plan import MAP_OPEN
from ctg_nlp.export.variables import in_utc
from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, FilterDecision, FilterOutcome, FilterState
from ctg_nlp.review.selection import outcomes
from ctg_nlp.review.selection import speaking as whose_word
from ctg_nlp.selection_flow import Coding as Progress

_PASSED = {FilterState.PASSED: 1, FilterState.NOT_PASSED: 0, FilterState.BLOCKED: 0}


@dataclass(frozen=True, slots=True)
class Sifted:
    """What one filter comes to for one report, in a word, with whose word settled it."""

    outcome: FilterOutcome
    mapped: bool

    @property
    def state(self) -> str:
        """The state in a word."""
        return str(self.outcome.state) if self.mapped else MAP_OPEN

    @property
    def passed(self) -> int | None:
        """1 or 0, None where it is not settled."""
        return _PASSED.get(self.outcome.state) if self.mapped else None

    @property
    def level(self) -> str:
        """The level that people settled, empty where they did not, or the filter is not reached."""
        settled = self.passed is not None and self.outcome.state is not FilterState.BLOCKED
        return (self.outcome.level or "") if settled else ""

    @property
    def speaking(self) -> Sequence[FilterDecision]:
        """The decisions by which it was settled."""
        return whose_word(self.outcome.said) if self.level else ()

    @property
    def settled_by(self) -> str:
        """How it was settled, in a word."""
        if self.passed is None:
            return "nobody"
        if self.outcome.state is FilterState.BLOCKED:
            return "map"
        if any(d.role == "adjudicator" for d in self.speaking):
            return "adjudicator"
        return "coder" if len(self.speaking) == 1 else "coders"


@dataclass(slots=True)
class Sieve:
    """What the filters of a framework come to, report by report. `coding` tells of the sample."""

    coding: Coding
    framework: Framework = field(init=False)
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        self.framework = self.coding.framework
        self.progress = Progress(self.framework)

    def sifted(self, coded: CodedReport, said: Sequence[FilterDecision]) -> tuple[Sifted, ...]:
        """What each filter comes to for a report that counts, in their order; `said` are the decisions that
        stand on it, oldest first."""
        row = coded.states, coded.values
        mapped = self.progress.whole(row, "map")
        found = outcomes(self.framework.filters, said, self.progress.codes(row))
        return tuple(Sifted(o, mapped) for o in found)

    def labels(self, filter_id: str, level: str) -> tuple[str, str, int | None]:
        """The labels of a filter and of a level of its scale, and whether that passes."""
        wanted = self.framework.filter(filter_id)
        found = wanted.level(level) if wanted else None
        label = wanted.label if wanted else ""
        return (label, found.label, int(found.passes)) if found else (label, "", None)

    def filter_rows(self, whose: Whose, said: Sequence[FilterDecision]) -> Iterator[Row]:
        """What filters come to for one report; nothing where it does not enter tables."""
        if whose.coded is None:
            return
        head = (*whose.cells, self.coding.in_sample(whose.report_id))
        for place, x in enumerate(self.sifted(whose.coded, said), start=1):
            label, level_label, _ = self.labels(x.outcome.filter, x.level)
            reasons = BETWEEN.join(d.reason for d in x.speaking if d.reason)
            yield (
                *head, place, x.outcome.filter, label, x.state, x.passed, x.level, level_label, x.settled_by,
                "; ".join(x.outcome.blocked_by), len(x.outcome.said), reasons,
            )  # fmt: skip

    def decision_rows(self, whose: Whose, said: Sequence[FilterDecision]) -> Iterator[Row]:
        """The filter decisions on one report, oldest first."""
        head = (*whose.cells, int(whose.coded is not None), self.coding.in_sample(whose.report_id))
        now = {x.outcome.filter: x.state for x in self.sifted(whose.coded, said)} if whose.coded else {}
        last = {(d.filter, d.role, d.coder): d.sequence for d in said}
        for d in said:
            label, level_label, passes = self.labels(d.filter, d.level)
            known = now.get(d.filter, "not counted") if label else "not in framework"
            current = int(last[d.filter, d.role, d.coder] == d.sequence)
            yield (
                d.sequence, *head, d.filter, label, d.level, level_label, passes, d.reason, known, current,
                d.coder, d.role, in_utc(d.time), d.framework_id,
            )  # fmt: skip
