"""HTML by Jinja: everything is escaped, and every page gets its frame's context."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ctg_nlp.desk import Desk
from ctg_nlp.web.access import Visitor
from ctg_nlp.web.words import minute

_FOLDER = Path(__file__).parent / "templates"


class Templates:
    """The templates of one desk's pages."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.environment = Environment(
            loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, auto_reload=False,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.environment.filters["minute"] = minute

    def page(
        self, request: Request, template: str, here: str, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page; `here` is the entry of the navigation that it belongs to."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)  # None before the log-in
        frame = {
            "coder": visitor.user.name if visitor else "",
            "role": str(visitor.user.role) if visitor else "",
            "session": bool(visitor and visitor.session),
            "codes": bool(visitor and visitor.codes and not visitor.user.must_change),
            "adjudicates": bool(visitor and visitor.adjudicates),
            "leads": bool(visitor and visitor.leads),
            "manages": bool(visitor and visitor.manages and not visitor.user.must_change),
            "must_change": bool(visitor and visitor.user.must_change),
            "project": self.desk.framework.title,
            "home_name": self.desk.home.root.name,
            "here": here,
            "query": str(request.url.query),
        }
        return HTMLResponse(self.environment.get_template(template).render(frame | context), status)
