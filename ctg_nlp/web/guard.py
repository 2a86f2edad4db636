"""What stands before every request: only our own pages may ask, and no answer may be misused.

Any page that a browser has open can send requests to this server. So the Host must be a name that is served
(against DNS rebinding), and what changes something must come from our own pages: the Origin must be ours, and
the content type one that other sites can only send after asking. The few forms that work without JavaScript
(log-in, log-out, password, people) are the exception, and for them the Origin must be told.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ctg_nlp.web.problems import problem_at

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FILE = "application/octet-stream"
_UPLOADS = "/api/submissions/"  # have their own limit, see `uploads`
_TYPES = ("application/json", _FILE)
_FORM = "application/x-www-form-urlencoded"
FORMS = frozenset({"/login", "/logout", "/password", "/people"})
MOST_SENT = 1 << 20
"""Bytes of JSON or of a form."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser would not tell the Origin of a form
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server is reached: under which names (without ports), and whether over TLS."""

    hosts: frozenset[str] = LOOPBACK
    secure: bool = False

    def origin(self, host: str) -> str:
        """The origin of our own pages, for the Host that a browser sent."""
        return f"{'https' if self.secure else 'http'}://{host}"

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if self.secure else {})


class Guard:
    """ASGI middleware: refuses requests of others, adds the headers and the time that the server took."""

    def __init__(self, app: ASGIApp, serving: Serving | None = None) -> None:
        self.app, self.serving = app, serving or Serving()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.serving.headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                headers["Server-Timing"] = f"app;dur={(time.perf_counter() - begun) * 1000:.1f}"
            await send(message)

        problem = refused(scope["method"], Headers(scope=scope), scope["path"], self.serving)
        if problem:
            await problem_at(scope["path"], *problem)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)


def refused(
    method: str, headers: Headers, path: str = "", serving: Serving | None = None
) -> tuple[int, str] | None:
    """The status and the reason in a sentence why a request is not served, or None where it is."""
    serving = serving or Serving()
    host = headers.get("host", "")
    if _name(host) not in serving.hosts:
        return 403, "This address is not served; open the page at the address that ctg review printed."
    if method not in _CHANGING:
        return None
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    form = kind == _FORM and path in FORMS
    origin = headers.get("origin")
    if origin != serving.origin(host) and (form or origin is not None):
        return 403, "Another site asked for this, so it was not done."
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return 403, "Another site asked for this, so it was not done."
    if not form and kind not in _TYPES:
        return 415, "What was sent is neither JSON nor a file, so it was not taken."
    is_upload = kind == _FILE and path.startswith(_UPLOADS)
    return None if is_upload else _too_much(headers)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _too_much(headers: Headers) -> tuple[int, str] | None:
    said = headers.get("content-length", "")
    if not said.isdecimal():
        return 411, "The length of what was sent is missing, so it was not taken."
    if int(said) > MOST_SENT:
        return 413, "What was sent is larger than any answer, so it was not taken."
    return None
