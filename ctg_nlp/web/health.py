"""Whether the server lives, whether it can work, and its figures for programs that watch it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio.to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from ctg_nlp.desk import Desk
from ctg_nlp.errors import StoreError
from ctg_nlp.store.database import is_current
from ctg_nlp.web.metrics import MEDIA, Meter
from ctg_nlp.web.problems import problems

LIVES = frozenset({"/healthz", "/healthz/ready"})
"""Answered whoever asks, and also where the database does not answer."""
METRICS = "/metrics"
OK = "ok"
_LEAST_BYTES = 100_000_000
_WAIT_SECONDS, _KEPT_SECONDS = 5.0, 2.0


def router(desk: Desk, meter: Meter) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["watching"])
    looks = Looks(partial(checks, desk), time.monotonic)

    @routes.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> Response:
        """Whether the server lives; tells nothing else."""
        return PlainTextResponse(OK)

    not_ready: dict[int | str, dict[str, Any]] = {503: {"description": "What is wrong, in a word each"}}

    @routes.get("/healthz/ready", response_class=JSONResponse, responses=not_ready)
    async def ready() -> Response:
        """Whether it can work: 200, or 503 with what is wrong, in a word each."""
        found = await looks.now()
        well = all(said == OK for said in found.values())
        return JSONResponse({"ready": well, **found}, 200 if well else 503)

    @routes.get(METRICS, response_class=Response, responses=problems(401, 403, 429, 503))
    def metrics() -> Response:
        """Figures in the text format of Prometheus."""
        return Response(meter.text(), media_type=MEDIA)

    return routes


def checks(desk: Desk) -> dict[str, str]:
    """What must be well, each with `ok` or what is wrong, in a word."""
    return {**_store(desk), "disk": _disk(desk)}


def _store(desk: Desk) -> dict[str, str]:
    try:
        return {"store": OK, "schema": OK if is_current(desk.store) else "another"}
    except StoreError:
        return {"store": "away", "schema": "unknown"}


def _disk(desk: Desk) -> str:
    try:
        return OK if shutil.disk_usage(desk.home.root).free >= _LEAST_BYTES else "full"
    except OSError:
        return "away"


class Looks:
    """Looks at most every two seconds, however many ask, and waits no longer than five for an answer."""

    def __init__(self, look: Callable[[], dict[str, str]], clock: Callable[[], float]) -> None:
        self._look, self._clock = look, clock
        self._found: dict[str, str] = {}
        self._until, self._turn = 0.0, asyncio.Lock()

    async def now(self) -> dict[str, str]:
        """What was found now, or a moment ago."""
        async with self._turn:
            if not self._found or self._clock() >= self._until:
                found = {"store": "silent"}
                with anyio.move_on_after(_WAIT_SECONDS):
                    found = await anyio.to_thread.run_sync(self._look, abandon_on_cancel=True)
                self._found, self._until = found, self._clock() + _KEPT_SECONDS
            return self._found
