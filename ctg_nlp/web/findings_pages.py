"""The page of findings by enquiry question, and what it sends."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from ctg_nlp import findings as writing
from ctg_nlp.desk import Desk, NotYours
from ctg_nlp.store import findings as finding_store
from ctg_nlp.web.access import Asking, Mine
from ctg_nlp.web.findings_shapes import FindingSent, MoveSent, RetireSent
from ctg_nlp.web.findings_sight import require_evidence
from ctg_nlp.web.pages import Short
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.shapes import Uuid


def router(templates: Templates, reads: Reads) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["findings"])

    @routes.get("/findings", response_class=HTMLResponse)
    def findings(
        request: Request, desk: Mine, asking: Asking, question: Short = "", passages: Short = ""
    ) -> Response:
        """One question of the enquiry: counts, passages by code, statements, problems and solutions."""
        from ctg_nlp.web.findings_view import findings_page  # counting loads numpy: when it is asked for

        shown = findings_page(desk, question, passages)
        reads.note(desk, asking.session, shown["reports"])
        return templates.page(request, "findings.html", "findings", **shown)

    @routes.post("/api/findings", response_class=JSONResponse)
    def write(desk: Mine, sent: FindingSent) -> Response:
        """Keep a statement as a new version."""
        _require_open(desk, sent.finding_id, [s.report_id for s in sent.sources])
        made = writing.write(desk.store, desk.framework, sent.writing(), now=desk.clock(), who=desk.coder)
        return JSONResponse({"finding_id": made.finding_id, "version": made.version})

    @routes.post("/api/findings/{finding_id}/retire", response_class=JSONResponse)
    def retire(desk: Mine, finding_id: Uuid, sent: RetireSent) -> Response:
        """Show a statement no more, or again."""
        _require_open(desk, finding_id)
        made = writing.retire(desk.store, finding_id, now=desk.clock(), who=desk.coder, retired=sent.retired)
        return JSONResponse({"finding_id": finding_id, "version": made.version})

    @routes.post("/api/findings/{finding_id}/move", response_class=JSONResponse)
    def move(desk: Mine, finding_id: Uuid, sent: MoveSent) -> Response:
        """Move a statement up or down."""
        _require_open(desk, finding_id)
        moved = writing.move(
            desk.store, desk.framework, finding_id, sent.by, now=desk.clock(), who=desk.coder
        )
        return JSONResponse({"moved": moved})

    return routes


def _require_open(desk: Desk, finding_id: str, report_ids: list[str] | None = None) -> None:
    """Raises `NotYours` where a passage is not open to the coder: of what is sent, and of what would be
    written over without their having seen it."""
    with desk.store.reading() as db:
        require_evidence(desk, db, report_ids or [])
        before = finding_store.versions(db, finding_id) if report_ids is not None else ()
        seen = desk.sight(db)
    if before and not all(seen.may_see_evidence(s.report_id) for s in before[-1].sources):
        raise NotYours(
            "This statement also rests on reports that were not assigned to you: another changes it."
        )
