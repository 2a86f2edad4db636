"""What was said of each code, put beside what coders decided: the pairs that all figures are made of.

A code that coders did not decide makes no pair; a decided code that nothing was said of counts as not
suggested, with the score 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.records import DecidedReport, Evidence, Suggestion

_QUOTES, _WORDS = 2, 60  # a coder sees the first quotes; of a longer one its beginning

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """One decided code of one report. `score` is from 0 to 1, `said` whether it was suggested, `present`
    what coders decided. `shown` tells of a right suggestion whether its evidence overlaps the coder's;
    None where the suggestion was not right, or the coder gave no quote."""

    report_id: str
    key: Key
    score: float
    said: bool
    present: bool
    shown: bool | None = None


@dataclass(frozen=True, slots=True)
class ValueAnswer:
    """One decided value of one report: whether one was suggested (`given`), and whether that agrees."""

    report_id: str
    dimension: str
    given: bool
    right: bool


def judged(report: DecidedReport, suggestions: Sequence[Suggestion]) -> tuple[Pair, ...]:
    """The suggestions for a report beside its decisions, by (dimension, code)."""
    said = {(s.dimension, s.code): s for s in suggestions}
    return tuple(_pair(report, key, said.get(key)) for key in sorted(report.present | report.absent))


def _pair(report: DecidedReport, key: Key, s: Suggestion | None) -> Pair:
    present = key in report.present
    if s is None:
        return Pair(report.report_id, key, 0.0, False, present)
    quotes = report.quotes.get(key, ())
    shown = evidence_overlaps(s.evidence, quotes) if present and s.suggested and quotes else None
    return Pair(report.report_id, key, s.score, s.suggested, present, shown)


def judged_by_rater(
    report: DecidedReport, suggestions: Sequence[Suggestion]
) -> Mapping[str, tuple[Pair, ...]]:
    """The same for each rater's opinion alone: by rater, pairs of the decided codes that it spoke of."""
    found: dict[str, list[Pair]] = {}
    decided = report.present | report.absent
    for s in suggestions:
        key = (s.dimension, s.code or "")
        for o in s.opinions if key in decided else ():
            pair = Pair(report.report_id, key, o.score, o.says, key in report.present)
            found.setdefault(o.rater, []).append(pair)
    return {rater: tuple(pairs) for rater, pairs in found.items()}


def judged_values(report: DecidedReport, suggestions: Sequence[Suggestion]) -> tuple[ValueAnswer, ...]:
    """The suggested values of number and text dimensions beside the decided ones.

    Numbers agree when they are equal, texts when the words of one stand in the other ("Hull", "Kingston
    upon Hull"). That it cannot be told is an answer; no suggestion is none.
    """
    given = {s.dimension: s.value for s in suggestions if s.code is None and s.suggested}
    return tuple(
        ValueAnswer(report.report_id, d, d in given, d in given and _agree(given[d], value))
        for d, value in sorted(report.values.items())
    )


def _agree(said: int | str | None, decided: int | str | None) -> bool:
    if isinstance(decided, str):
        one, other = set(_words(str(said or ""))), set(_words(decided))
        return bool(one) and (one <= other or other <= one)
    return said == decided


def evidence_overlaps(evidence: Sequence[Evidence], quotes: Sequence[str]) -> bool:
    """Whether one of the first two quotes, of each its first 60 words, overlaps one of the coder's."""
    first = [" ".join(e.quote.split()[:_WORDS]) for e in evidence[:_QUOTES]]
    return any(quotes_overlap(ours, theirs) for ours in first for theirs in quotes)


def quotes_overlap(one: str, other: str) -> bool:
    """Whether half of the words of the shorter quote stand in the other, in whatever order."""
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    return bool(shorter) and 2 * sum(w in set(longer) for w in shorter) >= len(shorter)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
