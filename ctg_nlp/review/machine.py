"""Raters of the machine beside coders: as one more who answered, but only where coders saw nothing of it.

A coder who sees what is suggested tends to follow it. So agreement with the machine is told of independent
answers alone; of answers with suggestions in view it is only counted how many kept what was suggested.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.records import Answer, Answered, Decision
from ctg_nlp.review.agreement import PairFigures, coders_of, pair_of, sure
from ctg_nlp.review.coefficients import Label
from ctg_nlp.review.estimate import Method

SUGGESTION = "suggestion"
"""The name of what all raters come to together."""

Opinions = Mapping[tuple[str, str], Mapping[str, Mapping[str, bool]]]
"""What raters say: (dimension, code), then report id, then rater."""


@dataclass(frozen=True, slots=True)
class MachineAgreement:
    """A rater (first of the pair) and a coder (second) on one code."""

    dimension: str
    code: str
    figures: PairFigures


@dataclass(frozen=True, slots=True)
class Kept:
    """Answers of one coder in one dimension with suggestions in view: how many kept what was suggested, said
    present where it was not (`added`), and absent where it was (`taken_away`)."""

    coder: str
    dimension: str
    kept: int
    added: int
    taken_away: int


def against_raters(
    answers: Sequence[Answered], opinions: Opinions, method: Method
) -> tuple[MachineAgreement, ...]:
    """Every rater beside every coder, code by code, in the order of `opinions`."""
    by_code: dict[tuple[str, str], list[Answered]] = {}
    for a in answers:
        if a.code is not None:
            by_code.setdefault((a.dimension, a.code), []).append(a)
    found = []
    for (dimension, code), said in opinions.items():
        mine = by_code.get((dimension, code), [])
        joined = _joined(sure(mine), said)
        raters = sorted({rater for by in said.values() for rater in by}, key=lambda r: (r != SUGGESTION, r))
        for rater in raters:
            for coder in coders_of(mine):
                figures = pair_of(joined, _as_rater(rater), coder, method, f"{dimension}.{code}")
                if figures.table.reports:
                    named = PairFigures(rater, coder, figures.table, figures.kappa)
                    found.append(MachineAgreement(dimension, code, named))
    return tuple(found)


def _as_rater(rater: str) -> str:
    return f"\0{rater}"  # so that a coder of the same name is not taken for it


def _joined(
    said: Mapping[str, Mapping[str, Label]], opinions: Mapping[str, Mapping[str, bool]]
) -> dict[str, dict[str, Label]]:
    return {
        report_id: {**by, **{_as_rater(r): says for r, says in opinions.get(report_id, {}).items()}}
        for report_id, by in said.items()
    }


def kept_and_changed(decisions: Iterable[Decision]) -> tuple[Kept, ...]:
    """What coders made of the suggestions that they saw: the last sure decision on each code."""
    last: dict[tuple[str, str, str, str], Decision] = {}
    for d in decisions:
        if d.role == "coder" and d.code is not None and d.suggested is not None:
            last[d.coder, d.report_id, d.dimension, d.code] = d
    counts: dict[tuple[str, str], list[int]] = {}
    for d in last.values():
        if d.answer in (Answer.PRESENT, Answer.ABSENT):
            of = counts.setdefault((d.coder, d.dimension), [0, 0, 0])
            present = d.answer is Answer.PRESENT
            of[0 if present == d.suggested else 1 if present else 2] += 1
    return tuple(Kept(*key, *of) for key, of in sorted(counts.items()))


def raters_in(found: Iterable[MachineAgreement]) -> Collection[str]:
    """The raters that were compared, in order."""
    return tuple(dict.fromkeys(m.figures.first for m in found))
