"""The coding frame as plain, frozen data: dimensions, codes, cues. Nothing here knows any one framework.

`framework_file.load_framework` reads one from YAML; `constraints` says what a set of codes may be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import ConfigDict, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$")]
Kind = Literal["single", "multi", "number", "text"]
Counts = Literal["did", "described", "intended", "planned", "advocated"]
Stage = Literal["map", "indepth"]
Denominator = Literal["all", "indicated", "sample"]

Name = TypeVar("Name", str, int)
_CLOSED = ConfigDict(extra="forbid")
_OTHER = re.compile(r"others?(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cues:
    """Patterns that show a code, by how much one mention of them says.

    `strong` suggests by itself, `medium` nearly, `weak` only together with others; where a `never` pattern
    matches a passage, that passage does not count. The language of patterns is told in `suggest.cues`.
    """

    strong: tuple[str, ...] = ()
    medium: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Follows:
    """A code that follows from what else was found: between `min` and `max` codes of `dimension`
    (only those in `codes`, if named; the dimension's missing codes never count)."""

    dimension: Id
    min: int = 0
    max: int | None = None
    codes: tuple[Id, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing of what a code stands for: a `centre` that leads its `parts` (form "above"), or in which they
    meet (form "among")."""

    form: Literal["above", "among"]
    centre: str
    parts: tuple[str, ...]

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `exclusive`: stands alone. `missing`: means that the report does not tell.
    `otherwise`: suggested where no other code of the dimension is. `compare_with`: "dimension.code".
    `diagram` is a drawing of what the code stands for."""

    id: Id
    label: str
    definition: str = ""
    exclusive: bool = False
    missing: bool = False
    otherwise: bool = False
    group: Id | None = None
    compare_with: tuple[str, ...] = ()
    cues: Cues = Cues()
    follows: tuple[Follows, ...] = ()
    diagram: Diagram | None = None

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Band:
    """A row of the table of a number dimension: values from `min` to `max`, both included."""

    id: Id
    label: str
    min: int | None = None
    max: int | None = None

    __pydantic_config__ = _CLOSED

    def holds(self, value: int) -> bool:
        """Whether the value falls into this band."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """A heading over some codes of a table."""

    id: Id
    label: str

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A further row below a table: reports with at least one of `codes`, counted once."""

    id: Id
    label: str
    codes: tuple[Id, ...]

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Missing:
    """The row of a number dimension for reports that do not tell."""

    id: Id
    label: str

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Links:
    """Codes of one dimension (`from_`, in files "from") linked to those of another; `enquiry` pairs them."""

    from_: Id
    to: Id

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Dimension:
    """One table or question of the framework.

    `fact` names a finder of `suggest.facts` that gives the value (or the code) from the whole report;
    `sections` are words of headings under which its passages are to be expected. `reported`: it says what
    groups claim of their own work, and its tables say so. With `links` its codes are the pairs of those of
    two others. `over_quotes`: it is coded over the passages that other dimensions quote.
    """

    id: Id
    title: str
    kind: Kind
    stage: Stage = "map"
    counts: Counts = "did"
    table: int | None = None
    question: str = ""
    definition: str = ""
    note: str = ""
    denominator: Denominator = "all"
    codes: tuple[Code, ...] = ()
    groups: tuple[CodeGroup, ...] = ()
    any_of: tuple[AnyOf, ...] = ()
    bands: tuple[Band, ...] = ()
    missing: Missing | None = None
    total: str = ""
    fact: str = ""
    sections: tuple[str, ...] = ()
    reported: bool = False
    links: Links | None = None
    over_quotes: bool = False

    __pydantic_config__ = _CLOSED

    @property
    def free(self) -> bool:
        """A text in the researcher's words: no finder gives it, and no table counts it."""
        return self.kind == "text" and not self.tabulated

    @property
    def coded(self) -> bool:
        """True for single and multi: answers are codes, not a value."""
        return self.kind in ("single", "multi")

    @property
    def tabulated(self) -> bool:
        """There is a table of it: of codes, of bands, and of texts that reports share (names out of a list,
        which a finder gives, or to which the framework gives a table number). Free texts have none."""
        shared = self.kind == "text" and (self.fact != "" or self.table is not None)
        return self.coded or bool(self.bands) or shared

    def code(self, code_id: str) -> Code | None:
        """The code of that id, or None."""
        return next((c for c in self.codes if c.id == code_id), None)

    @property
    def other(self) -> Code | None:
        """The code for what no other code holds: an id or label that begins with "other"; or None.

        One that stands alone is none: "other" means there that nothing applies.
        """
        open_codes = (c for c in self.codes if not (c.exclusive or c.missing))
        return next((c for c in open_codes if _OTHER.match(c.id) or _OTHER.match(c.label)), None)


@dataclass(frozen=True, slots=True)
class Example:
    """A passage that a codebook gives as an example: it shows `codes` of its dimension, and only seems to
    show those in `near` (`why` says in a word or two what it is instead: planned, negated, ...)."""

    dimension: Id
    text: str
    codes: tuple[Id, ...] = ()
    near: tuple[Id, ...] = ()
    why: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Level:
    """A step of a filter's scale. `passes`: a report that is given it goes on."""

    id: Id
    label: str
    passes: bool = False

    __pydantic_config__ = _CLOSED


PASS_OR_FAIL = (Level("pass", "Passes", True), Level("fail", "Does not pass"))
"""The scale of a filter that gives none of its own."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that selects reports for the second stage: what a coder asks of each report (`criteria`), and
    what they may answer (`scale`, by default `PASS_OR_FAIL`). `blocked_by`: codes of the map, each as
    "dimension.code"; a report that has one of them cannot pass."""

    id: Id
    label: str
    definition: str = ""
    criteria: tuple[str, ...] = ()
    scale: tuple[Level, ...] = ()
    blocked_by: tuple[str, ...] = ()

    __pydantic_config__ = _CLOSED

    @property
    def levels(self) -> tuple[Level, ...]:
        """The steps of its scale."""
        return self.scale or PASS_OR_FAIL

    def level(self, level_id: str) -> Level | None:
        """The step of that id, or None."""
        return next((level for level in self.levels if level.id == level_id), None)


@dataclass(frozen=True, slots=True)
class CaseSection:
    """A section of a case study: what its writer is asked (`prompt`), and the dimensions whose coding of the
    group's final report is shown beside it."""

    id: Id
    title: str
    prompt: str = ""
    dimensions: tuple[Id, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the enquiry, with the dimensions of the second stage that answer it."""

    id: Id
    label: str
    dimensions: tuple[Id, ...]
    definition: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Published:
    """Counts that were published for this framework: a CSV beside the framework file, and N in words."""

    file: str
    reports: int
    source: str = ""
    totals: tuple[tuple[Id, int], ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort of groups and the project years (as "2008-09") by which a report's text can tell it."""

    id: str
    years: tuple[str, ...] = ()

    __pydantic_config__ = _CLOSED


EditKind = Literal["rename", "merge", "split", "new", "retire", "rename dimension"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a framework: what codes of a dimension (`from_`, in files "from") became (`to`).

    "new" has only `to`, "retire" only `from_`; without either the whole dimension is new or retired. Names
    are those of the moment: edits follow each other.
    """

    edit: EditKind
    dimension: str = ""
    from_: tuple[Id, ...] = ()
    to: tuple[Id, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a framework and the edits that led to it from the one before."""

    version: str
    edits: tuple[Edit, ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class Framework:
    """A whole framework. `framework_id` is its id, version and a hash of what coders see.

    `examples` names a file of examples beside it (JSON lines, each an `Example`), if there is one;
    `history` has the edits that led to it, oldest version first (`history` tells what they mean).
    """

    id: Id
    version: str
    title: str
    dimensions: tuple[Dimension, ...]
    unit: str = "report"
    framework_id: str = ""
    cohorts: tuple[Cohort, ...] = ()
    filters: tuple[Filter, ...] = ()
    vocabulary: tuple[tuple[str, tuple[str, ...]], ...] = ()
    published: Published | None = None
    examples: str = ""
    history: tuple[Version, ...] = ()
    case_sections: tuple[CaseSection, ...] = ()
    questions: tuple[Question, ...] = ()

    __pydantic_config__ = _CLOSED

    def question_of(self, dimension_id: str) -> Question | None:
        """The question of the enquiry that a dimension answers, or None."""
        return next((q for q in self.questions if dimension_id in q.dimensions), None)

    def dimension(self, dimension_id: str) -> Dimension | None:
        """The dimension of that id, or None."""
        return next((d for d in self.dimensions if d.id == dimension_id), None)

    def filter(self, filter_id: str) -> Filter | None:
        """The filter of that id, or None."""
        return next((f for f in self.filters if f.id == filter_id), None)

    def stage(self, stage: Stage) -> tuple[Dimension, ...]:
        """The dimensions of one stage, in order."""
        return tuple(d for d in self.dimensions if d.stage == stage)

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """All codes of all stages as (dimension, code), in the framework's order."""
        return tuple((d.id, c.id) for d in self.dimensions for c in d.codes)

    @property
    def valued(self) -> tuple[Dimension, ...]:
        """The dimensions of all stages whose answer is a number or a text, in order."""
        return tuple(d for d in self.dimensions if not d.coded)

    def tables(self) -> tuple[Dimension, ...]:
        """The dimensions of the map that are tabulated (coded, or numbers with bands), in order."""
        return tuple(d for d in self.stage("map") if d.coded or d.bands)


def ids(
    items: Iterable[Dimension | Code | Band | AnyOf | CodeGroup | Filter | Level | Question | CaseSection],
) -> tuple[str, ...]:
    """The ids of the items, in order."""
    return tuple(item.id for item in items)


def twice(names: Iterable[Name]) -> list[Name]:
    """The names or numbers that come more than once."""
    return [name for name, n in Counter(names).items() if n > 1]
