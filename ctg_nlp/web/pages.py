"""The pages that people see: HTML."""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ctg_nlp.desk import Desk
from ctg_nlp.search import Hit, search
from ctg_nlp.web.access import Asking, Mine
from ctg_nlp.web.progress_view import progress_page
from ctg_nlp.web.queue_view import Asked, next_address, queue_page
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.uploads import submit_context

HITS = 50
_MOST_PASSED = 500  # reports that "next" remembers to have passed; SQL takes them as parameters
Short = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


def _asked(
    by: Short = "report",
    code: Short = "",
    state: Short = "todo",
    group: Short = "",
    cohort: Short = "",
    dimension: Short = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Asked:
    return Asked(by, code, state, group, cohort, dimension, page)


InQueue = Annotated[Asked, Depends(_asked)]


def router(desk: Desk, templates: Templates, reads: Reads) -> APIRouter:
    """The routes of the pages."""
    routes = APIRouter(include_in_schema=True, default_response_class=HTMLResponse, tags=["pages"])
    passed_by: dict[str, list[str]] = {}

    @routes.get("/")
    def queue(request: Request, desk: Mine, asked: InQueue, word: Short = "") -> Response:
        """The queue: reports to do, by report or by code, most useful first."""
        return templates.page(request, "queue.html", "queue", **queue_page(desk, asked), word=word)

    @routes.get("/next")
    def next_report(desk: Mine, asked: InQueue, after: Short = "") -> Response:
        """On to the next report of the queue; to the queue itself where nothing is left."""
        passed = passed_by.setdefault(desk.coder, [])
        if after and after not in passed:
            passed.append(after)
            del passed[:-_MOST_PASSED]
        address = next_address(desk, asked, passed)
        query = asked.query(page=1)
        return RedirectResponse(address or f"/?word=nothing-left&{query}".rstrip("&"), 303)

    @routes.get("/reports/{report_id}")
    def report(request: Request, desk: Mine, report_id: str, asked: InQueue) -> Response:
        """The page of one report."""
        with desk.store.reading() as db:
            found = desk.open_report(db, report_id)
        return templates.page(
            request, "report.html", "report", report_id=report_id, name=found.name, queue=asked.query(page=1)
        )

    @routes.get("/search")
    def search_page(
        request: Request, desk: Mine, asking: Asking, q: Short = "", code: Short = "", group: Short = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:  # fmt: skip
        """Words, phrases and codes over all reports, in context."""
        found: tuple[Hit, ...] = ()
        if q.strip() or code:
            with desk.store.reading() as db:
                seen = desk.sight(db)
            shown = seen.may_see_evidence if code else seen.may_open
            hits = search(desk.store, desk.framework, q, group=group, code=code, shown=shown)
            found = tuple(islice(hits, (page - 1) * HITS, page * HITS + 1))
            reads.note(desk, asking.session, map(attrgetter("report_id"), found[:HITS]))
        return templates.page(
            request, "search.html", "search", q=q, code=code, group=group, page=page,
            hits=found[:HITS], more=len(found) > HITS, dimensions=desk.framework.dimensions,
        )  # fmt: skip

    @routes.get("/submit")
    def submit(request: Request, desk: Mine) -> Response:
        """Where PDFs are submitted; for those who see all reports also what came last, and whom to chase."""
        return templates.page(request, "submit.html", "submit", **submit_context(desk))

    @routes.get("/progress")
    def progress(request: Request, desk: Mine, asking: Asking) -> Response:
        """How far the work is, by dimension; all coders' for a lead, else one's own."""
        shown = progress_page(desk, all_coders=asking.leads)
        return templates.page(request, "progress.html", "progress", **shown)

    return routes
