"""What programs can read: each resource, its columns, and what they mean. All else is made from this.

A row is flat and the same in JSON, JSON lines and CSV. What coders decided and what a model proposes are
resources of their own: no row holds both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

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
_KEY = (
    Column("stage", str, "The stage of the dimension, map or indepth; empty: the framework has it no more"),
    Column("dimension", str, "The dimension of the framework"),
    Column("code", str, "The code; empty: the value of a number or text"),
)
_COUNTS = Column("counts", int, "Whether the report enters tables: 1 or 0")
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
    "a decision of a coder that stands; a later one of the same coder on the same code replaces it",
    (
        Column("decision", int, "The number of the decision; it only grows"),
        *_WHOSE,
        _COUNTS,
        *_KEY,
        Column("answer", str, "present, absent, unsure; or value: what the column value says"),
        Column("value", str, "The value said, as text; empty with the answer value: it cannot be told"),
        Column("coder", str, "Who decided"),
        Column("role", str, "coder, adjudicator, or trainee (which never counts)"),
        Column("time", str, "When, in UTC; empty: an import that told no time"),
        Column(
            "suggested_in_view", str, "Whether the code was suggested in the coder's view: yes, no, not shown"
        ),
        Column("framework", str, "The version of the framework under which it was made"),
        Column("imported", str, "The import that brought it; empty: decided on the review page"),
        Column("quotes", int, "How many quotes came with it; see evidence"),
        Column("note", str, "The coder's note"),
    ),
)
EVIDENCE = Resource(
    "evidence",
    "one place of one quote that came with a decision",
    (
        Column("decision", int, "The number of the decision"),
        *_WHOSE,
        *_KEY,
        Column("quote_number", int, "Which quote of the decision, from 1"),
        Column("part", int, "Which place of the quote, from 1; 0: not found in the report's text"),
        Column("page", Maybe, "The page; none: not found"),
        Column("start", Maybe, "Where it begins in the page's text, in characters (code points) from 0"),
        Column("end", Maybe, "Where it ends: the character after its last"),
        Column("quote", str, "The quote as the coder gave it"),
    ),
)
CODED = Resource(
    "coded",
    "what decisions come to for one code (or value) of one report that counts",
    (
        *_WHOSE,
        *_KEY,
        Column("state", str, "present, absent, decided (a value), not decided, in conflict, not applicable "
               "(not in the second stage's sample), or cannot be told (decided: the report does not tell)"),
        Column("value", str, "The value decided, as text; empty for codes and what is not decided"),
    ),
)  # fmt: skip
SUGGESTIONS = Resource(
    "suggestions",
    "what a model proposes for one code (or value) of one report: no finding",
    (
        *_WHOSE,
        *_KEY,
        Column("suggested", int, "Whether the model suggests it: 1 or 0"),
        Column("suggested_value", str, "The value that it suggests; empty for codes"),
        Column("score", float, "The model's score, from 0 to 1"),
        Column("threshold", float, "From which score on it suggests this code"),
        Column("model", str, "The model"),
        Column("framework", str, "The version of the framework under which it proposed"),
        Column("evidence_pages", str, "The pages of its evidence, separated by a semicolon"),
        Column("evidence_quote", str, "Its evidence, separated by ' || '"),
        Column("held_back", int, "How many mentions it did not count (planned, denied, ...)"),
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
RESOURCES = (REPORTS, PASSAGES, DECISIONS, EVIDENCE, CODED, SUGGESTIONS, TABLES, DICTIONARY)


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
