r"""The documents: groups, submissions, reports, and what was read from them.

**What `page.text` is.** The body of one page in reading order, written once by the extractor and never
normalised afterwards. Each paragraph, heading, list item and table row is one line, lines are joined by
`\n`; words in a line are joined by one space, table cells by a tab; a word broken at the end of a line
on paper is one word here. Running headers, footers and page numbers are not in it: they are kept in
`page.furniture`. Offsets are Unicode code points. `page.text[e.start:e.end] == e.quote` holds for every
piece of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

REFUSALS = ("encrypted", "damaged", "empty", "not a PDF", "no text", "too costly")
"""The causes for which a file is refused, in the words used everywhere."""


class VerdictKind(StrEnum):
    """What intake says of a file, in the words used everywhere."""

    ACCEPTED = "accepted"
    WARNING = "accepted with a warning"
    DUPLICATE = "duplicate"
    NEAR_DUPLICATE = "near-duplicate"
    REVISION = "revision"
    REFUSED = "refused"
    FAILED = "failed"


class ReportKind(StrEnum):
    """Which of a group's documents this is; only final reports are counted in tables."""

    FINAL = "final report"
    PLAN = "plan"
    LOG = "log"
    PRESENTATION = "presentation"
    INTERVIEW = "interview notes"
    VISIT = "visit notes"
    OTHER = "other"


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list item"
    TABLE_ROW = "table row"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page as displayed (after its rotation): points, origin at the top left."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or one half of a word broken over two lines: `page.text[start:end]` and where it stands."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Block:
    """One line of `page.text`: a paragraph, heading, list item or table row."""

    start: int
    end: int
    kind: BlockKind


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read. `number` counts from 1; `width` and `height` are those displayed, in points."""

    number: int
    width: float
    height: float
    text: str
    words: tuple[Word, ...] = ()
    blocks: tuple[Block, ...] = ()
    furniture: tuple[str, ...] = ()
    source: str = "text"  # "text", "ocr" or "none" (no text could be read)
    rotation: int = 0  # degrees clockwise that the file asks for


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything read from one file. `warnings` are sentences for people."""

    pages: tuple[Page, ...]
    extractor: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, list item, table row or heading. `heading` is the last heading above it, if any."""

    page: int
    start: int
    end: int
    kind: BlockKind
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of `page.text`."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the register. `files` are names of its final report that the register gives; `columns`
    are further columns, passed through as (name, value)."""

    group_id: str
    position: int
    cohort: str = ""
    expected: bool = True
    files: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One submitted document as registered. `report_id` is the sha256 of its bytes.

    `verdict` and `cause` are in the words used everywhere, `message` is a sentence for people; `warnings`
    is the part of it that came from reading the file and proposing for it.
    `related_to` is the report that this one duplicates or revises. `counted`: enters tables for its group.
    `chosen`: a person, not the settling rule, said which report of the group counts.
    """

    report_id: str
    sequence: int
    name: str
    path: str
    group_id: str | None
    kind: ReportKind
    verdict: VerdictKind
    cause: str = ""
    message: str = ""
    warnings: str = ""
    extractor: str = ""
    pages: int = 0
    words: int = 0
    cohort_said: str = ""
    received_at: str = ""
    related_to: str | None = None
    counted: bool = False
    settled: bool = False
    chosen: bool = False
    signature: bytes = b""
    withdrawn_at: str = ""
    withdrawn_by: str = ""
    withdrawn_why: str = ""

    @property
    def readable(self) -> bool:
        """Its text is in the store."""
        return self.verdict in READABLE

    @property
    def verdict_in_words(self) -> str:
        """The verdict with its cause, as "refused: encrypted"."""
        return f"{self.verdict}: {self.cause}" if self.cause else str(self.verdict)


READABLE = frozenset(
    {VerdictKind.ACCEPTED, VerdictKind.WARNING, VerdictKind.NEAR_DUPLICATE, VerdictKind.REVISION}
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A file seen in the raw folder. `path` is relative to the home, with "/" and in Unicode form NFC,
    or absolute where the file lies elsewhere."""

    path: str
    sha256: str
    size: int
    mtime_ns: int
    received_at: str
