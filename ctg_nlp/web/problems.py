"""An answer that tells a person what cannot be done, and how it is described to programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

V1 = "/api/v1"
"""Below this programs read; problems are told there as RFC 9457 has it."""
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence: what happened, to which report or file, and what to do."""

    problem: str


@dataclass(frozen=True, slots=True)
class ProblemDetail:
    """What went wrong, as RFC 9457 has it; `detail` is a sentence for people."""

    type: str
    title: str
    status: int
    detail: str


def problem(status: int, said: str) -> JSONResponse:
    """The answer with this status; no cache keeps it."""
    return JSONResponse(asdict(Problem(said)), status, {"Cache-Control": "no-store"})


def problem_at(path: str, status: int, said: str, **more: str) -> JSONResponse:
    """The answer at an address that gives data, in the form that those who ask there expect."""
    if not for_programs(path):
        return JSONResponse({"problem": said, **more}, status)
    told = asdict(ProblemDetail("about:blank", HTTPStatus(status).phrase, status, said))
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse({**told, **more}, status, headers, PROBLEM_JSON)


def for_programs(path: str) -> bool:
    """Whether it is an address of the interface for programs."""
    return path == V1 or path.startswith(f"{V1}/")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of answers with these statuses, for a route's `responses`."""
    return {status: {"model": Problem} for status in statuses}
