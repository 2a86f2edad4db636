"""The tables of a dataset and their variables, as a framework makes them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ctg_nlp.export.variables import WHY, Frame, Kind, Variable, plain_name, unique
from ctg_nlp.framework import Dimension, Framework

NO_CODE = "no code"
"""Of a single choice where none of its codes is present."""
WHOSE = (
    Variable("report", Kind.TEXT, "The report: the SHA-256 of its file, or its pseudonym"),
    Variable("name", Kind.TEXT, "The name of its file; empty where pseudonymised"),
    Variable("group", Kind.TEXT, "The group that it is of; empty: not known"),
)
PRESENCE = ((1, "present"), (0, "absent"))
YES = ((1, "yes"), (0, "no"))
COUNTS = Variable("counts", Kind.COUNT, "Whether the report enters tables", values=YES)
ROLE = Variable(
    "role",
    Kind.TEXT,
    "In which role",
    values=(
        ("coder", "coder"),
        ("adjudicator", "settles disagreements"),
        ("trainee", "in training: never counts"),
    ),
)
IN_SAMPLE = Variable(
    "in_sample",
    Kind.COUNT,
    "Whether the report is in the frozen sample of the second stage that is in use; empty: none is frozen",
    values=YES,
)
STATES = (
    ("present", "decided: present"),
    ("absent", "decided: absent"),
    ("decided", "the value is decided"),
)
_KEY = (
    Variable("stage", Kind.TEXT, "The stage of the dimension; empty: the framework has it no more",
             values=(("map", "the map of all reports"), ("indepth", "in depth"))),
    Variable("dimension", Kind.TEXT, "The dimension of the framework"),
    Variable("code", Kind.TEXT, "The code; empty: the value of a number or text"),
)  # fmt: skip
CODES = Frame(
    "codes",
    "what decisions come to for one code (or value) of one report that counts",
    (
        *WHOSE,
        IN_SAMPLE,
        *_KEY,
        Variable("state", Kind.TEXT, "What decisions come to", values=STATES, states=True),
        Variable("present", Kind.MARK, "The same as a number; empty of a value", values=PRESENCE),
        Variable("value", Kind.TEXT, "The value decided, as text; empty for codes and what is not decided"),
        Variable("settled_by", Kind.TEXT, "How it was settled", values=(
            ("adjudicator", "an adjudicator decided"), ("coders", "two coders or more agree"),
            ("coder", "one coder decided"), ("single choice", "another code of the dimension is present"),
            ("carried over", "from decisions under an older version of the framework"),
            ("nobody", "not settled"),
        )),
        Variable("coders", Kind.COUNT, "How many coders were sure"),
        Variable("unsure", Kind.COUNT, "How many coders were unsure"),
        Variable("quotes", Kind.COUNT, "How many quotes coders gave with a decision that is current"),
        Variable("pages", Kind.TEXT, "The pages of these quotes, separated by a semicolon"),
    ),
)  # fmt: skip
DECISIONS = Frame(
    "decisions",
    "one decision of a coder that stands; a later one of the same coder on the same code replaces it",
    (
        Variable("decision", Kind.COUNT, "The number of the decision"),
        *WHOSE,
        COUNTS,
        IN_SAMPLE,
        *_KEY,
        Variable("answer", Kind.TEXT, "What the coder said", values=(
            ("present", "the code is present"), ("absent", "it is absent"), ("unsure", "the coder is unsure"),
            ("value", "the value is what the column value says; empty there: it cannot be told"),
        )),
        Variable("value", Kind.TEXT, "The value said, as text"),
        Variable("resolved", Kind.TEXT, "What all decisions on this code come to now", values=(
            *STATES, ("not counted", "the report does not enter tables"),
            ("not in framework", "the framework has the code no more"),
        ), states=True),
        Variable("current", Kind.COUNT, "Whether it is the coder's last word on this code", values=YES),
        Variable("coder", Kind.TEXT, "Who decided"),
        ROLE,
        Variable("time", Kind.TIME, "When, in UTC; empty: an import that told no time"),
        Variable("view", Kind.TEXT, "What the coder saw", values=(
            ("blind", "no suggestions"), ("assisted", "suggestions were in view"),
            ("not known", "imported, or decided elsewhere"),
        )),
        Variable("suggested_in_view", Kind.TEXT, "Whether the code was suggested in that view", values=(
            ("yes", "it was"), ("no", "it was not"), ("not shown", "no suggestion was shown"),
        )),
        Variable("model_in_view", Kind.TEXT, "The model whose suggestions were in view; empty: none"),
        Variable("score_in_view", Kind.SCORE, "That model's score for the code; empty: none in view"),
        Variable("threshold_in_view", Kind.SCORE, "From which score on that model suggests the code"),
        Variable("reason", Kind.TEXT, "The reason that an adjudicator chose; empty: none"),
        Variable("seconds", Kind.COUNT, "Seconds that the act took, as the page measured; empty: not known"),
        Variable("framework", Kind.TEXT, "The version of the framework under which it was made"),
        Variable("imported", Kind.TEXT, "The import that brought it; empty: decided on the review page"),
        Variable("quotes", Kind.COUNT, "How many quotes came with it"),
        Variable("pages", Kind.TEXT, "The pages of these quotes, separated by a semicolon"),
        Variable("quote", Kind.TEXT, "These quotes, separated by ' || '; each by itself in `evidence`"),
        Variable("note", Kind.TEXT, "The coder's note"),
    ),
)  # fmt: skip
EVIDENCE = Frame(
    "evidence",
    "one place of one quote that came with a decision",
    (
        Variable("decision", Kind.COUNT, "The number of the decision"),
        *WHOSE,
        *_KEY,
        Variable("quote_number", Kind.COUNT, "Which quote of the decision, from 1"),
        Variable("part", Kind.COUNT, "Which place of the quote, from 1; 0: not found in the report's text"),
        Variable("page", Kind.COUNT, "The page; empty: not found"),
        Variable(
            "start", Kind.COUNT, "Where it begins in the page's text, in characters (code points) from 0"
        ),
        Variable("end", Kind.COUNT, "Where it ends: the character after its last"),
        Variable("quote", Kind.TEXT, "The quote as the coder gave it"),
    ),
)
SUGGESTIONS = Frame(
    "suggestions",
    "what a model proposes for one code (or value) of one report: no finding",
    (
        *WHOSE,
        *_KEY,
        Variable("suggested", Kind.COUNT, "Whether the model suggests it", values=YES),
        Variable("suggested_value", Kind.TEXT, "The value that it suggests; empty for codes"),
        Variable("score", Kind.SCORE, "The model's calibrated score"),
        Variable("threshold", Kind.SCORE, "From which score on it suggests this code"),
        Variable("model", Kind.TEXT, "The model"),
        Variable("framework", Kind.TEXT, "The version of the framework under which it proposed"),
        Variable("evidence_pages", Kind.TEXT, "The pages of its evidence, separated by a semicolon"),
        Variable("evidence_quote", Kind.TEXT, "Its evidence, separated by ' || '"),
        Variable("held_back", Kind.COUNT, "How many mentions it did not count (planned, denied, ...)"),
    ),
    suggested=True,
)


def reports_frame(dimensions: Sequence[Dimension], attributes: Sequence[str]) -> Frame:
    """The wide table: a row for each report that counts, a column for each code and value of `dimensions`,
    and one for each of the register's `attributes`."""
    expected = Variable(
        "expected", Kind.COUNT, "Whether the register expected a report of its group", values=YES
    )
    head = (*WHOSE, IN_SAMPLE, expected)
    known = tuple(
        Variable(f"register__{plain_name(a)}", Kind.TEXT, f"{a}, as the register or the report says; several "
                 "values are separated by a semicolon; empty: not known")
        for a in attributes
    )  # fmt: skip
    coded = tuple(v for d in dimensions for v in variables_of(d))
    made = (*head, *known, *coded)
    # A code may be called as the column that says in Parquet why another has no value.
    whys = frozenset(f"{v.name}{WHY}".lower() for v in made if v.kind.explained)
    names = unique((v.name for v in made), 200, whys)
    return Frame("reports", "one report that counts", tuple(
        replace(v, name=n) for v, n in zip(made, names, strict=True)
    ))  # fmt: skip


def variables_of(dimension: Dimension) -> Iterator[Variable]:
    """The columns of a dimension in the wide table: one for each code, and what is chosen of a single choice;
    or its value, for texts with what is known of it beside it."""
    if not dimension.coded:
        yield from _value(dimension)
        return
    if dimension.kind == "single":
        codes = tuple((c.id, c.label) for c in dimension.codes)
        codes = (*codes, (NO_CODE, "decided: none of the codes"))
        said = f"{dimension.title}: which"
        yield Variable(dimension.id, Kind.CHOICE, said, dimension.id, "", dimension.definition, codes)
    for code in dimension.codes:
        yield Variable(
            f"{dimension.id}__{code.id}", Kind.MARK, f"{dimension.title}: {code.label}", dimension.id,
            code.id, code.definition, PRESENCE,
        )  # fmt: skip


def _value(dimension: Dimension) -> Iterator[Variable]:
    said = dimension.id, "", dimension.definition
    if dimension.kind == "number":
        yield Variable(dimension.id, Kind.NUMBER, dimension.title, *said)
        return
    yield Variable(dimension.id, Kind.TEXT, dimension.title, *said)
    what = f"{dimension.title}: what is known of it"
    state = (("decided", "the text is decided"),)
    yield Variable(f"{dimension.id}__state", Kind.TEXT, what, *said, state, states=True)


def wanted(framework: Framework, stage: str) -> tuple[Dimension, ...]:
    """The dimensions of a stage, or of all where it is empty."""
    return tuple(d for d in framework.dimensions if stage in ("", d.stage))
