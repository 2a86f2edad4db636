"""What coders said, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.records.documents import Passage, Span


class Answer(StrEnum):
    """What a decision says about one code; `VALUE` for number and text dimensions."""

    PRESENT = "present"
    ABSENT = "absent"
    UNSURE = "unsure"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class QuotedEvidence:
    """Evidence that a person brought: the quote as given, and where it was found (several spans where it
    crosses a page or a cell; none where it could not be anchored)."""

    quote: str
    spans: tuple[Span, ...] = ()


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
