"""The interface for programs, under /api/v1: reads only, by a token, with what its person may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from ctg_nlp.desk import Desk
from ctg_nlp.web import v1_columns as columns
from ctg_nlp.web.access import Asking, Mine, Visitor
from ctg_nlp.web.problems import PROBLEM_JSON, V1, ProblemDetail
from ctg_nlp.web.reads import Reads
from ctg_nlp.web.v1_columns import Resource, page_model
from ctg_nlp.web.v1_exports import check_open, listing, sent
from ctg_nlp.web.v1_forms import JSON, as_json, as_part, as_whole
from ctg_nlp.web.v1_parts import Part, read, written
from ctg_nlp.web.v1_reads import Asked, Reader, all_parts
from ctg_nlp.web.v1_rows import dictionary_rows
from ctg_nlp.web.v1_shapes import Files, FrameworkTold, Me, framework_told, me, problem_schema, refusals
from ctg_nlp.web.v1_tables import table_rows

MOST = 5000
"""Rows of one part."""
_WHOLE = 2000  # rows that are read at a time for a whole set
Form = Annotated[
    Literal["json", "jsonl", "csv"],
    Query(
        alias="format", description="json: a part of it with the cursor of the next; jsonl, csv: all of it"
    ),
]
Cursor = Annotated[str, Query(max_length=200, description="`next` of the part before; empty: the beginning")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="So many rows at most; of a part only")]
Id = Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$", description="Only this report")]
Name = Annotated[str, Query(max_length=200, pattern=r"^[a-z0-9_]*$", description="Only this dimension")]
Stage = Annotated[Literal["", "map", "indepth"], Query(description="Only dimensions of this stage")]
Since = Annotated[int, Query(ge=0, le=2**31 - 1, description="Only decisions with a larger number")]
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
ReportId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_TITLE = "ctg_nlp: what was read and coded"
_ABOUT = (
    "Reads only. Every request carries a token: `Authorization: Bearer TOKEN`. A token reads what its person "
    "may see at that moment, within its scopes. What coders decided and what a model suggests are never in "
    "one row. Errors are told as RFC 9457 has it."
)


def known_parameters(request: Request) -> None:
    """Refuse a parameter that would have no effect: whoever gave it expects one."""
    route = request.scope["route"]
    known = {p.alias for p in _query_parameters(route.dependant)}
    for name in request.query_params:
        if name not in known:
            said = f"there is no such parameter; there are: {', '.join(sorted(known)) or 'none'}"
            raise RequestValidationError([{"loc": ("query", name[:50]), "msg": said}])


def _query_parameters(dependant: Any) -> Iterable[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _query_parameters(inner)


def router(reads: Reads) -> APIRouter:
    """The routes under /api/v1."""
    routes = APIRouter(
        prefix=V1,
        tags=["programs"],
        default_response_class=JSONResponse,
        dependencies=[Depends(known_parameters)],
    )
    _about(routes)
    for resource, asked in (
        (columns.REPORTS, _any_report),
        (columns.PASSAGES, _one_report),
        (columns.DECISIONS, _some_decisions),
        (columns.EVIDENCE, _some_decisions),
        (columns.CODED, _some_codes),
        (columns.FILTERS, _one_report),
        (columns.FILTER_DECISIONS, _one_report),
        (columns.SUGGESTIONS, _some_codes),
    ):
        _add_rows(routes, reads, resource, asked)
    _add_report(routes)
    _add_tables(routes)
    _add_exports(routes)
    return routes


def description() -> dict[str, Any]:
    """The interface as OpenAPI has it, and no other route of the application."""
    told = get_openapi(title=_TITLE, version="1", description=_ABOUT, routes=router(Reads()).routes)
    refused = {"$ref": f"#/components/schemas/{ProblemDetail.__name__}"}
    for found in (r for path in told["paths"].values() for r in path["get"]["responses"].values()):
        if PROBLEM_JSON in found.get("content", {}):
            found["content"][PROBLEM_JSON] = {"schema": refused}  # told once, not with each
    parts = told["components"]
    parts["schemas"][ProblemDetail.__name__] = problem_schema()
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {**told, "security": [{"token": []}]}


def _about(routes: APIRouter) -> None:
    @routes.get("/me", responses={200: {"model": Me}, **refusals()})
    def who(request: Request, desk: Mine, asking: Asking) -> Response:
        """In whose name the program reads, and what its token is for."""
        return as_json(request, me(desk, asking))

    @routes.get("/openapi.json", responses=refusals())
    def openapi(request: Request) -> Response:
        """The description of the interface."""
        return as_json(request, description())

    @routes.get("/framework", responses={200: {"model": FrameworkTold}, **refusals()})
    def framework(request: Request, desk: Mine) -> Response:
        """The framework that is coded by: dimensions and codes with their definitions."""
        return as_json(request, framework_told(desk.framework))

    @routes.get("/dictionary", responses=_told_of(columns.DICTIONARY))
    def dictionary(request: Request, desk: Mine, form: Form = "json") -> Response:
        """What each column of each resource means, and each code."""
        rows = tuple(dictionary_rows(desk.framework))
        return _given(request, columns.DICTIONARY, form, Part(rows, None))


def _any_report() -> Asked:
    return Asked()


def _one_report(report: Id = "") -> Asked:
    return Asked(report)


def _some_codes(report: Id = "", dimension: Name = "", stage: Stage = "") -> Asked:
    return Asked(report, dimension, stage)


def _some_decisions(report: Id = "", dimension: Name = "", stage: Stage = "", since: Since = 0) -> Asked:
    return Asked(report, dimension, stage, since)


def _add_rows(routes: APIRouter, reads: Reads, resource: Resource, asked: Callable[..., Asked]) -> None:
    def rows(
        request: Request, desk: Mine, asking: Asking, wanted: Asked = Depends(asked),  # noqa: B008
        form: Form = "json", cursor: Cursor = "", limit: Limit = 1000,
    ) -> Response:  # fmt: skip
        reader = Reader(desk, resource, wanted)
        note = partial(_note, reads, desk, asking)
        place = read(cursor, reader.of)
        if form != JSON:
            return as_whole(resource, form, all_parts(reader, place, _WHOLE, note))
        part = next(all_parts(reader, place, limit, note))
        return as_part(request, resource, part, written(part.next, reader.of))

    what = f"Rows, each {resource.what}."
    routes.add_api_route(
        f"/{resource.name}", rows, methods=["GET"], name=resource.name, description=what,
        responses=_told_of(resource, 400, 404),
    )  # fmt: skip


def _note(reads: Reads, desk: Desk, visitor: Visitor, report_ids: Iterable[str]) -> None:
    reads.note(desk, visitor.session, report_ids, visitor.noted)


def _add_report(routes: APIRouter) -> None:
    @routes.get("/reports/{report_id}", responses=_told_of(columns.REPORTS, 400, 404, whole=False))
    def report(request: Request, desk: Mine, report_id: ReportId) -> Response:
        """One report, as a part of one row."""
        reader = Reader(desk, columns.REPORTS, Asked(report_id))
        part = next(all_parts(reader, read("", reader.of), 1, lambda _: None))
        return as_part(request, columns.REPORTS, part, None)


def _add_tables(routes: APIRouter) -> None:
    @routes.get("/tables", responses=_told_of(columns.TABLES, 400))
    def tables(
        request: Request, desk: Mine, table: Words = "", by: Words = "",
        stage: Literal["map", "indepth"] = "map", form: Form = "json",
    ) -> Response:  # fmt: skip
        """Cells of the synthesis tables as they are now: one by its number or dimension, or all of a stage;
        `by` breaks them down."""
        return _given(request, columns.TABLES, form, table_rows(desk, table, by, stage))


def _add_exports(routes: APIRouter) -> None:
    @routes.get("/exports", responses={200: {"model": Files}, **refusals(409)})
    def exports(request: Request, desk: Mine) -> Response:
        """The files that runs and commands wrote to data/coded."""
        check_open(desk)
        return as_json(request, {"data": listing(desk.home.coded)})

    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    told = {200: {"description": "The file", "content": content}, **refusals(404, 409)}

    @routes.get("/exports/{name:path}", responses=told, response_class=Response)
    def export(desk: Mine, asking: Asking, name: str) -> Response:
        """One of these files, by its name."""
        check_open(desk)
        return sent(desk, asking, name)


def _given(request: Request, resource: Resource, form: str, part: Part) -> Response:
    return as_part(request, resource, part, None) if form == JSON else as_whole(resource, form, iter([part]))


def _told_of(resource: Resource, *statuses: int, whole: bool = True) -> dict[int | str, dict[str, Any]]:
    """The description of the answers of a resource."""
    text: dict[str, Any] = {"schema": {"type": "string"}}
    forms = {"content": {"application/jsonl": text, "text/csv": text}} if whole else {}
    same: dict[int | str, dict[str, Any]] = {
        304: {"description": "It is as If-None-Match says that the program has it."}
    }
    return {200: {"model": page_model(resource), **forms}, **same, **refusals(*statuses)}
