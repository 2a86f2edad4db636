"""What a report of the synthesis holds, as plain data, before it is written as HTML, Word or a workbook.

A report is composed once and every writer takes the same contents, so that the editions and forms of it
cannot differ in a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ctg_nlp.case_text import BlockKind
from ctg_nlp.export.drawing import Drawing
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.synthesis.shown import ShownTable

QUESTION = "question-"
"""Begins the id of a section on a question of the enquiry; the id of the question follows."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of a table. `kind` is "bars", "grouped bars" or "gap map"; `alt` is a sentence with the main
    figures, for people who do not see it; `table` holds its data, which is shown beside it as a table."""

    id: str
    kind: str
    title: str
    alt: str
    table: ShownTable


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that shows no figures of a table: a flow of counts, a model. What it shows is in words in its
    sentences, and for one of counts in a table of its section."""

    id: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, item or quotation. `aside` is said with it: whose words they are, or how many reports say
    it."""

    kind: BlockKind
    text: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report; one of `level` 2 or 3 lies within the one before of the level above. `blocks` are
    what is said of its tables, in order; `quality` are sentences on how far these can be relied on."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[ShownTable, ...] = ()
    charts: tuple[Chart, ...] = ()
    quotes: tuple[Quote, ...] = ()
    quality: tuple[str, ...] = ()
    level: int = 1
    figures: tuple[Figure, ...] = ()
    blocks: tuple[Block, ...] = ()


_EDITIONS = {
    Edition.INTERNAL: "Internal edition: not to be passed on",
    Edition.PUBLISHABLE: "Publishable edition",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """All of a report. `status` is shown as a watermark on every page, as "DRAFT", and empty where there is
    none. `facts` are (name, value) pairs by which the report can be made again: release id, framework, data
    hash, model, code version, date."""

    title: str
    subtitle: str
    edition: Edition
    status: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    @property
    def edition_words(self) -> str:
        """Which edition it is, and of the internal one that it stays where it is."""
        return _EDITIONS[self.edition]

    @property
    def marks(self) -> tuple[str, ...]:
        """What every page says of the report: its edition, and its status where it has one."""
        return (self.edition_words, self.status) if self.status else (self.edition_words,)

    @property
    def cautioned(self) -> bool:
        """Whether it may not go out as it is: it is internal, or has a status, as "DRAFT"."""
        return self.edition is Edition.INTERNAL or bool(self.status)


def said_once(sections: Sequence[Section], at: str) -> tuple[Section, ...]:
    """The sections, with what is said of the quality of all their tables told once, in the section `at`.

    The first sentence of each, its verdict, stays where it is. Where less than two sections have such
    sentences, or none is named `at`, nothing is moved.
    """
    said = [s.quality for s in sections if s.quality]
    common = tuple(x for x in said[0][1:] if all(x in other[1:] for other in said)) if len(said) > 1 else ()
    if not common or not any(s.id == at and not s.quality for s in sections):
        return tuple(sections)
    return tuple(
        replace(s, quality=(_ALL, *common) if s.id == at else tuple(x for x in s.quality if x not in common))
        for s in sections
    )


_ALL = "The following holds for all tables; below each stands what is its own."
