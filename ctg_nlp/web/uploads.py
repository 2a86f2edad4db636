"""Submitting reports on the page: files are received, read by the same intake as the folder, and told of."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.intake.convert import SUFFIXES
from ctg_nlp.status import FileLine, chase_list, latest_files, lines_of
from ctg_nlp.web.problems import problem, problems
from ctg_nlp.web.reading import Reading
from ctg_nlp.web.receiving import Inbox, Incoming, NameTaken, NoSubmission, Received, safe_path

_AT_ONCE = 1 << 20  # bytes that are written at a time
_REMEMBERED = 1000  # files of this session whose verdicts the page can ask for
_LATEST = 50
_MB = 1024 * 1024
KINDS = frozenset({".pdf", *SUFFIXES})
"""What a report's name can end in; whether it is what it says is the intake's verdict, by its first bytes."""


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """One file that came in on the page; `verdict` and `report_id` are empty while it is not read."""

    path: str
    verdict: str
    message: str
    report_id: str


@dataclass(frozen=True, slots=True)
class SubmissionsState:
    """Whether a run is under way, the files sent since the server started, and what went wrong."""

    reading: bool
    files: list[FileVerdict]
    problem: str


class _TooLarge(CtgError):
    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            f"{name} has more than {limit // _MB} MB. Send a smaller copy, or have upload_mb raised in the "
            "settings of the project."
        )


class _OtherKind(CtgError):
    def __init__(self, name: str) -> None:
        kinds = ", ".join(sorted(KINDS))
        super().__init__(f"{name} is no report by its name: reports end in {kinds}. It was not taken.")


_STATUS = {NoSubmission: 422, NameTaken: 409, _TooLarge: 413, _OtherKind: 415}


def submit_context(desk: Desk) -> dict[str, Any]:
    """What the submit page shows: `all_reports` (whether this coder sees more than their own), `chase`
    (`status.Chase`), the latest `files` (`status.FileLine`), and `upload_mb`, the largest file taken."""
    return {
        "all_reports": not desk.restricted,
        "chase": () if desk.restricted else chase_list(desk.store),
        "files": () if desk.restricted else latest_files(desk.store, _LATEST),
        "upload_mb": desk.home.upload_mb,
    }


def router(desk: Desk) -> APIRouter:
    """The routes of submitting; a run that is under way is ended with the app."""
    inbox, reading = Inbox(desk.home, desk.store), Reading(desk.home.root)
    sent: deque[Received] = deque(maxlen=_REMEMBERED)
    limit = desk.home.upload_mb * _MB

    @contextlib.asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(reading.close)

    def state() -> SubmissionsState:
        under_way, wrong = reading.state  # before the store is asked: what it then lacks was not read
        files = tuple(dict.fromkeys((r.path, r.sha256) for r in tuple(sent)))
        lines = lines_of(desk.store, files) if files else {}
        return SubmissionsState(under_way, [_verdict(f[0], lines.get(f)) for f in files], wrong)

    routes = APIRouter(lifespan=lifespan)

    @routes.put(
        "/api/submissions/{filename:path}",
        status_code=201,
        response_model=Received,
        responses={200: {"model": Received}, **problems(400, 403, 409, 413, 415, 422, 503)},
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def submit(request: Request, filename: str, response: Response) -> Received | JSONResponse:
        """Take one file in: the intake has the verdict. 200: its content was there before."""
        try:
            wanted = safe_path(filename)
            received = await _take(request, inbox, wanted, limit)
        except CtgError as error:
            return problem(_STATUS.get(type(error), 503), str(error))
        except ClientDisconnect:
            return problem(400, f"{wanted.name} did not arrive whole. Send it again.")
        except OSError as error:
            return problem(503, f"{wanted.name} could not be stored: {error.strerror}.")
        if received.known is not None:
            response.status_code = 200
        if received.path:
            sent.append(received)
            reading.more()
        return received

    @routes.post("/api/submissions/read", status_code=202, responses=problems(403))
    def read() -> SubmissionsState:
        """Start reading what was received."""
        reading.start()
        return state()

    @routes.get("/api/submissions")
    def submissions() -> SubmissionsState:
        """What became of the files sent."""
        return state()

    return routes


async def _take(request: Request, inbox: Inbox, wanted: PurePosixPath, limit: int) -> Received:
    if wanted.suffix.lower() not in KINDS:
        raise _OtherKind(wanted.name)
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise _TooLarge(wanted.name, limit)
    incoming = await run_in_threadpool(inbox.begin)
    try:
        if not await _filled(request, incoming, limit):
            raise _TooLarge(wanted.name, limit)
        return await run_in_threadpool(inbox.keep, incoming, wanted)
    finally:
        await run_in_threadpool(incoming.drop)


async def _filled(request: Request, incoming: Incoming, limit: int) -> bool:
    """Whether all that is sent was taken: False where it goes over the limit."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if incoming.size + len(waiting) > limit:
            return False
        if len(waiting) >= _AT_ONCE:
            await run_in_threadpool(incoming.add, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(incoming.add, bytes(waiting))
    return True


def _verdict(path: str, line: FileLine | None) -> FileVerdict:
    if line is None:
        return FileVerdict(path, "", "", "")
    return FileVerdict(path, line.verdict, line.message, line.report_id)
