"""Whether agreement changes as coding goes on: blocks of reports in the order in which they were coded.

A block pools the answers on all codes of its reports: a figure to compare blocks by, not to publish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from ctg_nlp.records import Answer, Answered, CodedRecord
from ctg_nlp.review.agreement import FEWEST, Shares, coders_of, together
from ctg_nlp.review.independence import Place, instant, place_of

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


def drift_of_pairs(answers: Sequence[Answered]) -> tuple[Drift, ...]:
    """Agreement over time of every two coders with reports in common."""
    sure = [a for a in answers if a.answer in (Answer.PRESENT, Answer.ABSENT)]
    by_coder: dict[str, dict[Place, Answered]] = {c: {} for c in coders_of(sure)}
    for a in sure:
        by_coder[a.coder][place_of(a)] = a
    found = []
    for first, second in combinations(by_coder, 2):
        mine, theirs = by_coder[first], by_coder[second]
        pairs = [(mine[p], theirs[p]) for p in mine if p in theirs]
        if pairs:
            found.append(_drift(first, second, pairs))
    return tuple(found)


def drift_from_record(answers: Sequence[Answered], records: Iterable[CodedRecord]) -> tuple[Drift, ...]:
    """Agreement over time of every coder with the resolved record, on codes that others decided as well."""
    by_place = {(r.report_id, r.dimension): r for r in records}
    others = _deciders(answers)
    found = []
    for coder in coders_of(answers):
        pairs, still_open = [], 0
        for a in answers:
            record = by_place.get((a.report_id, a.dimension))
            if a.coder != coder or record is None or others.get(place_of(a), 0) < 2:
                continue
            settled = _resolved(a, record)
            still_open += a.code in record.conflicts
            if settled is not None and a.answer in (Answer.PRESENT, Answer.ABSENT):
                pairs.append((a, settled))
        if pairs:
            found.append(_drift(coder, "", pairs, still_open))
    return tuple(found)


def _deciders(answers: Iterable[Answered]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for a in answers:
        found[place_of(a)] = found.get(place_of(a), 0) + 1
    return found


def _resolved(a: Answered, record: CodedRecord) -> Answered | None:
    """The answer of the record on the same code, as given at the same time; or None where it has none."""
    if a.code is None or a.code not in record.present | record.absent:
        return None
    answer = Answer.PRESENT if a.code in record.present else Answer.ABSENT
    return Answered("", a.report_id, a.dimension, a.code, answer, None, a.time, a.sequence)


def _drift(first: str, second: str, pairs: Sequence[tuple[Answered, Answered]], still_open: int = 0) -> Drift:
    when: dict[str, tuple[datetime, int]] = {}
    by_report: dict[str, list[tuple[Answered, Answered]]] = {}
    for a, b in pairs:
        latest = max((instant(x.time), x.sequence) for x in (a, b))
        when[a.report_id] = max(latest, when.get(a.report_id, latest))
        by_report.setdefault(a.report_id, []).append((a, b))
    ordered = sorted(by_report, key=when.__getitem__)
    blocks = tuple(_block(part, when, by_report) for part in _parts(ordered))
    return Drift(first, second, blocks, len({time for time, _ in when.values()}) > 1, still_open)


def _parts(ordered: Sequence[str]) -> list[Sequence[str]]:
    """Equal parts of at least ten reports, as far as there are so many."""
    count = max(1, min(_MOST_BLOCKS, len(ordered) // FEWEST))
    edges = [round(i * len(ordered) / count) for i in range(count + 1)]
    return [ordered[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def _block(
    part: Sequence[str],
    when: Mapping[str, tuple[datetime, int]],
    by_report: Mapping[str, Sequence[tuple[Answered, Answered]]],
) -> Block:
    kinds = [(a.answer is Answer.PRESENT, b.answer is Answer.PRESENT) for r in part for a, b in by_report[r]]
    both, neither = kinds.count((True, True)), kinds.count((False, False))
    days = [when[r][0].date().isoformat() for r in part]
    return Block(days[0], days[-1], len(part), together([Shares(both, len(kinds) - both - neither, neither)]))
