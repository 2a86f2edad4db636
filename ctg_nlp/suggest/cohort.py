"""The framework's cohort that a report belongs to, from what it says of itself or from its project year."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from ctg_nlp.framework import Cohort
from ctg_nlp.records import Evidence, Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of

_COHORT = re.compile(r"\bcohort\s+(?:no\.?\s*)?(\w+)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\b(?:the|our)\s+(first|second|third|fourth|[1-4](?:st|nd|rd|th))\s+cohort\b", re.IGNORECASE
)
_OTHER_COHORT = re.compile(
    r"\b(?:unlike|previous|former|earlier|other|later|next|schools?\s+(?:in|of|from)|groups?\s+(?:in|of|from)|colleagues\s+(?:in|from)|"
    r"heard|read|visit\w*|for)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_WORDS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "i": "1", "ii": "2", "iii": "3", "iv": "4",
    "first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4",
}  # fmt: skip
_YEAR = re.compile(r"(?<![\d/–-])(20\d\d)\s?[-–—/]\s?(?:20)?(\d\d)(?!\d)")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?|[Ss]pring|[Ss]ummer|[Aa]utumn)"
)
_SPAN = re.compile(
    rf"\b(?:{_MONTH}(?:\s+term)?)\.?,?\s+(20)?['’]?(\d\d)\s+(?:to|until|[-–—]|and)\s+(?:{_MONTH}(?:\s+term)?)\.?,?\s+"
    r"(?:20)?['’]?(\d\d)\b"
)
_OPENING, _INTRODUCTION = 5, 15  # passages


def cohort(passages: Sequence[Passage], cohorts: Sequence[Cohort]) -> FactFinding:
    """The framework's cohort that a report says it belongs to, by name or by its project year, or None.

    What it calls itself goes before the year; a year in the opening goes before one further on.
    """
    named = next(_named(passages, {c.id for c in cohorts}), None)
    if named is not None:
        return FactFinding(named[0], 0.9, (named[1],))
    by_year = {year: c.id for c in cohorts for year in c.years}
    votes: dict[str, float] = defaultdict(float)
    shown: dict[str, Evidence] = {}
    for year, weight, evidence in _years(passages):
        if year in by_year:
            votes[by_year[year]] += weight
            shown.setdefault(by_year[year], evidence)
    if not votes:
        return FactFinding(None, 0.0, ())
    best = max(votes, key=lambda c: votes[c])
    return FactFinding(best, round(0.3 + 0.4 * votes[best] / sum(votes.values()), 3), (shown[best],))


def _named(passages: Sequence[Passage], known: set[str]) -> Iterator[tuple[str, Evidence]]:
    for passage in passages:
        for match in (*_COHORT.finditer(passage.text), *_ORDINAL.finditer(passage.text)):
            said = _WORDS.get(match.group(1).lower(), match.group(1))
            other = _OTHER_COHORT.search(passage.text[max(0, match.start() - 40) : match.start()])
            if said in known and not other:
                yield said, evidence_of(passage, match.start(), match.end())


def _years(passages: Sequence[Passage]) -> Iterator[tuple[str, float, Evidence]]:
    """(school year as "2009-10", weight, evidence) for each that the beginning of a report names."""
    for i, passage in enumerate(passages[:_INTRODUCTION]):
        weight = 3.0 if i < _OPENING else 1.0
        for match in _YEAR.finditer(passage.text):
            if int(match[2]) == (int(match[1]) + 1) % 100:
                yield f"{match[1]}-{match[2]}", weight, evidence_of(passage, match.start(), match.end())
        for match in _SPAN.finditer(passage.text):
            first, last = int(match[2]), int(match[3])
            if last == first + 1:
                yield f"20{first:02}-{last:02}", weight, evidence_of(passage, match.start(), match.end())
