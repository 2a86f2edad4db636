"""What the pages of case studies send: checked by Pydantic before anything else sees it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ctg_nlp.casework import Writing
from ctg_nlp.records import Consent, ConsentFor
from ctg_nlp.web.shapes import Label, Place, Whole

GroupName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
SectionName = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9_]+$")]
Text = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextSent(_Sent):
    """A section's text as somebody has it before them."""

    group: GroupName
    section: SectionName
    text: Text
    base: Whole
    settles: Annotated[list[Whole], Field(max_length=100)] = []

    def writing(self) -> Writing:
        """As the rooms know it; every line ends the same way, whatever the browser sent."""
        words = self.text.replace("\r\n", "\n").replace("\r", "\n")
        return Writing(self.group, self.section, words, self.base, tuple(self.settles))


class QuoteSent(_Sent):
    """A passage to be quoted, and who says it, as a role."""

    group: GroupName
    report_id: Sha256
    place: Place
    speaker: Label = ""


class ConsentSent(_Sent):
    """What somebody of a group consented to, or took back."""

    group: GroupName
    scope: ConsentFor
    said: Literal["given", "taken back"]
    person: Label
    how: Label
    said_on: Annotated[str, StringConstraints(max_length=10)]

    def consent(self, now: str, who: str) -> Consent:
        """As the rooms know it."""
        given = self.said == "given"
        return Consent(self.group, self.scope, given, self.person, self.how, self.said_on, now, who)
