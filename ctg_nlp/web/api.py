"""What the page asks for and sends: JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from ctg_nlp.adjudicating import adjudicate, close_task, lock
from ctg_nlp.web.access import Mine
from ctg_nlp.web.report_view import changed_dimension, memos_of, page_state, report_state
from ctg_nlp.web.shapes import ActSent, AdjudicationSent, CloseSent, MemoSent, NothingSent, UndoSent

Number = Annotated[int, Path(ge=1, le=100_000)]


def router() -> APIRouter:
    """The routes under /api; each is for the coder who asks."""
    routes = APIRouter(prefix="/api", tags=["review"])

    @routes.get("/reports/{report_id}", response_class=JSONResponse)
    def report(desk: Mine, report_id: str) -> Response:
        """A report with suggestions, answers, memos, and what can be undone."""
        return JSONResponse(report_state(desk, report_id))

    @routes.get("/reports/{report_id}/pages/{number}", response_class=JSONResponse)
    def page(desk: Mine, report_id: str, number: Number) -> Response:
        """The text of a page, its words with boxes (points from the top left) and its passages."""
        return JSONResponse(page_state(desk, report_id, number))

    @routes.post("/reports/{report_id}/acts", response_class=JSONResponse)
    def act(desk: Mine, report_id: str, sent: ActSent) -> Response:
        """Take in one thing that the coder did. Once this answers, it is on the disk."""
        tally = desk.do(report_id, sent.doing())
        return JSONResponse({"act_id": sent.act_id, **changed_dimension(desk, tally, sent.dimension)})

    @routes.post("/reports/{report_id}/undo", response_class=JSONResponse)
    def undo(desk: Mine, report_id: str, sent: UndoSent) -> Response:
        """Undo the coder's last act on this report."""
        act, tally = desk.undo(report_id, sent.act_id)
        return JSONResponse(changed_dimension(desk, tally, act.dimension))

    @routes.post("/reports/{report_id}/lock", response_class=JSONResponse)
    def close_blind(desk: Mine, report_id: str, sent: NothingSent) -> Response:
        """Close the coder's blind coding of a report: what is suggested and said by others is shown then."""
        return JSONResponse({"locked_at": lock(desk, report_id).locked_at})

    @routes.post("/reports/{report_id}/adjudications", response_class=JSONResponse)
    def settle(desk: Mine, report_id: str, sent: AdjudicationSent) -> Response:
        """Settle what coders disagree on."""
        return JSONResponse({"open": adjudicate(desk, report_id, sent.doing(), sent.reason).conflicts})

    @routes.post("/tasks/{act_id}/close", response_class=JSONResponse)
    def close(desk: Mine, act_id: str, sent: CloseSent) -> Response:
        """Note that a task of the worklist was done."""
        close_task(desk, act_id, sent.how)
        return JSONResponse({"closed": act_id})

    @routes.post("/reports/{report_id}/memos", response_class=JSONResponse)
    def memo(desk: Mine, report_id: str, sent: MemoSent) -> Response:
        """Write a memo or an inductive code."""
        tally = desk.write_memo(sent.memo(report_id))
        if tally is None:
            return JSONResponse({"dimension": None, **memos_of(desk, report_id)})
        return JSONResponse(changed_dimension(desk, tally, sent.dimension))

    @routes.post("/memos/{memo_id}/delete", response_class=JSONResponse)
    def delete_memo(desk: Mine, memo_id: str) -> Response:
        """Take a memo off the page."""
        return JSONResponse(memos_of(desk, desk.delete_memo(memo_id)))

    return routes
