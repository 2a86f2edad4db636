"""The page of users, for administrators: add them, change roles and passwords, deactivate them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ctg_nlp.desk import Desk
from ctg_nlp.errors import PeopleError
from ctg_nlp.passwords import SHORTEST
from ctg_nlp.people import add_user, same_name, set_active, set_password, set_role
from ctg_nlp.records import Role
from ctg_nlp.store.people import users
from ctg_nlp.web.access import visitor_of
from ctg_nlp.web.login import SentForm
from ctg_nlp.web.rendering import Templates


def router(desk: Desk, templates: Templates) -> APIRouter:
    """The routes of the page of users."""
    routes = APIRouter(tags=["people"], default_response_class=HTMLResponse)

    def page(request: Request, status: int = 200, problem: str = "") -> Response:
        with desk.store.reading() as db:
            known = users(db)
        return templates.page(
            request, "people.html", "people", status,
            users=known, roles=[str(r) for r in Role], problem=problem, shortest=SHORTEST,
        )  # fmt: skip

    @routes.get("/people")
    def people(request: Request) -> Response:
        """All users."""
        return page(request)

    @routes.post("/people")
    def change(request: Request, sent: SentForm) -> Response:
        """Add or change one."""
        who = visitor_of(request).user.name
        try:
            _done(desk, who, sent)
        except PeopleError as error:
            return page(request, 422, str(error))
        return RedirectResponse("/people", 303)

    return routes


def _done(desk: Desk, who: str, sent: Mapping[str, str]) -> None:
    """Do what a form asks for. Raises `PeopleError`."""
    store, now, name = desk.store, desk.clock(), same_name(sent.get("name", ""))
    acts: Mapping[str, Callable[[], object]] = {
        "add": lambda: add_user(store, name, _role(sent), _password(sent), now=now, who=who),
        "password": lambda: set_password(store, name, _password(sent), now=now, who=who),
        "role": lambda: set_role(store, name, _role(sent), now=now, who=who),
        "activate": lambda: set_active(store, name, True, now=now, who=who),
        "deactivate": lambda: set_active(store, name, False, now=now, who=who),
    }
    act = acts.get(sent.get("do", ""))
    if act is None:
        raise PeopleError("The form did not say what to do. Load the page again.")
    if name == who and sent["do"] != "add":
        raise PeopleError("Your own account is changed by another administrator, or by the command line.")
    act()


def _role(sent: Mapping[str, str]) -> Role:
    try:
        return Role(sent.get("role", ""))
    except ValueError as error:
        raise PeopleError(f"A role is one of: {', '.join(Role)}.") from error


def _password(sent: Mapping[str, str]) -> str:
    if sent.get("password", "") != sent.get("again", ""):
        raise PeopleError("The password was not written twice the same.")
    return sent.get("password", "")
