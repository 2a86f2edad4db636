"""Logging in as people do: a real browser, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ctg_nlp.clock import utc_now
from ctg_nlp.people import add_user, set_active
from ctg_nlp.records import Role
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store

from .review_home import UNCODED
from .team import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from .review_server import ReviewServer, Watched

OWN = "seven quiet otters"


@pytest.fixture
def users(review_server: ReviewServer) -> Iterator[Store]:
    """The server's store, with a coder and an administrator who know their passwords."""
    store = open_store(review_server.reviewed.home.database)
    for name, role in (("ada", Role.CODER), ("dan", Role.ADMINISTRATOR)):
        add_user(store, name, role, PASSWORD, now=utc_now(), who="lead", must_change=name == "ada")
    yield store
    store.close()


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_coder_logs_in_chooses_a_password_codes_and_logs_out(
    users: Store, page: Page, review_server: ReviewServer, watched: Watched
) -> None:
    page.goto(review_server.report(UNCODED[0]))
    log_in(page, "ada", "not the password")
    assert "do not belong together" in page.get_by_role("alert").inner_text()
    watched.forget(401)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(OWN)
    page.get_by_label("New password once more").fill(OWN)
    page.get_by_role("button", name="Change it").click()
    page.goto(review_server.report(UNCODED[0]))
    page.locator("#saving").wait_for()
    page.keyboard.press("p")
    page.get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    with users.reading() as db:
        done = [(e.who, e.what) for e in entries(db)][2:]
    assert (
        ("ada", "failed log-in") in done and ("ada", "password set") in done and ("ada", "decision") in done
    )
    assert done[-1] == ("ada", "log-out")


def test_what_was_not_saved_when_the_session_ended_is_sent_after_the_next_log_in(
    users: Store, page: Page, review_server: ReviewServer, watched: Watched
) -> None:
    page.goto(review_server.report(UNCODED[0]))
    with users.transaction() as db:
        from sqlalchemy import text

        db.execute(text("UPDATE person SET must_change = false"))
    log_in(page, "ada")
    page.wait_for_url("**/reports/**")
    page.locator("#saving").wait_for()
    set_active(users, "ada", False, now=utc_now(), who="lead")  # ends her sessions
    set_active(users, "ada", True, now=utc_now(), who="lead")
    page.keyboard.press("p")
    page.locator("#saving[data-status=failing]").wait_for()
    other = page.context.new_page()
    other.goto(f"{review_server.url}/")
    log_in(other, "ada")
    page.get_by_text("Saved", exact=True).wait_for(timeout=20_000)
    watched.forget(401)
    with users.reading() as db:
        assert [e.who for e in entries(db, what="decision")] == ["ada"]


def test_an_administrator_adds_a_user_without_javascript(
    users: Store, chromium: Browser, review_server: ReviewServer
) -> None:
    context = chromium.new_context(base_url=review_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    log_in(page, "dan")
    page.goto("/people")
    added = page.locator("section form")
    added.get_by_label("Name").fill("fay")
    added.get_by_label("Password").fill(PASSWORD)
    added.get_by_label("Once more").fill(PASSWORD)
    added.get_by_role("button", name="Add").click()
    page.get_by_role("rowheader", name="fay").wait_for(timeout=20_000)
    page.get_by_role("button", name="Log out").click()
    assert page.url.endswith("/login")
    context.close()
