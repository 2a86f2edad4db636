"""The application: routes, what every answer carries, and errors as sentences."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ctg_nlp.desk import Desk, NotYours, OtherUse
from ctg_nlp.errors import CtgError, DecisionsError, PeopleError, StoreError, UnknownReport
from ctg_nlp.findings import ChangedSince, NoFinding
from ctg_nlp.logbook import Note, log_of
from ctg_nlp.review.acts import Forbidden
from ctg_nlp.web import (
    api,
    cases_pages,
    findings_pages,
    health,
    login,
    other_page,
    pages,
    people_page,
    pictures,
    quotations_pages,
    selection_pages,
    team_pages,
    uploads,
    v1,
)
from ctg_nlp.web.access import Admission, NotAllowed
from ctg_nlp.web.defects import Defects
from ctg_nlp.web.guard import Guard, Serving
from ctg_nlp.web.metrics import Measured, Meter
from ctg_nlp.web.problems import problem_at
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.sessions import Sessions
from ctg_nlp.web.v1_exports import NoFile, StillBlind

HERE = Path(__file__).parent
_STATUS: tuple[tuple[type[CtgError], int], ...] = (
    (UnknownReport, 404),
    (NoFinding, 404),
    (ChangedSince, 409),
    (NoFile, 404),
    (StillBlind, 409),
    (NotYours, 403),
    (NotAllowed, 403),
    (Forbidden, 409),
    (OtherUse, 409),
    (DecisionsError, 422),
    (PeopleError, 422),
    (StoreError, 503),
)


def create_app(desk: Desk, serving: Serving | None = None) -> FastAPI:
    """The review page of one project: for the desk's coder, or for those who log in once there are users."""
    serving, reads, meter = serving or Serving(), Reads(), Meter(desk)
    note = log_of(desk.home).note
    app = FastAPI(
        title="ctg_nlp review",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(Admission(reads))],
    )
    templates = Templates(desk)
    app.add_middleware(Sessions, desk=desk, serving=serving)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.include_router(_description(app))
    app.include_router(health.router(desk, meter))
    app.include_router(login.router(desk, templates, serving))
    app.include_router(people_page.router(desk, templates))
    app.include_router(api.router())
    app.include_router(v1.router(reads))
    app.include_router(pictures.router(desk))
    app.include_router(uploads.router(desk))
    app.include_router(pages.router(desk, templates, reads))
    app.include_router(team_pages.router(templates))
    app.include_router(selection_pages.router(templates))
    app.include_router(cases_pages.router(templates, reads))
    app.include_router(other_page.router(templates))
    app.include_router(findings_pages.router(templates, reads))
    app.include_router(quotations_pages.router(templates, reads))
    _tell_errors(app, templates, note)
    app.add_middleware(Guard, serving=serving)
    app.add_middleware(Measured, meter=meter, note=note)  # the last added is asked first
    return app


def _description(app: FastAPI) -> APIRouter:
    """The route of the description of all routes: one of ours, so that it needs a role as all do."""
    routes = APIRouter()

    @routes.get("/api/openapi.json", response_class=JSONResponse)
    def openapi() -> Response:
        """All routes with what they take and give."""
        return JSONResponse(app.openapi())

    return routes


def status_of(error: CtgError) -> int:
    """The HTTP status that fits a mistake or mishap."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def _tell_errors(app: FastAPI, templates: Templates, note: Note) -> None:
    def tell(request: Request, status: int, problem: str, **more: str) -> Response:
        path = request.url.path
        if path.startswith("/api/") or path.endswith("/picture") or path == health.METRICS:
            return problem_at(path, status, problem, **more)
        return templates.page(request, "problem.html", "", status, problem=problem)

    @app.exception_handler(NotAllowed)
    def _closed(request: Request, error: NotAllowed) -> Response:
        visitor = getattr(request.state, "visitor", None)
        if request.url.path == "/" and visitor is not None and visitor.manages:
            return RedirectResponse("/people", 303)  # an administrator has no queue
        return tell(request, 403, str(error))

    @app.exception_handler(CtgError)
    def _ours(request: Request, error: CtgError) -> Response:
        more = {"cure": error.cure} if isinstance(error, Forbidden) else {}
        return tell(request, status_of(error), str(error), **more)

    @app.exception_handler(RequestValidationError)
    def _malformed(request: Request, error: RequestValidationError) -> Response:
        return tell(request, 422, f"This cannot be taken: {_first(error)}.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        said = {404: "There is nothing at this address.", 405: "This cannot be done at this address."}
        answer = tell(request, error.status_code, said.get(error.status_code, f"{error.detail}."))
        answer.headers.update(error.headers or {})
        return answer

    def defect(request: Request, error: Exception) -> Response:
        said = f"An unexpected error ({type(error).__name__}). Nothing was stored; please report it."
        return tell(request, 500, said)

    app.add_middleware(Defects, answer=defect, note=note)


def _first(error: RequestValidationError) -> str:
    """What is wrong with the first wrong field, without what was sent: it may hold text of a report."""
    wrong = error.errors()[0]
    where = ".".join(str(part) for part in wrong["loc"][1:])
    return f"{where}: {wrong['msg']}" if where else str(wrong["msg"])
