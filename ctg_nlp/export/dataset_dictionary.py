"""What a dataset says of itself: each variable, and each code with its definition. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ctg_nlp.export.dataset_text import SAFETY
from ctg_nlp.export.variables import (
    LETTERS,
    MEANINGS,
    NUMBERS,
    Frame,
    Kind,
    Variable,
    Why,
    statistics_names,
)
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.synthesis.tables import denominator_of

Row = tuple[Any, ...]
RELEASE_NOTE = (
    "The reports, codes and decisions that the release was made of, without reports erased since. They are "
    "data of single reports: counts that the release withholds can be counted from them."
)
DAYS = (
    "Times are days, seconds are tens, scores have two digits, and quotes have no places in the text. Of "
    "texts that are counted in tables only places of the gazetteer are given."
)
NO_TEXTS = f"Quotes, notes and free texts are left out. {DAYS}"
TEXTS_WITHOUT_NAMES = (
    "Quotes, notes and free texts are in it. Names known from the register, coders, places of the gazetteer, "
    "and schools and people that any report names with “School” or a title were replaced, with e-mail "
    "addresses, telephone numbers and postcodes. Other names, nicknames and what only one group did remain: "
    f"read them before they leave the house. {DAYS}"
)
DICTIONARY = Frame(
    "dictionary",
    "one variable of one table",
    tuple(
        Variable(name, Kind.TEXT, label)
        for name, label in (
            ("table", "The table, by the name of its file"),
            ("variable", "The variable's name in CSV, workbook, JSON lines and Parquet"),
            ("label", "What it is"),
            ("cells", "What its cells hold"),
            ("dimension", "The dimension that it is of; empty: none"),
            ("code", "The code that it is of; empty: none"),
            ("definition", "The definition of that code or dimension"),
            ("values", "What its values mean"),
            ("missing", "What stands where there is no value, and what that means"),
            ("spss", "Its name in the SPSS file"),
            ("stata", "Its name in the Stata file"),
        )
    ),
    about=True,
)
CODEBOOK = Frame(
    "codebook",
    "one code (or value) of the framework",
    (
        *(
            Variable(name, Kind.TEXT, label)
            for name, label in (
                ("framework", "The framework with its version"),
                ("stage", "The stage"),
                ("dimension", "The dimension's id"),
                ("title", "The dimension's title"),
                ("kind", "single or multi: codes; number; text"),
                ("question", "The question that it answers"),
                ("counts", "What counts as present: did, described, intended, planned, advocated"),
                ("code", "The code's id; empty: the dimension has a value"),
                ("label", "The code's label"),
                ("definition", "The definition of the code, or of the dimension that has a value"),
            )
        ),
        Variable("stands_alone", Kind.COUNT, "Whether the code excludes all others of its dimension"),
        Variable("report_does_not_tell", Kind.COUNT, "Whether the code means that the report does not tell"),
        Variable(
            "percentages_of", Kind.TEXT, "What percentages in its table are of; empty: there is no table"
        ),
    ),
    about=True,
)


def dictionary_rows(frames: Iterable[Frame]) -> Iterator[Row]:
    """The rows of `DICTIONARY`."""
    for frame in frames:
        for v, (spss, stata) in zip(frame.variables, statistics_names(frame.variables), strict=True):
            values = "; ".join(f"{x} = {label}" for x, label in v.values)
            said = (v.label, str(v.kind), v.dimension, v.code, v.definition, values, _missing(v))
            yield (frame.name, v.name, *said, spss, stata)


def _missing(variable: Variable) -> str:
    if not variable.kind.explained:
        return "; ".join(f"{why} = {MEANINGS[why]}" for why in Why) if variable.states else ""
    return "; ".join(
        f"{why} (SPSS {NUMBERS[why]}, Stata .{LETTERS[why]}, Parquet null with {why!s} in "
        f"{variable.name}__why) = {MEANINGS[why]}"
        for why in Why
    )


def codebook_rows(framework: Framework, dimensions: Iterable[Dimension]) -> Iterator[Row]:
    """The rows of `CODEBOOK`."""
    for d in dimensions:
        head = (framework.framework_id, d.stage, d.id, d.title, d.kind, d.question, d.counts)
        of = str(denominator_of(d)) if d.tabulated else ""
        if not d.coded:
            yield (*head, "", d.title, d.definition, 0, 0, of)
        for c in d.codes:
            yield (*head, c.id, c.label, c.definition, int(c.exclusive), int(c.missing), of)


def reading_notes() -> tuple[tuple[str, str], ...]:
    """What a reader of any of the files must know, as (name, sentence)."""
    return (
        ("1 and 0", "Present and absent, as decided by coders. No suggestion of a machine is in them."),
        *((str(why), f"{MEANINGS[why][0].upper()}{MEANINGS[why][1:]}.") for why in Why),
        ("Texts", SAFETY),
    )


def notes_of(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a set says of itself, as (name, sentence) for people."""
    found = [
        ("Framework", f"{said['framework']['title']} ({said['framework']['id']})"),
        ("Stage", said["stage"]),
        ("As of", said["as_of"] or "no decision tells a time"),
        ("Reports that count", str(said["reports_that_count"])),
        ("Sample of the second stage", said["sample"]["note"]),
        *((f"Sheet {name}", f"One row is {what}.") for name, what in said["tables"].items()),
        *said["reading"].items(),
    ]
    if "release" in said:
        found.append(
            ("Release", " ".join((said["release"]["id"], said["release"]["mark"], said["release"]["note"])))
        )
    if "pseudonymised" in said:
        hidden = said["pseudonymised"]
        found += [("Pseudonymised", hidden["texts"]), *(("Risk that remains", x) for x in hidden["risk"])]
    return tuple(found)
