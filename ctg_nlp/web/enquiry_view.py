"""How the page of a report shows the second stage: by question, links as a matrix. Plain values."""

from __future__ import annotations

from typing import Any

from ctg_nlp.enquiry import pairs
from ctg_nlp.framework import Dimension, Framework

FURTHER = "Further frameworks"
BESIDE = "Beside the questions"


def coding_order(framework: Framework) -> tuple[Dimension, ...]:
    """All dimensions in the order in which they are coded: the map's, then question by question, then what
    answers none, then further frameworks, which are coded over what the others quote."""
    return (*framework.stage("map"), *depth_order(framework))


def depth_order(framework: Framework) -> tuple[Dimension, ...]:
    """Those of the second stage in that order."""
    rank = {name: i for i, q in enumerate(framework.questions) for name in q.dimensions}
    within = {name: i for q in framework.questions for i, name in enumerate(q.dimensions)}
    last = len(framework.questions)
    deep = framework.stage("indepth")
    return tuple(sorted(deep, key=lambda d: (d.over_quotes, rank.get(d.id, last), within.get(d.id, 0))))


def asked(dimension: Dimension, framework: Framework) -> dict[str, Any]:
    """What the page needs of a dimension beyond its codes: the heading under which it stands, whether it is
    free text or coded over quotes, and the rows and columns of its links (None where it has none)."""
    return {
        "enquiry": _heading(dimension, framework),
        "free": dimension.free,
        "over_quotes": dimension.over_quotes,
        "links": _matrix(dimension, framework),
    }


def _heading(dimension: Dimension, framework: Framework) -> str:
    if dimension.stage == "map" or not (framework.questions or dimension.over_quotes):
        return ""
    question = framework.question_of(dimension.id)
    if question is not None and not dimension.over_quotes:
        return question.label
    return FURTHER if dimension.over_quotes else BESIDE


def _matrix(dimension: Dimension, framework: Framework) -> dict[str, Any] | None:
    found = pairs(dimension, framework)
    if not found or dimension.links is None:
        return None
    columns = {p.target.id: p.target.label for p in found}
    rows = {p.source.id: p.source.label for p in found}
    return {
        "from": dimension.links.from_,
        "columns": list(columns.values()),
        "rows": [
            {"id": row, "label": label, "codes": [p.code for p in found if p.source.id == row]}
            for row, label in rows.items()
        ],
    }
