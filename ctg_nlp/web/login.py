"""Logging in and out, and changing one's password: forms that work without JavaScript."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Annotated
from urllib.parse import parse_qsl

import anyio
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ctg_nlp.desk import Desk
from ctg_nlp.errors import PeopleError
from ctg_nlp.passwords import SHORTEST
from ctg_nlp.people import change_password, log_in, log_out, same_name
from ctg_nlp.web.access import Asking, visitor_of
from ctg_nlp.web.guard import Serving
from ctg_nlp.web.rendering import Templates
from ctg_nlp.web.sessions import drop_cookie, local_address, set_cookie, token_in
from ctg_nlp.web.throttle import Throttle

WRONG = "This name and password do not belong together."
_FIELDS = 10
_AT_ONCE = 2  # each check of a password takes 64 MB


async def sent_form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises `PeopleError` for what is none."""
    try:
        said = (await request.body()).decode("utf-8")
        return dict(parse_qsl(said, keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"))
    except ValueError as error:
        raise PeopleError("The form did not arrive as it was made. Load the page again.") from error


SentForm = Annotated[dict[str, str], Depends(sent_form)]


class _Door:
    """Checks passwords, a few at a time and not for those who guess."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.throttle = Throttle(time.monotonic)
        self._turns = anyio.CapacityLimiter(_AT_ONCE)

    async def enter(self, name: str, password: str, address: str) -> str:
        """The token of a new session. Raises `_Wait`, and `PeopleError` where it is not the password."""
        self.knock(name, address)
        check = partial(log_in, self.desk.store, name, password, now=self.desk.clock(), address=address)
        found = await anyio.to_thread.run_sync(check, limiter=self._turns)
        if found is None:
            raise PeopleError(WRONG)
        self.throttle.right(name, address)
        return found[1]

    async def change(self, name: str, old: str, new: str, address: str) -> None:
        """Change a password. Raises as `enter` does."""
        self.knock(name, address)
        change = partial(change_password, self.desk.store, name, old, new, now=self.desk.clock())
        await anyio.to_thread.run_sync(change, limiter=self._turns)
        self.throttle.right(name, address)

    def knock(self, name: str, address: str) -> None:
        """Count a try. Raises `_Wait` where it comes too early."""
        wait = self.throttle.begin(name, address)
        if wait:
            raise _Wait(math.ceil(wait))


class _Wait(PeopleError):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many tries. The next is possible in {seconds} seconds.")
        self.seconds = seconds


def router(desk: Desk, templates: Templates, serving: Serving) -> APIRouter:
    """The routes of log-in, log-out and password."""
    routes = APIRouter(tags=["people"], default_response_class=HTMLResponse)
    door = _Door(desk)

    @routes.get("/login")
    def login_page(
        request: Request, onward: Annotated[str, Query(alias="next", max_length=4000)] = ""
    ) -> Response:
        """Where one logs in; where nobody needs to, on to the first page."""
        if getattr(request.state, "visitor", None) is not None:
            return RedirectResponse(local_address(onward), 303)
        return templates.page(request, "login.html", "", next=local_address(onward), problem="", name="")

    @routes.post("/login")
    async def login(request: Request, sent: SentForm) -> Response:
        """Log in: a new session, whatever the browser had before."""
        name, onward = same_name(sent.get("name", "")), local_address(sent.get("next", ""))
        try:
            token = await door.enter(name, sent.get("password", ""), _address(request))
        except PeopleError as error:
            return _again(templates, request, "login.html", error, next=onward, name=name)
        before = token_in(request.headers, serving)
        if before:
            await anyio.to_thread.run_sync(partial(log_out, desk.store, before, now=desk.clock()))
        answer = RedirectResponse(onward, 303)  # "/" sends an administrator on to the page of users
        set_cookie(answer, serving, token)
        return answer

    @routes.post("/logout")
    def logout(request: Request) -> Response:
        """Log out."""
        log_out(desk.store, token_in(request.headers, serving), now=desk.clock())
        answer = RedirectResponse("/login", 303)
        drop_cookie(answer, serving)
        return answer

    _password(routes, templates, serving, door)
    return routes


def _password(routes: APIRouter, templates: Templates, serving: Serving, door: _Door) -> None:
    """Add the routes of one's password."""

    @routes.get("/password")
    def password_page(request: Request, asking: Asking) -> Response:
        """Where one's password is changed."""
        return templates.page(request, "password.html", "", problem="", shortest=SHORTEST)

    @routes.post("/password")
    async def password(request: Request, sent: SentForm) -> Response:
        """Change one's password; all sessions end but a new one here."""
        name, new = visitor_of(request).user.name, sent.get("new", "")
        try:
            if not visitor_of(request).session:
                raise PeopleError("This project has no users, so there is no password to change.")
            if new != sent.get("again", ""):
                raise PeopleError("The new password was not written twice the same.")
            await door.change(name, sent.get("old", ""), new, _address(request))
            token = await door.enter(name, new, _address(request))
        except PeopleError as error:
            return _again(templates, request, "password.html", error)
        answer = RedirectResponse("/", 303)
        set_cookie(answer, serving, token)
        return answer


def _again(
    templates: Templates, request: Request, template: str, error: PeopleError, **context: str
) -> Response:
    """The form once more, with what was wrong."""
    status = 429 if isinstance(error, _Wait) else 401 if template == "login.html" else 422
    said = {**context, "problem": str(error), "shortest": SHORTEST}
    page = templates.page(request, template, "", status, **said)
    if isinstance(error, _Wait):
        page.headers["Retry-After"] = str(error.seconds)
    return page


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
