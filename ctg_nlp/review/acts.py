"""What one thing that a coder does on the review page means: decisions, or a refusal with its cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.constraints import value_violations, violations
from ctg_nlp.errors import DecisionsError
from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import Answer, Decision, QuotedEvidence


class Forbidden(DecisionsError):
    """The framework forbids an answer beside others. `cure` says what replacing them would do."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.cure = cure


@dataclass(frozen=True, slots=True)
class Said:
    """A coder's answer for one code, or (code None) for the value of a number or text dimension."""

    code: str | None
    answer: Answer
    value: int | str | None = None
    evidence: tuple[QuotedEvidence, ...] = ()
    note: str = ""


def answered(
    dimension: Dimension, said: Said, mine: Mapping[str | None, Decision], *, replace: bool = False
) -> tuple[Said, ...]:
    """All that an answer comes to, given this coder's standing decisions in the dimension.

    Of a single-choice dimension a code that is present makes all others absent. In another one a code that
    stands alone and the codes it cannot go with exclude each other: `Forbidden` tells so, and with
    `replace` those that stand in the way become absent. Raises `DecisionsError` for an unknown code, a
    value where codes are wanted (or the other way round), or a value of the wrong kind.
    """
    if not dimension.coded:
        return (_value(dimension, said),)
    code = dimension.code(said.code or "")
    if code is None:
        raise DecisionsError(f"{dimension.id} has no code {said.code}.")
    if said.answer is Answer.VALUE:
        raise DecisionsError(f"{dimension.id} takes codes, not a value.")
    if said.answer is not Answer.PRESENT:
        return (said,)
    if dimension.kind == "single":
        return (said, *(Said(c.id, Answer.ABSENT) for c in dimension.codes if c is not code))
    rivals = _rivals(dimension, code, mine)
    if rivals and not replace:
        alone = [code] if code.exclusive else [c for c in rivals if c.exclusive]
        others = rivals if code.exclusive else [code]
        reason = f"{_labels(alone)} stands alone and cannot go with {_labels(others)}."
        raise Forbidden(reason, f"{_labels([code])} becomes present, {_labels(rivals)} absent.")
    return (said, *(Said(c.id, Answer.ABSENT) for c in rivals))


def rest_absent(dimension: Dimension, mine: Mapping[str | None, Decision]) -> tuple[Said, ...]:
    """All codes of a dimension that this coder has not answered, as absent; what is unsure stays so.

    Raises `DecisionsError` for a dimension that takes a value.
    """
    if not dimension.coded:
        raise DecisionsError(f"{dimension.id} takes a value, not codes.")
    return tuple(Said(c.id, Answer.ABSENT) for c in dimension.codes if c.id not in mine)


def standing(
    decisions: Sequence[Decision], coder: str, dimension: str, role: str = "coder"
) -> dict[str | None, Decision]:
    """A coder's last decision on each code of a dimension, given decisions that stand, oldest first."""
    return {d.code: d for d in decisions if (d.coder, d.role, d.dimension) == (coder, role, dimension)}


def _value(dimension: Dimension, said: Said) -> Said:
    if said.code is not None or said.answer not in (Answer.VALUE, Answer.UNSURE):
        raise DecisionsError(f"{dimension.id} takes a value, not codes.")
    wrong = value_violations(dimension, said.value)
    if wrong:
        raise DecisionsError("; ".join(wrong) + ".")
    return said


def _rivals(dimension: Dimension, code: Code, mine: Mapping[str | None, Decision]) -> list[Code]:
    """The present codes that cannot stay beside this one."""
    present = [
        c for c in dimension.codes if c is not code and c.id in mine and mine[c.id].answer is Answer.PRESENT
    ]
    return [c for c in present if violations(dimension, [code.id, c.id])]


def _labels(codes: Sequence[Code]) -> str:
    return ", ".join(f"“{c.label}”" for c in codes)
