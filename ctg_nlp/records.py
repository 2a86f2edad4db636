r"""The dataclasses that cross rooms: frozen, slotted, made of plain values.

No spaCy `Doc`, numpy array, database row, DataFrame or Prefect object is ever a field here.

**What `page.text` is.** The body of one page in reading order, written once by the extractor and never
normalised afterwards. Each paragraph, heading, list item and table row is one line, lines are joined by
`\n`; words in a line are joined by one space, table cells by a tab; a word broken at the end of a line
on paper is one word here. Running headers, footers and page numbers are not in it: they are kept in
`page.furniture`. Offsets are Unicode code points. `page.text[e.start:e.end] == e.quote` holds for every
piece of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

REFUSALS = ("encrypted", "damaged", "empty", "not a PDF", "no text", "too costly")
"""The causes for which a file is refused, in the words used everywhere."""


class Answer(StrEnum):
    """What a decision says about one code; `VALUE` for number and text dimensions."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"
    VALUE = "value"


class Status(StrEnum):
    """Assertion status of a mention, after ConText (Harkema et al. 2009, doi:10.1016/j.jbi.2009.05.002)."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    INTENDED = "intended"
    PLANNED = "planned"
    WISHED = "wished"
    ADVOCATED = "advocated"
    OTHER_PROJECT = "other project"
    BACKGROUND = "background"


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
class Evidence:
    """A quote: `page.text[start:end] == quote`. `boxes` hold one rectangle for each line on the page.

    `because` are the words that spoke for it: a cue's, or those that weighed most with the classifier.
    """

    page: int
    start: int
    end: int
    quote: str
    boxes: tuple[Box, ...] = ()
    status: Status = Status.ASSERTED
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one rater says of one code: its score from 0 to 1, and whether it would suggest the code.

    `rater` is its name and version, as "cues-1+3f2a".
    """

    rater: str
    score: float
    says: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the machine proposes for one code, or for the value of a number or text dimension.

    `score` and `threshold` lie between 0 and 1; `suggested` is what remains after the framework's
    constraints. `held_back` are mentions that did not count, each with its status (planned, negated, …).
    `opinions` are those of all raters that spoke; the score is what they come to together.
    """

    report_id: str
    dimension: str
    code: str | None
    score: float
    threshold: float
    suggested: bool
    model_id: str
    framework_id: str
    value: int | str | None = None
    evidence: tuple[Evidence, ...] = ()
    held_back: tuple[Evidence, ...] = ()
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of `page.text`."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuotedEvidence:
    """Evidence that a person brought: the quote as given, and where it was found (several spans where it
    crosses a page or a cell; none where it could not be anchored)."""

    quote: str
    spans: tuple[Span, ...] = ()


class Role(StrEnum):
    """What a user may do. A lead may also do what adjudicators and coders may; an administrator manages
    users and sees no report."""

    CODER = "coder"
    ADJUDICATOR = "adjudicator"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in. Users are never deleted, since decisions carry their names: deactivated ones
    cannot log in."""

    name: str
    role: Role
    active: bool = True
    must_change: bool = False  # the password was set by somebody else
    created_at: str = ""
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a coder said about one code of one report, or the value of a number or text dimension.

    `time` is UTC in ISO 8601, empty where an import did not carry one. `role` is "coder", "adjudicator" or
    "trainee", whose decisions never count. Append-only: a later decision supersedes, it never edits.
    `suggested` tells whether the code was suggested in the coder's view, None where nothing was shown.
    """

    report_id: str
    dimension: str
    code: str | None
    answer: Answer
    coder: str
    time: str
    framework_id: str
    value: int | str | None = None
    evidence: tuple[QuotedEvidence, ...] = ()
    note: str = ""
    role: str = "coder"
    import_id: str = ""
    sequence: int = 0
    act_id: str = ""
    suggested: bool | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a coder answered on one code of one report (code None: the dimension's value) by themselves.

    `time` is UTC in ISO 8601; `sequence` is the number of the decision, by which its evidence is found.
    """

    coder: str
    report_id: str
    dimension: str
    code: str | None
    answer: Answer
    value: int | str | None
    time: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a coder did on the review page; the decisions it made carry its id.

    `seconds` is the time spent on it, as the page measured. `model_id` names whose suggestions were on the
    page, empty where none were. What is undone counts no more, and is kept.
    """

    act_id: str
    report_id: str
    kind: str  # "answer", "rest absent" or "inductive code"
    dimension: str
    code: str | None
    coder: str
    time: str
    seconds: float = 0.0
    model_id: str = ""
    undone_at: str = ""
    reason: str = ""


class Purpose(StrEnum):
    """Why a coder is to code a report. All but `CODING` are coded blind until they are locked."""

    AUDIT = "audit"  # in the audit sample
    DOUBLE = "double"  # a second, independent coding
    TRAINING = "training"  # compared with what was agreed; never counts
    CODING = "coding"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A report that a coder is to code. `locked_at` is empty until their blind coding of it is closed."""

    report_id: str
    coder: str
    purpose: Purpose
    position: int
    assigned_at: str
    assigned_by: str
    locked_at: str = ""

    @property
    def blind(self) -> bool:
        """Whether suggestions and others' answers are to be kept from the coder."""
        return self.purpose is not Purpose.CODING and not self.locked_at


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of the audit sample: `size` of `population` reports, each with the same probability.

    Later arrivals are drawn in a draw, and so a stratum, of their own.
    """

    draw: int
    seed: int
    population: int
    size: int
    drawn_at: str
    drawn_by: str


@dataclass(frozen=True, slots=True)
class AuditUnit:
    """A report of a draw's population with its permanent random number; `position` counts the sampled ones
    from 1 in the order in which they are coded, and is 0 for the others."""

    report_id: str
    draw: int
    number: float
    position: int


@dataclass(frozen=True, slots=True)
class Memo:
    """A coder's free note on a report or a place in it; with a `label` it is an inductive code."""

    memo_id: str
    report_id: str
    coder: str
    time: str
    text: str = ""
    label: str = ""
    dimension: str | None = None
    code: str | None = None
    span: Span | None = None
    quote: str = ""
    act_id: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is left to do in one report, for the queue: derived from its decisions and suggestions.

    `codes` and `open` count codes (a value counts as one) of the map, and how many of them are not decided;
    `uncertainty` is in bits, over the open codes. `decided_at` is the time of the last decision, or empty.
    """

    report_id: str
    framework_id: str
    model_id: str
    codes: int
    open: int
    conflicts: int
    open_dimensions: tuple[str, ...]
    uncertainty: float
    decided_at: str


class RecordState(StrEnum):
    DECIDED = "decided"
    UNDECIDED = "undecided"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class CodedRecord:
    """What decisions resolve to for one report and dimension.

    `present` and `absent` hold the codes that are decided; a code in neither is undecided, which is not
    absent. `conflicts` are codes (or, for a value, the dimension's id) on which coders disagree and
    nobody has adjudicated. `value_decided` tells a decided "cannot be told" (value None) from no decision.
    """

    report_id: str
    dimension: str
    state: RecordState
    present: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    value: int | str | None = None
    value_decided: bool = False


@dataclass(frozen=True, slots=True)
class DecidedReport:
    """A report with what coders decided on it: what a classifier learns from, and is judged by.

    `present` and `absent` hold the decided codes as (dimension, code); a code in neither is undecided.
    `marked` are the places in `passages` of the evidence that coders gave for present codes, `quotes` the
    same as given. `values` are the decided values of number and text dimensions.
    """

    report_id: str
    name: str
    group_id: str
    passages: tuple[Passage, ...]
    present: frozenset[tuple[str, str]]
    absent: frozenset[tuple[str, str]]
    marked: Mapping[tuple[str, str], frozenset[int]]
    quotes: Mapping[tuple[str, str], tuple[str, ...]]
    values: Mapping[str, int | str | None]
    decisions: int


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
