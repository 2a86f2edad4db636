"""The pages of case studies: the core groups, and one case with its documents, coding and texts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from ctg_nlp.case_banking import quote_in_case
from ctg_nlp.case_text import quoted_numbers
from ctg_nlp.cases import current_of
from ctg_nlp.casework import record_consent, save_text
from ctg_nlp.store import cases as case_store
from ctg_nlp.web.access import Asking, Mine
from ctg_nlp.web.cases_shapes import ConsentSent, GroupName, QuoteSent, SectionName, TextSent
from ctg_nlp.web.cases_view import (
    case_page,
    cases_page,
    require_group_open,
    source_state,
    version_state,
    versions_state,
)
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.rendering import Templates


def router(templates: Templates, reads: Reads) -> APIRouter:
    """The routes of these pages and of what they ask for."""
    routes = APIRouter(tags=["cases"])

    @routes.get("/cases", response_class=HTMLResponse)
    def cases(request: Request, desk: Mine, asking: Asking) -> Response:
        """The core groups and how far their case studies are."""
        shown = cases_page(desk)
        reads.note(
            desk, asking.session, [c["case"].final.report_id for c in shown["cases"] if c["case"].final]
        )
        return templates.page(request, "cases.html", "cases", **shown)

    @routes.get("/cases/{group:path}", response_class=HTMLResponse)
    def one_case(request: Request, desk: Mine, asking: Asking, group: str) -> Response:
        """One case: its documents, what is coded, the sections of the template, consent."""
        shown = case_page(desk, group)
        reads.note(desk, asking.session, [r.report_id for r in shown["case"].sources])
        return templates.page(request, "case.html", "cases", **shown)

    @routes.get("/api/cases/sources/{report_id}", response_class=JSONResponse)
    def source(desk: Mine, report_id: str) -> Response:
        """The text of a document of a core group, with its passages."""
        return JSONResponse(source_state(desk, report_id))

    @routes.get("/api/cases/versions", response_class=JSONResponse)
    def versions(
        desk: Mine, group: Annotated[GroupName, Query()], section: Annotated[SectionName, Query()]
    ) -> Response:
        """All versions of a section's text, newest first."""
        return JSONResponse({"versions": versions_state(desk, group, section)})

    @routes.post("/api/cases/texts", response_class=JSONResponse)
    def write(desk: Mine, sent: TextSent) -> Response:
        """Keep a section's text as a new version; aside where somebody else saved meanwhile."""
        require_group_open(desk, sent.group)
        made = save_text(desk.store, desk.framework, sent.writing(), now=desk.clock(), who=desk.coder)
        with desk.store.reading() as db:
            current = current_of(case_store.texts(db, sent.group, sent.section))
            known = {q.number for q in case_store.quotes(db, sent.group)}
        unknown = [n for n in quoted_numbers(made.text) if n not in known]
        said = {"saved": version_state(made), "current": current and version_state(current)}
        return JSONResponse(said | {"unknown": unknown})

    @routes.post("/api/cases/quotes", response_class=JSONResponse)
    def quote(desk: Mine, sent: QuoteSent) -> Response:
        """Make a passage a quotation of the case."""
        require_group_open(desk, sent.group)
        made, banked = quote_in_case(
            desk.store,
            desk.framework,
            sent.group,
            sent.report_id,
            sent.place.span(),
            sent.speaker,
            now=desk.clock(),
            who=desk.coder,
        )
        said = {"number": made.number, "quote": made.quote, "speaker": made.speaker}
        return JSONResponse(said | {"banked": banked.quote_id, "state": str(banked.state)})

    @routes.post("/api/cases/consents", response_class=JSONResponse)
    def consent(desk: Mine, sent: ConsentSent) -> Response:
        """Record what a group consented to, or took back."""
        require_group_open(desk, sent.group)
        record_consent(desk.store, sent.consent(desk.clock(), desk.coder))
        return JSONResponse({"scope": sent.scope, "said": sent.said})

    return routes
