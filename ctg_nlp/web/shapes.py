"""What the page sends: checked by Pydantic before anything else sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ctg_nlp.desk import Doing
from ctg_nlp.records import Answer, Memo, Span

_NO_NUL = r"^[^\x00]*$"
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(max_length=20_000, pattern=_NO_NUL)]
Label = Annotated[str, StringConstraints(max_length=300, pattern=_NO_NUL, strip_whitespace=True)]
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]


Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Place(_Sent):
    """A stretch of a page's text."""

    page: Whole
    start: Whole
    end: Whole

    def span(self) -> Span:
        """As the rooms know it."""
        return Span(self.page, self.start, self.end)


class ActSent(_Sent):
    """One thing that a coder did."""

    act_id: Uuid
    kind: Literal["answer", "rest_absent"]
    dimension: Name
    code: Name | None = None
    answer: Answer | None = None
    value: int | Words | None = None
    evidence: Annotated[list[Place], Field(max_length=200)] = []
    note: Words = ""
    seconds: Seconds = 0.0
    replace: bool = False
    assisted: bool = True
    model_id: Label = ""  # whose suggestions were on the page

    @model_validator(mode="after")
    def _says_something(self) -> ActSent:
        if self.kind == "answer" and self.answer is None:
            raise ValueError("an answer needs to say present, absent, unsure or value")
        return self

    def doing(self) -> Doing:
        """As the desk knows it."""
        return Doing(
            act_id=self.act_id,
            dimension=self.dimension,
            code=self.code,
            answer=self.answer if self.kind == "answer" else None,
            value=self.value,
            evidence=tuple(e.span() for e in self.evidence),
            note=self.note,
            seconds=self.seconds,
            assisted=self.assisted,
            model_id=self.model_id,
            replace=self.replace,
        )


class AdjudicationSent(_Sent):
    """What an adjudicator says of a code or a value, and why coders disagreed."""

    act_id: Uuid
    dimension: Name
    code: Name | None = None
    answer: Answer
    value: int | Words | None = None
    evidence: Annotated[list[Place], Field(max_length=200)] = []
    reason: Label
    note: Words = ""
    seconds: Seconds = 0.0
    replace: bool = False

    def doing(self) -> Doing:
        """As the desk knows it."""
        return Doing(
            act_id=self.act_id,
            dimension=self.dimension,
            code=self.code,
            answer=self.answer,
            value=self.value,
            evidence=tuple(e.span() for e in self.evidence),
            note=self.note,
            seconds=self.seconds,
            assisted=False,
            replace=self.replace,
        )


class CloseSent(_Sent):
    """How a task of the worklist was done."""

    how: Words


class NothingSent(_Sent):
    """Nothing but the asking itself."""


class UndoSent(_Sent):
    """Which act to undo."""

    act_id: Uuid


class MemoSent(_Sent):
    """A memo, or with a label an inductive code; on a place or on the whole report."""

    memo_id: Uuid
    text: Words = ""
    label: Label = ""
    dimension: Name | None = None
    code: Name | None = None
    page: Whole | None = None
    start: Whole | None = None
    end: Whole | None = None

    def memo(self, report_id: str) -> Memo:
        """As the desk knows it; coder, time and quote are the desk's to add."""
        place = None
        if self.page is not None and self.start is not None and self.end is not None:
            place = Span(self.page, self.start, self.end)
        return Memo(self.memo_id, report_id, "", "", self.text, self.label, self.dimension, self.code, place)
