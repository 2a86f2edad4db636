"""Case studies of core groups: which they are, what was written on them, quoted and consented to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
