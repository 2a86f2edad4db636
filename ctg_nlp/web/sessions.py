"""Who asks: the cookie of a log-in or the token of a program, and what becomes of a request without."""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, unquote, urlencode

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.people import session_of
from ctg_nlp.records import Role, User
from ctg_nlp.store.people import any_users
from ctg_nlp.web.access import OPEN, Visitor
from ctg_nlp.web.guard import Serving
from ctg_nlp.web.health import LIVES, METRICS
from ctg_nlp.web.problems import for_programs, problem_at
from ctg_nlp.web.programs import NoEntry, Programs

USER_HEADER = "ctg-user"
"""Sent by our pages: for whom the page was made."""

_LOGGED_OUT = "You are not logged in any more. Log in in another tab: what is not saved yet is sent then."
_NO_TOKEN = "Send a token: Authorization: Bearer TOKEN. One is made with: ctg token make NAME"
_MUST_CHANGE = "Choose a password of your own first, at /password."
_OWN = frozenset({"/password", "/logout"})
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def cookie_name(serving: Serving) -> str:
    """The cookie's name; with the prefix a browser takes it only over TLS, from this very host."""
    return "__Host-ctg" if serving.secure else "ctg"


def set_cookie(response: Response, serving: Serving, token: str) -> None:
    """Give the browser a session; it forgets it when it is closed."""
    response.set_cookie(
        cookie_name(serving), token, path="/", secure=serving.secure, httponly=True, samesite="strict"
    )


def drop_cookie(response: Response, serving: Serving) -> None:
    """Take it back, and over TLS what the browser kept of pages too."""
    response.delete_cookie(
        cookie_name(serving), path="/", secure=serving.secure, httponly=True, samesite="strict"
    )
    response.headers["Clear-Site-Data"] = '"cache"'


def token_in(headers: Headers, serving: Serving) -> str:
    """The token that the browser sent, or empty."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie_name(serving))
    except CookieError:
        return ""
    return found.value if found else ""


def local_address(said: str) -> str:
    """Where to go after the log-in: an address of this server, else the first page."""
    at = said.split("?")[0].split("#")[0]
    if len(said) > 2000 or not _LOCAL.fullmatch(said) or at in OPEN | {"/logout"} or "/../" in f"{at}/":
        return "/"
    return said


class Sessions:
    """ASGI middleware: lets a request through with its `visitor` and `desk`, or asks for a log-in.

    As long as there are no users, all is done by the desk's own coder, as on one's own machine.
    """

    def __init__(self, app: ASGIApp, desk: Desk, serving: Serving) -> None:
        self.app, self._desk, self._serving = app, desk, serving
        self._users = False
        self._programs = Programs(desk)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        open_to_all = scope["type"] == "http" and scope["path"] in LIVES
        if scope["type"] != "http" or scope["path"].startswith("/static/") or open_to_all:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            visitor = await run_in_threadpool(self._asking, scope, headers)
        except NoEntry as error:
            answer = problem_at(scope["path"], error.status, str(error))
            if error.wait:
                answer.headers["Retry-After"] = str(error.wait)
            await answer(scope, receive, send)
            return
        except CtgError as error:
            await problem_at(scope["path"], 503, str(error))(scope, receive, send)
            return
        refused = _refused(scope, headers, visitor)
        if refused is not None:
            await refused(scope, receive, send)
            return
        if visitor is not None:
            scope.setdefault("state", {})["visitor"] = visitor
            scope["state"]["desk"] = self._desk_of(visitor)
        await self.app(scope, receive, send)

    def _desk_of(self, visitor: Visitor) -> Desk:
        if not visitor.session:
            return self._desk
        return self._desk.as_coder(visitor.user.name, restricted=visitor.user.role is Role.CODER)

    def _asking(self, scope: Scope, headers: Headers) -> Visitor | None:
        """Who asks. What opens the pages is the cookie alone; programs send a token, and read."""
        takes = for_programs(scope["path"]) or scope["path"] == METRICS
        if takes and "authorization" in headers:
            return self._programs.visitor(headers, (scope.get("client") or ("",))[0])
        return self._visitor(headers)

    def _visitor(self, headers: Headers) -> Visitor | None:
        if not self._users:  # users are never deleted: once there are some, that stays
            with self._desk.store.reading() as db:
                self._users = any_users(db)
        if not self._users:
            return Visitor(User(self._desk.coder, Role.LEAD))
        token = token_in(headers, self._serving)
        found = session_of(self._desk.store, token, self._desk.clock()) if token else None
        return Visitor(found.user, found.key) if found else None


def _refused(scope: Scope, headers: Headers, visitor: Visitor | None) -> Response | None:
    path = scope["path"]
    if path in OPEN or path == METRICS:  # the latter asks by itself who it is
        return None
    if visitor is None:
        if for_programs(path):
            return problem_at(path, 401, _NO_TOKEN)
        if _is_data(path):
            return problem_at(path, 401, _LOGGED_OUT)
        return RedirectResponse("/login" + _back(scope), 303)
    made_for = unquote(headers.get(USER_HEADER, ""))
    if made_for and made_for != visitor.user.name:
        said = f"This page was opened by {made_for}, and {visitor.user.name} is logged in now. Reload it."
        return problem_at(path, 403, f"{said} Nothing was stored.")
    if visitor.user.must_change and path not in _OWN:
        return problem_at(path, 403, _MUST_CHANGE) if _is_data(path) else RedirectResponse("/password", 303)
    return None


def _is_data(path: str) -> bool:
    return path.startswith("/api/") or path.endswith("/picture")


def _back(scope: Scope) -> str:
    if scope["method"] != "GET" or scope["path"] == "/":
        return ""
    query = scope.get("query_string", b"").decode("latin-1")
    return "?" + urlencode({"next": quote(scope["path"]) + (f"?{query}" if query else "")})
