"""What single answers to programs hold, for their description."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ctg_nlp.desk import Desk
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Scope
from ctg_nlp.web.access import Visitor
from ctg_nlp.web.problems import PROBLEM_JSON, ProblemDetail


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Me(_Told):
    """Who asks, and what they may read."""

    person: str = Field(description="In whose name the program reads")
    role: str
    scopes: list[str] = Field(description="What the token is for; of somebody who logged in, all")
    framework: str = Field(description="The version of the framework that is coded by")


class CodeTold(_Told):
    """A code."""

    id: str
    label: str
    definition: str
    exclusive: bool = Field(description="It stands alone in its dimension")
    missing: bool = Field(description="It means that the report does not tell")
    group: str = Field(description="The heading that it stands under; empty: none")


class DimensionTold(_Told):
    """A dimension of the framework."""

    id: str
    title: str
    kind: str = Field(description="single or multi: codes; number; text")
    stage: str = Field(description="map or indepth")
    table: int | None = Field(description="The number of its table")
    question: str
    definition: str
    counts: str = Field(description="What counts as present: did, described, intended, planned, advocated")
    codes: list[CodeTold]


class FrameworkTold(_Told):
    """The framework that is coded by."""

    framework: str = Field(description="Its id, version and a hash of what coders see")
    version: str
    title: str
    unit: str
    dimensions: list[DimensionTold]


class FileTold(_Told):
    """A file that was written to data/coded."""

    name: str
    bytes: int
    written_at: str = Field(description="When, in UTC")


class Files(_Told):
    """The files that can be had."""

    data: list[FileTold]


def me(desk: Desk, visitor: Visitor) -> dict[str, Any]:
    """As `Me`."""
    scopes = sorted(Scope if visitor.scopes is None else visitor.scopes)
    role = str(visitor.user.role)
    return {"person": desk.coder, "role": role, "scopes": scopes, "framework": desk.framework.framework_id}


def framework_told(framework: Framework) -> dict[str, Any]:
    """As `FrameworkTold`."""
    return {
        "framework": framework.framework_id,
        "version": framework.version,
        "title": framework.title,
        "unit": framework.unit,
        "dimensions": [_dimension(d) for d in framework.dimensions],
    }


def _dimension(d: Dimension) -> dict[str, Any]:
    groups = {g.id: g.label for g in d.groups}
    kept = ("id", "title", "kind", "stage", "table", "question", "definition", "counts")
    codes = [
        {"id": c.id, "label": c.label, "definition": c.definition, "exclusive": c.exclusive,
         "missing": c.missing, "group": groups.get(c.group or "", "")}
        for c in d.codes
    ]  # fmt: skip
    return {name: getattr(d, name) for name in kept} | {"codes": codes}


_WHY = {
    400: "What was asked for cannot be given; the sentence says why.",
    401: "No token, or one that opens nothing.",
    403: "The role, the scope or blind coding forbids it.",
    404: "There is no such report or file.",
    409: "Not now: reports are still coded blind.",
    422: "A parameter is not one of those described, or not of their form.",
    429: "Too many wrong tokens from this address.",
    503: "The database is busy or cannot be reached.",
}


def problem_schema() -> dict[str, Any]:
    """The description of a problem."""
    return TypeAdapter(ProblemDetail).json_schema()


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of refusals with these statuses, besides those of every route."""
    content = {PROBLEM_JSON: {"schema": problem_schema()}}
    told = sorted({401, 403, 422, 429, 503, *statuses})
    return {s: {"description": _WHY[s], "content": content} for s in told}
