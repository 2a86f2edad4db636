"""The pages of the bank of quotations, and what they send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from ctg_nlp import banking
from ctg_nlp.desk import Desk
from ctg_nlp.records import BankedQuote
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.web.access import Asking, Mine
from ctg_nlp.web.findings_shapes import BankSent, ClearSent, TextSent, WhySent
from ctg_nlp.web.findings_sight import require_evidence
from ctg_nlp.web.pages import Short
from ctg_nlp.web.quotations_view import bank_page, quote_page
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.rendering import Templates

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def router(templates: Templates, reads: Reads) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["quotations"])
    _pages(routes, templates, reads)
    _acts(routes)
    return routes


def _pages(routes: APIRouter, templates: Templates, reads: Reads) -> None:
    @routes.get("/quotes", response_class=HTMLResponse)
    def bank(
        request: Request, desk: Mine, asking: Asking, state: Short = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> Response:  # fmt: skip
        """The bank: what is cleared, what waits, where each is used."""
        found = bank_page(desk, state, page)
        reads.note(desk, asking.session, found["reports"])
        return templates.page(request, "quotes.html", "quotes", **found)

    @routes.get("/quotes/{number}", response_class=HTMLResponse)
    def one(request: Request, desk: Mine, asking: Asking, number: Number) -> Response:
        """One quotation: to be redacted, attributed and cleared."""
        found = quote_page(desk, number, asking.leads)
        reads.note(desk, asking.session, [found["quote"].source.report_id])
        return templates.page(request, "quote.html", "quotes", **found)


def _acts(routes: APIRouter) -> None:
    @routes.post("/api/quotes", response_class=JSONResponse)
    def bank(desk: Mine, sent: BankSent) -> Response:
        """Put a passage into the bank."""
        with desk.store.reading() as db:
            require_evidence(desk, db, [sent.report_id])
        made = banking.bank(
            desk.store,
            desk.framework,
            sent.source(),
            sent.dimension,
            sent.code,
            now=desk.clock(),
            who=desk.coder,
        )
        return _answer(made)

    @routes.post("/api/quotes/{number}/text", response_class=JSONResponse)
    def text(desk: Mine, number: Number, sent: TextSent) -> Response:
        """Keep another text or attribution as a new version."""
        _require_open(desk, number)
        said = (sent.text, sent.role, sent.by_case, sent.base)
        return _answer(banking.rewrite(desk.store, number, *said, now=desk.clock(), who=desk.coder))

    @routes.post("/api/quotes/{number}/clear", response_class=JSONResponse)
    def clear(desk: Mine, number: Number, sent: ClearSent) -> Response:
        """Let this version be printed."""
        _require_open(desk, number)
        made = banking.clear(
            desk.store, desk.framework, number, sent.base, sent.kept, now=desk.clock(), who=desk.coder,
            why=sent.why,
        )  # fmt: skip
        return _answer(made)

    @routes.post("/api/quotes/{number}/withdraw", response_class=JSONResponse)
    def withdraw(desk: Mine, number: Number, sent: WhySent) -> Response:
        """Let it be printed no more."""
        _require_open(desk, number)
        return _answer(banking.withdraw(desk.store, number, now=desk.clock(), who=desk.coder, why=sent.why))

    @routes.post("/api/quotes/{number}/restore", response_class=JSONResponse)
    def restore(desk: Mine, number: Number, sent: WhySent) -> Response:
        """Undo a withdrawal."""
        _require_open(desk, number)
        return _answer(banking.restore(desk.store, number, now=desk.clock(), who=desk.coder, why=sent.why))


def _require_open(desk: Desk, number: int) -> None:
    """Raises `NotYours` where the quotation's report is not open to the coder. What is not there is told
    by who would act on it."""
    with desk.store.reading() as db:
        quote = quote_store.quotation(db, number)
        require_evidence(desk, db, [quote.source.report_id] if quote else [])


def _answer(quote: BankedQuote) -> Response:
    return JSONResponse(
        {
            "quote_id": quote.quote_id,
            "state": str(quote.state),
            "version": quote.now.version,
            "text": quote.now.text,
        }
    )
