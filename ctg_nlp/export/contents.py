"""What a report of the synthesis holds, as plain data, before it is written as HTML, Word or a workbook.

A report is composed once and every writer takes the same contents, so that the editions and forms of it
cannot differ in a figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.synthesis.shown import ShownTable


class Edition(StrEnum):
    """Whom a report is for. Only the internal edition opens reports and names coders."""

    INTERNAL = "internal"
    PUBLISHABLE = "publishable"


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
class Quote:
    """A sentence of a report. Only cleared ones reach the publishable edition."""

    text: str
    attribution: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `quality` are sentences on how far its tables can be relied on."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[ShownTable, ...] = ()
    charts: tuple[Chart, ...] = ()
    quotes: tuple[Quote, ...] = ()
    quality: tuple[str, ...] = ()


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
