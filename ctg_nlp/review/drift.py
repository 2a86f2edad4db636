"""Whether agreement changes as coding goes on: blocks of reports in the order in which they were coded.

A block pools the answers on all codes of its reports: a figure to compare blocks by, not to publish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from ctg_nlp.records import Answer, Answered, CodedRecord
from ctg_nlp.review.agreement import Shares
from ctg_nlp.review.estimate import FEWEST
from ctg_nlp.review.independence import Moment, Place, instant, place_of

_MOST_BLOCKS = 6


@dataclass(frozen=True, slots=True)
class Block:
    """Some reports that were coded one after the other, from `since` until `until` (days in ISO 8601)."""

    since: str
    until: str
    reports: int
    shares: Shares


@dataclass(frozen=True, slots=True)
class Drift:
    """The blocks of two coders, or of a coder and the resolved record (`second` is empty then). `timed` is
    false where all answers have the same time, as after an import without times: then the order is only
    that in which they were taken in. `open` counts answers on codes that are in conflict still."""

    first: str
    second: str
    blocks: tuple[Block, ...]
    timed: bool
    open: int = 0


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two answers on one code of a report, whether they were present, and when the later one was given."""

    report_id: str
    when: Moment
    first: bool
    second: bool


def drift_of_pairs(answers: Iterable[Answered]) -> tuple[Drift, ...]:
    """Agreement over time of every two coders with reports in common."""
    by_coder: dict[str, dict[Place, Answered]] = {}
    for a in answers:
        if a.answer in (Answer.PRESENT, Answer.ABSENT):
            by_coder.setdefault(a.coder, {})[place_of(a)] = a
    found = []
    for first, second in combinations(sorted(by_coder), 2):
        mine, theirs = by_coder[first], by_coder[second]
        compared = [_pair(mine[p], theirs[p]) for p in mine if p in theirs]
        if compared:
            found.append(_drift(first, second, compared))
    return tuple(found)


def _pair(a: Answered, b: Answered) -> _Compared:
    later = max(_given(a), _given(b))
    return _Compared(a.report_id, later, a.answer is Answer.PRESENT, b.answer is Answer.PRESENT)


def _given(a: Answered) -> Moment:
    return instant(a.time), a.sequence


def drift_from_record(answers: Sequence[Answered], records: Iterable[CodedRecord]) -> tuple[Drift, ...]:
    """Agreement over time of every coder with the resolved record, on codes that others decided as well."""
    by_place = {(r.report_id, r.dimension): r for r in records}
    deciders = Counter(place_of(a) for a in answers)
    compared: dict[str, list[_Compared]] = {}
    still_open: Counter[str] = Counter()
    for a in answers:
        record = by_place.get((a.report_id, a.dimension))
        if record is None or a.code is None or deciders[place_of(a)] < 2:
            continue
        still_open[a.coder] += a.code in record.conflicts
        settled = a.code in record.present or a.code in record.absent
        if settled and a.answer in (Answer.PRESENT, Answer.ABSENT):
            said, holds = a.answer is Answer.PRESENT, a.code in record.present
            compared.setdefault(a.coder, []).append(_Compared(a.report_id, _given(a), said, holds))
    return tuple(_drift(coder, "", compared[coder], still_open[coder]) for coder in sorted(compared))


def _drift(first: str, second: str, compared: Iterable[_Compared], still_open: int = 0) -> Drift:
    when: dict[str, Moment] = {}
    by_report: dict[str, list[_Compared]] = {}
    for c in compared:
        when[c.report_id] = max(c.when, when.get(c.report_id, c.when))
        by_report.setdefault(c.report_id, []).append(c)
    ordered = sorted(by_report, key=when.__getitem__)
    blocks = tuple(_block(part, when, by_report) for part in _parts(ordered))
    return Drift(first, second, blocks, len({time for time, _ in when.values()}) > 1, still_open)


def _parts(ordered: Sequence[str]) -> list[Sequence[str]]:
    """Equal parts of at least ten reports, as far as there are so many."""
    count = max(1, min(_MOST_BLOCKS, len(ordered) // FEWEST))
    edges = [round(i * len(ordered) / count) for i in range(count + 1)]
    return [ordered[a:b] for a, b in pairwise(edges)]


def _block(
    part: Sequence[str], when: Mapping[str, Moment], by_report: Mapping[str, Sequence[_Compared]]
) -> Block:
    kinds = Counter((c.first, c.second) for r in part for c in by_report[r])
    shares = Shares(kinds[True, True], kinds[True, False] + kinds[False, True], kinds[False, False])
    days = [when[r][0].date().isoformat() for r in part]
    return Block(days[0], days[-1], len(part), shares)
