"""The routes of the selection for the second stage: its page, its figure, and what is sent to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from ctg_nlp import selecting
from ctg_nlp.web.access import Mine
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.selection_view import filters_state, flow_figure, selection_page
from ctg_nlp.web.shapes import FilterSent, FilterUndoSent, FreezeSent, UseSent

Short = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
Page = Annotated[int, Query(ge=1, le=10_000)]


def router(templates: Templates) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["selection"])
    _pages(routes, templates)
    _filters(routes)
    _samples(routes)
    return routes


def _pages(routes: APIRouter, templates: Templates) -> None:
    @routes.get("/selection", response_class=HTMLResponse)
    def selection(
        request: Request, desk: Mine, at: Short = "", state: Short = "", page: Page = 1
    ) -> Response:
        """What waits for which filter, levels and reasons, frozen samples, the flow of counts."""
        shown = selection_page(desk, at, state, page)
        return templates.page(request, "selection.html", "selection", **shown)

    @routes.get("/selection/flow.svg")
    def flow(desk: Mine, sample: Short = "") -> Response:
        """The figure of the flow, now or as it was when a sample was frozen."""
        return Response(flow_figure(desk, sample), media_type="image/svg+xml")


def _filters(routes: APIRouter) -> None:
    @routes.get("/api/reports/{report_id}/filters", response_class=JSONResponse)
    def filters(desk: Mine, report_id: str) -> Response:
        """The filters of a report: what was said, what can be."""
        return JSONResponse(filters_state(desk, selecting.judged(desk, report_id)))

    @routes.post("/api/reports/{report_id}/filters", response_class=JSONResponse)
    def decide(desk: Mine, report_id: str, sent: FilterSent) -> Response:
        """Take in what a coder says of a report by a filter."""
        return JSONResponse(filters_state(desk, selecting.decide(desk, report_id, sent.judging())))

    @routes.post("/api/reports/{report_id}/filters/undo", response_class=JSONResponse)
    def undo(desk: Mine, report_id: str, sent: FilterUndoSent) -> Response:
        """Undo the coder's last filter decision on a report."""
        return JSONResponse(filters_state(desk, selecting.undo(desk, report_id, sent.decision_id)))

    @routes.post("/api/reports/{report_id}/filters/settle", response_class=JSONResponse)
    def settle(desk: Mine, report_id: str, sent: FilterSent) -> Response:
        """Settle a filter on which coders disagree."""
        now = selecting.settle(desk, report_id, sent.judging())
        return JSONResponse({"state": str(now.outcome(sent.filter).state)})


def _samples(routes: APIRouter) -> None:
    @routes.post("/api/selections", response_class=JSONResponse)
    def freeze(desk: Mine, sent: FreezeSent) -> Response:
        """Freeze what passed every filter as a named sample, and use it."""
        frozen = selecting.freeze(desk, sent.name, sent.note)
        return JSONResponse({"name": frozen.name, "reports": len(frozen.reports)})

    @routes.post("/api/selections/use", response_class=JSONResponse)
    def use(desk: Mine, sent: UseSent) -> Response:
        """Let a frozen sample be the one that tables of the second stage are of."""
        found = selecting.use(desk, sent.name)
        return JSONResponse({"name": found.name, "reports": len(found.reports)})
