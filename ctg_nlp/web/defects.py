"""What becomes of errors that nobody foresaw: an answer and a line in the log, both without text of reports.

Left to the server, it would log the error's message and its trace, and a message can quote a report.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ctg_nlp.logbook import Note

_LOG = logging.getLogger("ctg_nlp.web")


class Defects:
    """ASGI middleware: answers such an error with `answer`, and logs its type, its place and the route."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Response], note: Note) -> None:
        self.app, self._answer, self._note = app, answer, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            route = getattr(scope.get("route"), "path", "?")  # its pattern: the address may hold a search
            self._note("request failed", method=scope["method"], route=route, error=error, place=error)
            _LOG.error("%s at %s in %s %s", type(error).__name__, _place(error), scope["method"], route)
            if not begun:  # else the server ends the connection, as what was sent is not whole
                await self._answer(Request(scope), error)(scope, receive, send)


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else "?"
