"""Findings that a researcher writes, each tied to passages of reports, and the bank of quotations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What a statement is."""

    FINDING = "finding"
    SOLUTION = "solution"  # to the problem that its code names
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class FindingSource:
    """A passage of a report. `page.text[start:end] == quote`; page 0 where it was not found in the text."""

    report_id: str
    page: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement as it is now, worded by a researcher, with the passages that it rests on.

    `question` is a question of the enquiry, `code` may be None: then it is on the dimension as a whole.
    `framework_id` is the version of the framework that both are of; empty where it is not known.
    `position` orders the statements of a question. Versions count from 1 and are never changed; `author`
    and `time` (UTC, ISO 8601) are those of the last. A `retired` one is kept and shown no more.
    """

    finding_id: str
    question: str
    dimension: str
    code: str | None
    kind: FindingKind
    text: str
    position: int
    author: str
    time: str
    sources: tuple[FindingSource, ...] = ()
    retired: bool = False
    version: int = 1
    created_by: str = ""
    created_at: str = ""
    framework_id: str = ""


class QuoteActKind(StrEnum):
    """What people do with a banked quotation."""

    CLEARED = "cleared"  # the text of one version may be printed
    WITHDRAWN = "withdrawn"  # it may not be printed any more, whatever its text
    RESTORED = "restored"  # it may be cleared again


class QuoteState(StrEnum):
    """Where a banked quotation stands. Only a cleared one may be printed."""

    WAITING = "waiting"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class QuoteText:
    """A version of how a quotation is printed. `text` are the words of the source in their order, with
    "[...]" or words in square brackets for what was left out; `role` says who speaks, as "Group leader".
    `by_case`: it is attributed to the group's case study, where the group consented."""

    version: int
    text: str
    role: str
    by_case: bool
    author: str
    time: str


@dataclass(frozen=True, slots=True)
class QuoteAct:
    """One act on a quotation. Of a clearing, `kept` are the places (start, end) in the text that rules had
    marked and a person let stand."""

    kind: QuoteActKind
    version: int
    who: str
    time: str
    why: str = ""
    kept: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class BankedQuote:
    """A quotation in the bank, with all versions of its text and all acts, oldest first. When its report was
    erased nothing of it is left but its number, which is not given again.

    `dimension` and `code` are of the version `framework_id` of the framework; a `dimension` of "" is none.
    """

    quote_id: int
    source: FindingSource
    dimension: str
    code: str | None
    banked_by: str
    banked_at: str
    texts: tuple[QuoteText, ...]
    acts: tuple[QuoteAct, ...] = ()
    framework_id: str = ""

    @property
    def now(self) -> QuoteText:
        """The text that holds. Ask only where something is left of it."""
        return self.texts[-1]

    @property
    def state(self) -> QuoteState:
        """Where it stands: a clearing holds for the version that was cleared and for no other."""
        if not self.texts:
            return QuoteState.ERASED
        last = self.acts[-1] if self.acts else None
        if last is not None and last.kind is QuoteActKind.WITHDRAWN:
            return QuoteState.WITHDRAWN
        cleared = last is not None and last.kind is QuoteActKind.CLEARED and last.version == self.now.version
        return QuoteState.CLEARED if cleared else QuoteState.WAITING

    @property
    def clearing(self) -> QuoteAct | None:
        """The clearing that holds, or None."""
        return self.acts[-1] if self.state is QuoteState.CLEARED else None
