"""Pictures of pages for the report page: drawn in child processes, kept on the disk, sent to the browser.

A PDF is hostile: pdfium never runs in this process, and a file that hangs or crashes it costs only its
own pictures. Drawing waits for one of two children in a thread; the event loop stays free for decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from ctg_nlp.desk import Desk
from ctg_nlp.errors import Refusal
from ctg_nlp.intake.sandbox import Limits, Reader, ReadingFailed
from ctg_nlp.records import Report
from ctg_nlp.report_file import NotShown, Passwords, ReportFiles, shown_report
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.web.picture_cache import PictureCache
from ctg_nlp.web.problems import problem, problems

WIDTHS = (900, 1400, 2000)
_CHILDREN = 2
_SECONDS = 20  # for one page; the slowest page of real reports takes two
_IDLE = 300  # seconds after which a child that nobody needed is ended: it holds 70 MB and a report
_FAILED_FOR = 600  # seconds in which what could not be drawn is not tried again
_MOST_FAILED = 10_000
_MOST_COSTLY = 3  # pages of one report; then its others are not tried either
T = TypeVar("T")
ReportId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
# A day, not a year: what is erased here must leave the browsers' caches soon too.
_KEEP = {"Cache-Control": "private, max-age=86400, immutable"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of which only the picture is known: `width` and `height` in points; no text was read on it."""

    number: int
    width: float
    height: float
    source: str = "none"


@dataclass(frozen=True, slots=True)
class Sheets:
    """All pages of a report."""

    pages: list[Sheet]


class _Failures:
    """What could not be drawn lately, so that a hostile file costs its time once and not at every look."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], tuple[float, str]] = {}
        self._costly: Counter[str] = Counter()

    def why(self, report_id: str, number: int) -> str:
        """Why a page is not to be tried, or empty."""
        since, why = self._pages.get((report_id, number), (0.0, ""))
        if why and time.monotonic() - since < _FAILED_FOR:
            return why
        if self._costly[report_id] >= _MOST_COSTLY:
            return "Several pages of this report took too long to draw: its pages are shown as text."
        return ""

    def note(self, report_id: str, number: int, why: str, *, costly: bool) -> None:
        """Remember that a page could not be drawn; `costly`: it took the time or the memory of the child."""
        if len(self._pages) >= _MOST_FAILED:
            self._pages.clear()
            self._costly.clear()
        self._pages[report_id, number] = (time.monotonic(), why)
        self._costly[report_id] += costly


class Pictures:
    """Makes and keeps the pictures of one project. Its methods block; threads may share it."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store = home, store
        self._files = ReportFiles(home, store)
        self.cache = PictureCache(home.pictures, home.pictures_mb)
        limits = Limits(seconds=_SECONDS, memory_mb=home.memory_mb)
        self._readers: queue.LifoQueue[Reader] = queue.LifoQueue()  # the last used has its report open
        self._all = tuple(Reader(limits) for _ in range(_CHILDREN))
        for reader in self._all:
            self._readers.put(reader)
        self._failures = _Failures()
        self._used = time.monotonic()

    def ready(self, report_id: str, number: int, width: int) -> bytes | None:
        """A picture that was made before, or None. Raises `NotShown` for a report that is not shown."""
        return self._cached(shown_report(self._store, report_id), number, width)

    def _cached(self, report: Report, number: int, width: int) -> bytes | None:
        made = self._files.converted(report)  # a Word file may have been converted again, and differently
        newer_than = made.stat().st_mtime if made else 0
        return self.cache.get(report.report_id, number, width, newer_than=newer_than)

    def make(self, report_id: str, number: int, width: int) -> bytes:
        """Draw a picture and keep it. Raises `NotShown` with the reason where that cannot be."""
        report = shown_report(self._store, report_id)
        content = self._cached(report, number, width)  # another request may have made it meanwhile
        if content is not None:
            return content
        if why := self._failures.why(report_id, number):
            raise NotShown(why)
        content = self._draw(report, number, width)
        with contextlib.suppress(OSError):  # a full disk costs the next viewer time, no more
            self.cache.put(report_id, number, width, content)
        self._still_shown(report_id)
        return content

    def sheets(self, report_id: str) -> list[Sheet]:
        """The pages of a report as its file has them. Raises `NotShown` where it cannot be opened."""
        report = shown_report(self._store, report_id)
        if why := self._failures.why(report_id, 0):
            raise NotShown(why)
        sizes = self._asked(report, 0, lambda reader, file, said: reader.sizes(file, passwords=said))
        return [Sheet(n, width, height) for n, (width, height) in enumerate(sizes, 1)]

    def _draw(self, report: Report, number: int, width: int) -> bytes:
        return self._asked(
            report, number, lambda reader, file, said: reader.picture(file, number, width, passwords=said)
        )

    def _asked(self, report: Report, number: int, ask: Callable[[Reader, FilePath, Passwords], T]) -> T:
        """What a child says of the report's file; page 0 stands for all of them."""
        file, passwords = self._files.find(report), self._files.passwords()
        reader = self._readers.get()
        try:
            return ask(reader, file, passwords)
        except (Refusal, ReadingFailed) as error:
            cause = f"{error.cause}. {error.advice}" if isinstance(error, Refusal) else str(error)
            what = f"Page {number} of {report.name}" if number else report.name
            why = f"{what} cannot be shown as a picture: {cause}"
            costly = isinstance(error, Refusal) and error.cause == "too costly"
            self._failures.note(report.report_id, number, why, costly=costly)
            raise NotShown(why) from error
        except (OSError, RuntimeError) as error:  # this computer is short of something; the file is not
            raise NotShown("The program that draws pages could not be started; try again.") from error
        finally:
            self._used = time.monotonic()
            self._readers.put(reader)

    def _still_shown(self, report_id: str) -> None:
        """A report erased while it was drawn must leave nothing behind."""
        try:
            shown_report(self._store, report_id)
        except NotShown:
            self.cache.drop(report_id)
            raise

    def rest(self, idle: float = _IDLE) -> None:
        """End the children where no picture was drawn for so many seconds; the next one starts them again."""
        free: list[Reader] = []
        with contextlib.suppress(queue.Empty):
            while time.monotonic() - self._used >= idle:
                free.append(self._readers.get_nowait())
                free[-1].close()
        for reader in free:
            self._readers.put(reader)

    def close(self) -> None:
        """End the children."""
        for reader in self._all:
            reader.close()


def at_least(width: int) -> int:
    """The least of the widths that are drawn which is not under this one, or the largest."""
    return next((w for w in WIDTHS if w >= width), WIDTHS[-1])


def router(desk: Desk) -> APIRouter:
    """The route of the pictures; its children are ended with the app."""
    pictures = Pictures(desk.home, desk.store)
    turns = asyncio.Semaphore(_CHILDREN)

    @contextlib.asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        resting = asyncio.create_task(_rest_when_idle(pictures))
        yield
        resting.cancel()
        await run_in_threadpool(pictures.close)

    routes = APIRouter(lifespan=lifespan)

    @routes.get(
        "/reports/{report_id}/pages/{number}/picture",
        response_class=Response,
        responses={200: {"content": {"image/webp": {}}}, 304: {}, **problems(404, 422, 503)},
    )
    async def picture(
        request: Request,
        report_id: ReportId,
        number: Annotated[int, Path(ge=1, le=100_000)],
        width: Annotated[int, Query(ge=1, le=10_000)] = WIDTHS[1],
    ) -> Response:
        """A page of a report as WebP, of the least width of 900, 1400 or 2000 pixels that is enough."""
        wanted = (report_id, number, at_least(width))
        try:
            content = await run_in_threadpool(pictures.ready, *wanted)
            if content is None:
                async with turns:
                    if await request.is_disconnected():  # scrolled past: others wait
                        return problem(503, "Nobody waits for it any more.")
                    content = await run_in_threadpool(pictures.make, *wanted)
        except NotShown as error:
            return problem(404, str(error))
        return _sent(request, content)

    @routes.get("/api/reports/{report_id}/sheets", response_model=Sheets, responses=problems(404, 422))
    async def sheets(report_id: ReportId) -> Sheets | JSONResponse:
        """The pages of a report on which no program could read any text: people may be able to."""
        try:
            async with turns:
                return Sheets(await run_in_threadpool(pictures.sheets, report_id))
        except NotShown as error:
            return problem(404, str(error))

    return routes


async def _rest_when_idle(pictures: Pictures) -> None:
    while True:
        await asyncio.sleep(_IDLE / 5)
        await run_in_threadpool(pictures.rest)


def _sent(request: Request, content: bytes) -> Response:
    tag = f'"{zlib.crc32(content):08x}-{len(content)}"'
    headers = {**_KEEP, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="image/webp", headers=headers)
