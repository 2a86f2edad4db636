"""The pages on coders together: where they disagree, what that asks, how far they agree, training."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from ctg_nlp.web.access import Mine
from ctg_nlp.web.adjudication_view import adjudication_page, training_page, worklist_page
from ctg_nlp.web.agreement_view import agreement_page
from ctg_nlp.web.rendering import Templates


def router(templates: Templates) -> APIRouter:
    """The routes of these pages."""
    routes = APIRouter(default_response_class=HTMLResponse, tags=["pages"])

    @routes.get("/adjudicate")
    def adjudication(
        request: Request, desk: Mine, page: Annotated[int, Query(ge=1, le=10_000)] = 1
    ) -> Response:
        """What coders disagree on, side by side."""
        return templates.page(request, "adjudicate.html", "adjudicate", **adjudication_page(desk, page))

    @routes.get("/worklist")
    def tasks(request: Request, desk: Mine) -> Response:
        """What adjudications ask of the framework."""
        return templates.page(request, "worklist.html", "worklist", **worklist_page(desk))

    @routes.get("/training")
    def training(request: Request, desk: Mine) -> Response:
        """What this coder said in training, beside what was agreed."""
        return templates.page(request, "training.html", "training", **training_page(desk))

    @routes.get("/agreement")
    def agreement(request: Request, desk: Mine) -> Response:
        """How far coders agree, by dimension and code, and where they do not."""
        return templates.page(request, "agreement.html", "progress", **agreement_page(desk))

    return routes
