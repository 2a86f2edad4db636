"""The page of what stands under "Other": codes that coders named themselves, which a lead merges."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from ctg_nlp.desk import Desk
from ctg_nlp.inductive import inductive_codes, merge
from ctg_nlp.records import InductiveCode, Memo
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.web.access import Mine
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.shapes import Label, Name


@dataclass(frozen=True, slots=True)
class Use:
    """A passage that was given a name: where it stands, and what the coder said of it."""

    memo: Memo
    report: str
    place: str


@dataclass(frozen=True, slots=True)
class Named:
    """An inductive code with its uses."""

    code: InductiveCode
    uses: tuple[Use, ...]

    @property
    def promoting(self) -> str:
        """The beginning of the command that takes it into the framework. Whatever signs are in the name that
        a coder gave, it means itself to a shell."""
        return shlex.join(("ctg", "inductive", "promote", self.code.dimension, self.code.label))


class MergeSent(BaseModel):
    """Which inductive codes of a dimension get which name."""

    model_config = ConfigDict(extra="forbid")

    dimension: Name
    labels: Annotated[list[Label], Field(min_length=1, max_length=500)]
    into: Label


def router(templates: Templates) -> APIRouter:
    """The page and what it sends."""
    routes = APIRouter(tags=["pages"])

    @routes.get("/other", response_class=HTMLResponse)
    def other(request: Request, desk: Mine) -> Response:
        """Inductive codes by dimension, with counts and quotes."""
        return templates.page(request, "other.html", "other", dimensions=by_dimension(desk))

    @routes.post("/api/inductive/merge", response_class=JSONResponse)
    def merged(desk: Mine, sent: MergeSent) -> Response:
        """Give some inductive codes of a dimension one name."""
        now = desk.clock()
        renamed = merge(
            desk.store, desk.framework, sent.dimension, sent.labels, sent.into, now=now, who=desk.coder
        )
        return JSONResponse({"renamed": renamed})

    return routes


def by_dimension(desk: Desk) -> list[tuple[str, str, list[Named]]]:
    """The id and title of each dimension with what was named in it, in the framework's order, without reports
    that this coder codes blind."""
    with desk.store.reading() as db:
        mine = independence_store.assignments(db, desk.coder)
        codes = inductive_codes(desk.store, {a.report_id for a in mine if a.blind})
        wanted = {m.report_id for c in codes for m in c.memos}
        names = {r.report_id: r.name for r in report_store.reports(db, wanted)}
    order = {d.id: (i, d.title) for i, d in enumerate(desk.framework.dimensions)}
    found = sorted({c.dimension for c in codes}, key=lambda d: (order.get(d, (len(order),))[0], d))
    return [
        (
            d,
            order[d][1] if d in order else d or "On no dimension",
            [_named(c, names) for c in codes if c.dimension == d],
        )
        for d in found
    ]


def _named(code: InductiveCode, names: dict[str, str]) -> Named:
    return Named(code, tuple(Use(m, names[m.report_id], _place(m)) for m in code.memos))


def _place(memo: Memo) -> str:
    at = f"&p={memo.span.page}&s={memo.span.start}&e={memo.span.end}" if memo.span else ""
    return f"/reports/{memo.report_id}#d={memo.dimension or ''}&c={memo.code or ''}{at}"
