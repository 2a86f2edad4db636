"""What the machine proposes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.records.documents import Box


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
