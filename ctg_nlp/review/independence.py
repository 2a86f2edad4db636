"""Which decisions were taken independently: by a coder alone, with nobody's answer and no suggestion in view.

Only these can tell how far coding can be trusted. A decision is independent where

- it was taken in the role of a coder, and stands (what was undone, does not);
- no suggestion was in view, neither with it nor with an earlier decision of the coder on that report: who
  has seen what is suggested for a report is led by it;
- no adjudicator had settled that code of that report before;
- the coder's blind coding of the report was not locked yet. The last one before the lock counts, since until
  then a coder may correct a slip without having learned anything. Where there is no lock the first counts.

So where one coder alone decided on a report, each place once, with nothing in view and no lock, all of it is
independent (`all_independent`); and nothing is where a suggestion was in view with every decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from ctg_nlp.records import Answered, Decision

Place = tuple[str, str, str | None]
"""A report, a dimension and a code (None for the value)."""
Moment = tuple[datetime, int]
"""When a decision was taken: its time, and its number among those of the same time."""
Locks = Mapping[tuple[str, str], str]
"""When (coder, report id) was locked, in ISO 8601."""


class _Taken(Protocol):
    """What of a decision tells whether it was taken independently, in whatever form it is."""

    @property
    def coder(self) -> str: ...
    @property
    def report_id(self) -> str: ...
    @property
    def dimension(self) -> str: ...
    @property
    def code(self) -> str | None: ...
    @property
    def role(self) -> str: ...
    @property
    def act_id(self) -> str | None: ...
    @property
    def suggested(self) -> bool | None: ...


def independent(
    decisions: Iterable[Decision],
    acts: Collection[str],
    locks: Locks,
    adjudications: Iterable[Decision] | None = None,
) -> tuple[Answered, ...]:
    """The independent answers among decisions that stand: at most one for each coder, report and code.

    `acts` are the ids of acts in which suggestions were in view. `adjudications` are adjudicators' decisions;
    by default those among `decisions`.
    """
    taken = tuple(decisions)
    if all(is_assisted(d, acts) for d in taken):
        return ()  # as most often on the review page: told without looking at when they were taken
    ordered = sorted(taken, key=moment)
    settled = _first_by_place(ordered if adjudications is None else sorted(adjudications, key=moment))
    led = _first_led(ordered, acts)
    chosen: dict[tuple[str, Place], Decision] = {}
    for d in ordered:
        mine, place, now = (d.coder, d.report_id), place_of(d), moment(d)
        lock = locks.get(mine)
        if d.role != "coder" or not _before(now, led.get(mine)) or not _before(now, settled.get(place)):
            continue
        if lock is None:
            chosen.setdefault((d.coder, place), d)
        elif now[0] <= instant(lock):
            chosen[d.coder, place] = d
    return tuple(answered_by(d) for d in chosen.values())


def all_independent(decisions: Sequence[_Taken], acts: Collection[str], locks: Locks) -> bool:
    """Whether every one of these, all that stand on one report, is plainly an independent answer: then
    `independent` gives each of them. False where that is yet to be seen."""
    mine = {(d.coder, d.report_id) for d in decisions}
    return (
        len(mine) == 1
        and mine.isdisjoint(locks)
        and all(d.role == "coder" and not is_assisted(d, acts) for d in decisions)
        and len({(d.dimension, d.code) for d in decisions}) == len(decisions)
    )


def is_assisted(decision: _Taken, acts: Collection[str]) -> bool:
    """Whether suggestions were in view when it was taken."""
    return decision.suggested is not None or decision.act_id in acts


def answered_by(decision: Decision) -> Answered:
    """A decision without its evidence and note."""
    d = decision
    return Answered(d.coder, d.report_id, d.dimension, d.code, d.answer, d.value, d.time, d.sequence)


def place_of(item: Decision | Answered) -> Place:
    """What a decision or answer is on."""
    return item.report_id, item.dimension, item.code


def moment(decision: Decision) -> Moment:
    """When a decision was taken, for ordering."""
    return instant(decision.time), decision.sequence


@lru_cache(maxsize=1 << 16)  # each time is asked for by several of the figures
def instant(time: str) -> datetime:
    """A time in ISO 8601; without a zone it is UTC, and without a time it was before all others."""
    if not time:
        return datetime.min.replace(tzinfo=UTC)
    read = datetime.fromisoformat(time)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _before(now: Moment, then: Moment | None) -> bool:
    return then is None or now < then


def _first_by_place(ordered: Iterable[Decision]) -> dict[Place, Moment]:
    """When an adjudicator first settled each place."""
    found: dict[Place, Moment] = {}
    for d in ordered:
        if d.role == "adjudicator":
            found.setdefault(place_of(d), moment(d))
    return found


def _first_led(ordered: Iterable[Decision], acts: Collection[str]) -> dict[tuple[str, str], Moment]:
    """When each coder first saw suggestions for each report."""
    found: dict[tuple[str, str], Moment] = {}
    for d in ordered:
        if is_assisted(d, acts):
            found.setdefault((d.coder, d.report_id), moment(d))
    return found
