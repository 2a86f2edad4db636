"""Where coders disagree: a list to talk over, which teaches more than a coefficient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ctg_nlp.records import Answer, Answered
from ctg_nlp.review.independence import Place, place_of


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Answers on one code (or value) of one report that are not all the same, by coder."""

    report_id: str
    dimension: str
    code: str | None
    said: tuple[Answered, ...]


def disagreements(answers: Iterable[Answered]) -> tuple[Disagreement, ...]:
    """All places where those who are sure differ, in the order of the answers; the unsure stand beside."""
    by_place: dict[Place, list[Answered]] = {}
    for a in answers:
        by_place.setdefault(place_of(a), []).append(a)
    return tuple(
        Disagreement(*place, tuple(sorted(said, key=lambda a: a.coder)))
        for place, said in by_place.items()
        if len({(a.answer, a.value) for a in said if a.answer is not Answer.UNSURE}) > 1
    )
