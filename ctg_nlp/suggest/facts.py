"""Facts of a whole report: how many schools, which phase, which authority, which cohort.

A dimension of the framework names its finder (`fact:`). A finder takes the passages and gives a value,
how sure it is, and the passages that say so; a value of None says that it cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ctg_nlp.framework import Cohort
from ctg_nlp.records import Passage
from ctg_nlp.suggest.findings import FactFinding, evidence_of
from ctg_nlp.suggest.local_authority import local_authority
from ctg_nlp.suggest.school_count import school_count
from ctg_nlp.suggest.school_phase import school_phase

FINDERS: Mapping[str, Callable[[Sequence[Passage]], FactFinding]] = {
    "school_count": school_count,
    "school_phase": school_phase,
    "local_authority": local_authority,
}

_COHORT = re.compile(r"\bcohort\s+(\w+)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(20\d\d)\s*[-–/]\s*(?:20)?(\d\d)\b")
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4"}


def cohort(passages: Sequence[Passage], cohorts: Sequence[Cohort]) -> FactFinding:
    """The framework's cohort that a report says it belongs to, by name or by its project year, or None."""
    known = {c.id: c for c in cohorts}
    for passage in passages:
        for match in _COHORT.finditer(passage.text):
            said = _WORDS.get(match.group(1).lower(), match.group(1))
            if said in known:
                return FactFinding(said, 0.9, (evidence_of(passage, match.start(), match.end()),))
    by_year = {year: c.id for c in cohorts for year in c.years}
    for passage in passages[:15]:
        for match in _YEAR.finditer(passage.text):
            year = f"{match.group(1)}-{match.group(2)}"
            if year in by_year:
                return FactFinding(by_year[year], 0.6, (evidence_of(passage, match.start(), match.end()),))
    return FactFinding(None, 0.0, ())
