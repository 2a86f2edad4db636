"""What programs can read: each resource, its columns, and what they mean. All else is made from this.

A row is flat and the same in JSON, JSON lines and CSV. What coders decided and what a model proposes are
resources of their own: no row holds both.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from ctg_nlp.export import dataset_plan as plan
from ctg_nlp.export import filter_plan
from ctg_nlp.export.variables import MEANINGS, Frame, Kind, Variable, Why

Maybe = int | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the type of its cells, and what it is."""

    name: str
    kind: Any
    label: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What one address gives. `what` says what one row is. `suggested`: made by a machine, and no finding."""

    name: str
    what: str
    columns: tuple[Column, ...]
    suggested: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(c.name for c in self.columns)


_WHOSE = (
    Column("report", str, "The report: the SHA-256 of its file"),
    Column("name", str, "The name of its file"),
    Column("group", str, "The group that it is of; empty: not known"),
)
_GIVEN = tuple(c.name for c in _WHOSE)
_KEY = ("stage", "dimension", "code")
_TYPE = {Kind.TEXT: str, Kind.TIME: str, Kind.COUNT: int, Kind.SCORE: float}


def _as_in(frame: Frame, names: str, missing: Collection[str] = ()) -> tuple[Column, ...]:
    """Columns of a dataset's table, in its order: whose they are, on what, and those that are named. Cells of
    the `missing` ones may be none."""
    wanted = {*_KEY, *names.split()}
    found: list[Column] = []
    for v in frame.variables:
        if v.name == _WHOSE[0].name:
            found += _WHOSE
        if v.name in wanted:
            found.append(Column(v.name, Maybe if v.name in missing else _TYPE[v.kind], _label(v)))
    return tuple(found)


def _label(v: Variable) -> str:
    why = [(w, MEANINGS[w]) for w in Why] if v.states else []
    told = "; ".join(f"{value}: {meaning}" for value, meaning in (*v.values, *why))
    return f"{v.label}. {told}" if told else v.label


def _all_of(frame: Frame, missing: Collection[str], without: Collection[str] = ()) -> tuple[Column, ...]:
    """All columns of a dataset's table but some."""
    left = {*_GIVEN, *without}
    return _as_in(frame, " ".join(v.name for v in frame.variables if v.name not in left), missing)


_COUNTS = Column("counts", int, "Whether the report enters tables: 1 or 0")
_SAMPLE = plan.IN_SAMPLE.name
REPORTS = Resource(
    "reports",
    "a report that is open to the person",
    (
        *_WHOSE,
        Column("cohort", str, "The cohort, as the register or the report says; empty: not known"),
        Column("kind", str, "Which of the group's documents it is: final report, plan, log, ..."),
        Column("verdict", str, "What intake said of it"),
        _COUNTS,
        Column("pages", int, "How many pages it has"),
        Column("received_at", str, "When it came in, in UTC"),
        Column("coded_blind", int, "1: somebody still codes it blind, so what others said of it is left out"),
        Column(
            _SAMPLE,
            Maybe,
            "1 or 0: whether it is in the frozen sample of the second stage that is in use; none: no sample "
            "is frozen, or it is coded blind",
        ),
    ),
)
PASSAGES = Resource(
    "passages",
    "a sentence, list item, table row or heading of a report",
    (
        *_WHOSE,
        Column("page", int, "The page, from 1"),
        Column("start", int, "Where it begins in the page's text, in characters (code points) from 0"),
        Column("end", int, "Where it ends: the character after its last"),
        Column("kind", str, "heading, paragraph, list item or table row"),
        Column("heading", str, "The last heading above it; empty: none"),
        Column("text", str, "Its words"),
    ),
)
DECISIONS = Resource(
    "decisions",
    plan.DECISIONS.what,
    _as_in(
        plan.DECISIONS,
        "decision counts answer value coder role time suggested_in_view framework imported quotes note",
    ),
)
EVIDENCE = Resource(
    "evidence",
    plan.EVIDENCE.what,
    _as_in(plan.EVIDENCE, "decision quote_number part page start end quote", ("page", "start", "end")),
)
CODED = Resource("coded", plan.CODES.what, _as_in(plan.CODES, "state value"))
FILTERS = Resource("filters", filter_plan.FILTERS.what, _all_of(filter_plan.FILTERS, (_SAMPLE, "passed")))
FILTER_DECISIONS = Resource(
    "filter_decisions",
    filter_plan.FILTER_DECISIONS.what,
    _all_of(filter_plan.FILTER_DECISIONS, ("passes",), (_SAMPLE, "resolved", "current")),
)
SUGGESTIONS = Resource(
    "suggestions",
    plan.SUGGESTIONS.what,
    _as_in(
        plan.SUGGESTIONS,
        "suggested suggested_value score threshold model framework evidence_pages evidence_quote held_back",
    ),
    suggested=True,
)
TABLES = Resource(
    "tables",
    "a cell of a synthesis table: what coders decided, counted; all figures, nothing withheld",
    (
        Column("table", Maybe, "The table's number; none: the framework gives none"),
        Column("dimension", str, "The dimension"),
        Column("by", str, "What it is broken down by; empty: not broken down"),
        Column("part", str, "The part of the reports that the cell is of; empty with `by`: not told"),
        Column("row", str, "The row's id"),
        Column("kind", str, "code, band, value, any of or total"),
        Column("label", str, "The row's label"),
        Column("n", Maybe, "How many reports; of a total the sum"),
        Column("percent", str, "To one decimal, halves up; empty: there is no denominator"),
        Column("denominator", Maybe, "The decided reports that it is of; none for totals"),
        Column("of", str, "What that is, in words"),
        Column("undecided", Maybe, "The reports that are not decided, beside it"),
        Column("in_conflict", Maybe, "How many of these are so because coders disagree"),
    ),
)
DICTIONARY = Resource(
    "dictionary",
    "a column of one resource, or a code of the framework",
    (
        Column("table", str, "The resource that has the column; codebook: it is a code (or value)"),
        Column("variable", str, "The column's name, or dimension.code"),
        Column("label", str, "What it is"),
        Column("definition", str, "The definition of the code or dimension; empty for columns"),
        Column("stage", str, "The stage of the code's dimension; empty for columns"),
        Column("kind", str, "What its cells hold; for codes the kind of the dimension"),
    ),
)
RESOURCES = (
    REPORTS, PASSAGES, DECISIONS, EVIDENCE, CODED, FILTERS, FILTER_DECISIONS, SUGGESTIONS, TABLES, DICTIONARY,
)  # fmt: skip


def page_model(resource: Resource) -> type[BaseModel]:
    """The description of a part of a resource: its rows, and how the next is asked for."""
    closed = ConfigDict(extra="forbid")
    title = resource.name.capitalize()
    row = create_model(
        f"{title}Row", __config__=closed, __doc__=f"One row: {resource.what}.",
        **{c.name: (c.kind, Field(description=c.label)) for c in resource.columns},
    )  # type: ignore[call-overload]  # fmt: skip
    left_out = "How many reports are left out that are open to the person: somebody still codes them blind"
    made: type[BaseModel] = create_model(
        f"{title}Part", __config__=closed, __doc__=f"Some rows, each {resource.what}.",
        data=(list[row], Field(description="The rows")),  # type: ignore[valid-type]
        next=(str | None, Field(description="The cursor of the next part; none: there is no more")),
        left_out=(int, Field(description=left_out)),
    )  # fmt: skip
    return made


_TYPES = {str: "text", int: "whole number", float: "number", Maybe: "whole number or none"}


def kind_in_words(column: Column) -> str:
    """What the cells of a column hold."""
    return _TYPES[column.kind]
