"""What is behind the numbers of the internal report, as plain data: reports, answers, quotes, places.

Nothing of it reaches the publishable edition. Things that are named often are kept once and named by their
place in a list, so that a page with thousands of quotes stays small.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ctg_nlp.records import Box

NumberKey = tuple[str, int, int]
"""The id of a table, and the places of a row and a column in it, from 0."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of a page over its whole width, as WebP; `top`, `width` and `height` in points."""

    content: bytes
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of a quote stands: its page, its boxes, and the clip that shows it, None without one."""

    page: int
    boxes: tuple[Box, ...] = ()
    clip: int | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as given. Without places it was not found in the report's text word for word."""

    text: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said on one question of one report; `quotes` by their place in `Behind.quotes`."""

    who: str
    role: str
    answer: str
    note: str = ""
    quotes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A report that is counted. `unseen`: a sentence that says why it has no pictures, empty where nothing is
    in the way."""

    name: str
    group: str
    cohort: str
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is behind one number: reports and questions, by their places in `Behind`. `blind`: so many reports
    more are counted, which somebody still codes blind; which they are is not told."""

    title: str
    reports: tuple[int, ...]
    questions: tuple[int, ...]
    blind: int = 0


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind all numbers. `said` is by (report, question); `questions` are "dimension: code"."""

    sources: tuple[Source, ...]
    questions: tuple[str, ...]
    said: Mapping[tuple[int, int], tuple[Said, ...]]
    quotes: tuple[Quoted, ...]
    cells: Mapping[NumberKey, Opened]
    clips: tuple[Clip, ...] = field(default=(), repr=False)


def cell_id(key: NumberKey) -> str:
    """The name of a cell on the page."""
    table, row, column = key
    return f"{table}/{row}/{column}"


def as_json(behind: Behind) -> dict[str, Any]:
    """All but the pictures' content, as values for JSON."""
    return {
        "reports": [_source(s) for s in behind.sources],
        "questions": list(behind.questions),
        "said": {f"{r}/{q}": [_said(s) for s in said] for (r, q), said in behind.said.items()},
        "quotes": [{"text": q.text, "places": [_place(p) for p in q.places]} for q in behind.quotes],
        "clips": [[round(v, 1) for v in (c.top, c.width, c.height)] for c in behind.clips],
        "cells": {cell_id(key): _opened(opened) for key, opened in behind.cells.items()},
    }


def picture_texts(behind: Behind) -> tuple[str, ...]:
    """The pictures in base 64, in the order of the clips."""
    return tuple(base64.b64encode(c.content).decode("ascii") for c in behind.clips)


def _source(s: Source) -> dict[str, str]:
    found = {"name": s.name, "group": s.group, "cohort": s.cohort, "unseen": s.unseen}
    return {k: v for k, v in found.items() if v}


def _said(s: Said) -> dict[str, Any]:
    found = {"who": s.who, "role": s.role, "answer": s.answer, "note": s.note, "quotes": list(s.quotes)}
    return {k: v for k, v in found.items() if v}


def _place(p: Place) -> dict[str, Any]:
    boxes = [[round(v, 1) for v in (b.x0, b.y0, b.x1, b.y1)] for b in p.boxes]
    return {"page": p.page, "boxes": boxes} | ({} if p.clip is None else {"clip": p.clip})


def _opened(o: Opened) -> dict[str, Any]:
    found = {"title": o.title, "reports": list(o.reports), "questions": list(o.questions)}
    return found | ({"blind": o.blind} if o.blind else {})
