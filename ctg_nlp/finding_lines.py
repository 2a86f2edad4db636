"""The lines of files of findings and quotations, as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from ctg_nlp.quotations import ROLES
from ctg_nlp.records import FindingKind, QuoteActKind

_CLOSED = ConfigDict(extra="forbid")
Whole = Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)]
"""A whole number that every database keeps."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A passage: its report (or group), and the quote or the place."""

    quote: str = ""
    report: str = ""
    group: str = ""
    report_id: str = ""
    page: Whole = 0
    start: Whole = 0
    end: Whole = 0

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A finding, or an earlier version of it. `framework` is that of its dimension and code."""

    text: str
    kind: FindingKind = FindingKind.FINDING
    dimension: str = ""
    question: str = ""
    code: str | None = None
    sources: tuple[SourceLine, ...] = ()
    author: str = ""
    time: str = ""
    retired: bool = False
    finding_id: str = ""
    position: Whole | None = None
    versions: tuple[VersionLine, ...] = ()
    framework: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class TextLine:
    """A version of how a quotation is printed."""

    text: str
    role: str = ROLES[0]
    by_case: bool = False
    author: str = ""
    time: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class ActLine:
    """An act on a quotation."""

    kind: QuoteActKind
    version: Whole
    who: str
    time: str
    why: str = ""
    kept: tuple[tuple[Whole, Whole], ...] = ()

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A quotation of the bank. `framework` is that of its dimension and code; no dimension is none."""

    source: SourceLine
    dimension: str = ""
    code: str | None = None
    text: str = ""
    role: str = ROLES[0]
    quote_id: Whole | None = None
    banked_by: str = ""
    banked_at: str = ""
    texts: tuple[TextLine, ...] = ()
    acts: tuple[ActLine, ...] = ()
    framework: str = ""

    __pydantic_config__ = _CLOSED


FINDING, QUOTE = TypeAdapter(VersionLine), TypeAdapter(QuoteLine)
