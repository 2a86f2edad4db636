"""What stands before every request: only this machine's own pages may ask, and no answer may be misused.

A server on loopback without log-in can be reached by any page that a browser has open. So the Host must
be a name of this machine (against DNS rebinding), and what changes something must come from our own pages
(the Origin must be ours) and not be a form (a content type that other sites can only send after asking).
"""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TYPES = ("application/json", "application/octet-stream")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: refuses requests of others, adds the headers and the time that the server took."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                headers["Server-Timing"] = f"app;dur={(time.perf_counter() - begun) * 1000:.1f}"
            await send(message)

        status, problem = refused(scope["method"], Headers(scope=scope))
        if problem:
            await _refuse(send_with_headers, status, problem)
        else:
            await self.app(scope, receive, send_with_headers)


def refused(method: str, headers: Headers) -> tuple[int, str]:
    """The status and the sentence with which a request is refused; an empty sentence where it is served."""
    host = headers.get("host", "")
    if _name(host) not in _LOOPBACK:
        return 403, "This address is not served; open the page at the address that ctg review printed."
    if method not in _CHANGING:
        return 200, ""
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return 403, "Another site asked for this, so it was not done."
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _TYPES:
        return 415, "What was sent is neither JSON nor a file, so it was not taken."
    return 200, ""


def _name(host: str) -> str:
    """The name in a Host header, without its port; empty where it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _refuse(send: Send, status: int, problem: str) -> None:
    body = json.dumps({"problem": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
