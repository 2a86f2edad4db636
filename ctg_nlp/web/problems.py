"""An answer that tells a person what cannot be done, and how it is described to programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from fastapi.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence: what happened, to which report or file, and what to do."""

    problem: str


def problem(status: int, said: str) -> JSONResponse:
    """The answer with this status; no cache keeps it."""
    return JSONResponse(asdict(Problem(said)), status, {"Cache-Control": "no-store"})


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of answers with these statuses, for a route's `responses`."""
    return {status: {"model": Problem} for status in statuses}
