"""What filter decisions come to: for each report, filter by filter in their order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ctg_nlp.framework import Filter
from ctg_nlp.records import FilterDecision, FilterOutcome, FilterState


def outcomes(
    filters: Sequence[Filter], decisions: Iterable[FilterDecision], codes: Collection[str]
) -> tuple[FilterOutcome, ...]:
    """What each filter comes to for one report, in order; what follows a filter that was not passed is not
    reached.

    `decisions` are those that stand on the report, oldest first, `codes` the codes that it has, each as
    "dimension.code". A coder's later decision replaces the earlier one, and an adjudicator's settles the
    filter; else coders must agree on the level. Trainees' do not count, nor does a level that the scale has
    no more. A report with a code that blocks a filter cannot pass it, whatever was said before the code.
    """
    by_filter: dict[str, list[FilterDecision]] = {}
    for d in decisions:
        if d.role != "trainee":
            by_filter.setdefault(d.filter, []).append(d)
    found: list[FilterOutcome] = []
    reached = True
    for wanted in filters:
        outcome = _outcome(wanted, by_filter.get(wanted.id, ()), codes)
        found.append(outcome if reached else replace(outcome, state=FilterState.LATER))
        reached = reached and outcome.state is FilterState.PASSED
    return tuple(found)


def _outcome(wanted: Filter, decisions: Iterable[FilterDecision], codes: Collection[str]) -> FilterOutcome:
    last = {(d.role, d.coder): d for d in decisions if wanted.level(d.level) is not None}
    said = tuple(last.values())
    counting = speaking(said)
    levels = {d.level for d in counting}
    level = wanted.level(counting[0].level) if len(levels) == 1 else None
    blocked = tuple(code for code in wanted.blocked_by if code in codes)
    if level is not None and not level.passes:
        state = FilterState.NOT_PASSED
    elif blocked:
        state = FilterState.BLOCKED
    elif level is not None:
        state = FilterState.PASSED
    else:
        state = FilterState.CONFLICT if levels else FilterState.WAITING
    return FilterOutcome(wanted.id, state, level.id if level else None, said, blocked)


def speaking(said: Sequence[FilterDecision]) -> Sequence[FilterDecision]:
    """Of the last words of all who decided those that count: of an adjudicator if there is one, else of each
    coder."""
    adjudicated = [d for d in said if d.role == "adjudicator"]
    return [max(adjudicated, key=lambda d: d.sequence)] if adjudicated else said
