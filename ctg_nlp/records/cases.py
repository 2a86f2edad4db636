"""Case studies of core groups: which they are, what was written on them, quoted and consented to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.records.documents import Report, ReportKind


class ConsentFor(StrEnum):
    """What a group consents to, each by itself."""

    NAME = "name"  # the group may be named
    QUOTES = "quotes"  # its words may be quoted


@dataclass(frozen=True, slots=True)
class CoreChoice:
    """A person said that a group is a core group, or is none; the last word holds, over the register's."""

    group_id: str
    core: bool
    time: str
    who: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody of a group consented to, or took back (`given` false). Append-only; the last holds.

    `person` said it, on `said_on` (a date, ISO 8601), by `how` (a signed form, a letter, a call); `who`
    recorded it at `time`.
    """

    group_id: str
    scope: ConsentFor
    given: bool
    person: str
    how: str
    said_on: str
    time: str
    who: str


@dataclass(frozen=True, slots=True)
class CaseText:
    """One version of a section's text. Versions count from 1 and are never changed.

    `base` is the version that the writer had before them, 0 for none. `aside`: somebody else had saved
    meanwhile, so that it stands beside the current text until a later version names it in `settles`.
    """

    group_id: str
    section: str
    version: int
    base: int
    text: str
    author: str
    time: str
    aside: bool = False
    settles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseQuote:
    """A passage of a source that a case study quotes; in texts it is written `[[q3]]` by its number.

    `page.text[start:end] == quote`. `speaker` is a role ("Group leader"), empty where none is told. When its
    report was erased `quote` and `speaker` are empty, and the number is not given again.
    """

    group_id: str
    number: int
    report_id: str
    page: int
    start: int
    end: int
    quote: str
    speaker: str
    taken_by: str
    taken_at: str


@dataclass(frozen=True, slots=True)
class SourceQuote:
    """A passage that coding quotes, with where it stands. `report_id` and offsets as in evidence; page 0
    where the quote was not found in the text."""

    report_id: str
    dimension: str
    code: str | None
    quote: str
    page: int = 0
    start: int = 0
    end: int = 0
    label: str = ""  # of an inductive code


@dataclass(frozen=True, slots=True)
class SaidAnswer:
    """What a report is coded as: the label of a code, or of an inductive one, or a value in words."""

    label: str
    quotes: tuple[SourceQuote, ...] = ()
    inductive: bool = False


@dataclass(frozen=True, slots=True)
class SaidOfDimension:
    """What the coding of a group's final report says in one dimension; `undecided` counts codes (a value as
    one) that nobody decided or coders disagree on."""

    dimension: str
    title: str
    answers: tuple[SaidAnswer, ...]
    undecided: int


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A section of a case study as far as it is: what is asked, coded and written. `current` is the text that
    holds, `asides` those that wait to be brought together with it. `asked`: the template has the section."""

    section: str
    title: str
    prompt: str
    said: tuple[SaidOfDimension, ...]
    current: CaseText | None
    asides: tuple[CaseText, ...]
    asked: bool = True

    @property
    def text(self) -> str:
        """The text that holds, or an empty one."""
        return self.current.text if self.current else ""


@dataclass(frozen=True, slots=True)
class Case:
    """A core group with all that a case study of it is written from.

    `name` is what the group is called where it may be named; `names` and `other_names` may not be printed
    where it may not. `described` is the group in words made of coded facts ("a group of three primary
    schools"). `sources` are its documents that were not withdrawn, `final` the one that counts.
    """

    group_id: str
    name: str
    names: tuple[str, ...]
    other_names: tuple[str, ...]
    described: str
    sources: tuple[Report, ...]
    final: Report | None
    consents: tuple[Consent, ...]
    quotes: Mapping[int, CaseQuote]
    drafts: tuple[CaseDraft, ...]

    def consent(self, scope: ConsentFor) -> Consent | None:
        """The last that was said on this, or None; `given` tells which way."""
        return next((c for c in reversed(self.consents) if c.scope is scope), None)

    def may(self, scope: ConsentFor) -> bool:
        """Whether consent for this is recorded and stands."""
        last = self.consent(scope)
        return last is not None and last.given

    def kind_of(self, report_id: str) -> ReportKind | None:
        """The kind of a source, or None where it is none (any more)."""
        return next((r.kind for r in self.sources if r.report_id == report_id), None)
