"""What the pages of findings and quotations send: checked by Pydantic before anything else sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ctg_nlp.findings import Writing
from ctg_nlp.records import FindingKind, FindingSource
from ctg_nlp.web.shapes import Label, Name, Uuid, Whole, Words

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Role = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SourceSent(_Sent):
    """A passage: its place, or its words where nobody knows the place."""

    report_id: Sha256
    page: Whole = 0
    start: Whole = 0
    end: Whole = 0
    quote: Words = ""

    def source(self) -> FindingSource:
        """As the rooms know it."""
        return FindingSource(self.report_id, self.page, self.start, self.end, self.quote)


class FindingSent(_Sent):
    """A statement with the passages that it rests on."""

    finding_id: Uuid
    question: Name
    dimension: Name
    code: Name | None = None
    kind: FindingKind
    text: Words
    sources: Annotated[list[SourceSent], Field(max_length=300)] = []
    base: Whole = 0

    def writing(self) -> Writing:
        """As the rooms know it."""
        return Writing(
            self.finding_id,
            self.question,
            self.dimension,
            self.code,
            self.kind,
            self.text,
            tuple(s.source() for s in self.sources),
            self.base,
        )


class RetireSent(_Sent):
    """Whether a finding is shown no more, or again."""

    retired: bool


class MoveSent(_Sent):
    """Up or down by one."""

    by: Literal[-1, 1]


class BankSent(SourceSent):
    """A passage for the bank, with the code that it shows."""

    dimension: Name
    code: Name | None = None


class TextSent(_Sent):
    """How a quotation is to be printed."""

    text: Words
    role: Role
    by_case: bool = False
    base: Whole


class ClearSent(_Sent):
    """What was looked at: the places of all that is marked."""

    base: Whole
    kept: Annotated[list[tuple[Whole, Whole]], Field(max_length=500)] = []
    why: Label = ""


class WhySent(_Sent):
    """Why something is done."""

    why: Label = ""
