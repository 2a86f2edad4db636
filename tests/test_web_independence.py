"""Coding blind, locking and settling, by keyboard in a real Chromium."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ctg_nlp.clock import utc_now
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.independence import give
from ctg_nlp.records import Answer, Purpose
from ctg_nlp.store.database import open_store

from .coder_window import FIRST, Window
from .desks import uid
from .review_server import CODER, ReviewServer

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_report_is_coded_blind_locked_and_its_disagreement_settled_by_keys(
    page: Page, window: Window, review_server: ReviewServer
) -> None:
    home, report_id = review_server.reviewed.home, review_server.reviewed.ids[FIRST]
    store = open_store(home.database)
    try:
        give(store, [report_id], CODER, Purpose.DOUBLE, now=utc_now(), who="lead")
        other = Desk(home, store, "ben", utc_now)
        other.do(report_id, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, note="said by ben"))
        page.goto("/")
        assert page.locator("h2").first.inner_text().startswith("First, without suggestions")
        window.press("Enter")
        page.locator("#card-label").wait_for()
        assert "said by ben" not in page.content() and page.locator(".mark").count() == 0
        mine = replace(other, coder=CODER)
        for dimension in home.framework.stage(
            "map"
        ):  # all but the last by the desk: keys are tried elsewhere
            value = Doing(uid(), dimension.id, None, Answer.VALUE, None)
            mine.do(report_id, Doing(uid(), dimension.id) if dimension.coded else value)
        page.reload()
        page.locator("#card-label").wait_for()
        window.press("l")
        page.locator("#refused-do").wait_for()
        with page.expect_navigation():
            window.press("Enter")
        page.locator("#card-label").wait_for()
        assert "locked on" in page.locator("#report-facts").inner_text()
        page.goto("/adjudicate")
        window.press("j", "1", "p")
        page.locator(".dispute .notice.is-good").wait_for()
        assert "Settled: present" in page.locator(".dispute").inner_text()
        page.goto("/worklist")
        assert "guideline gap" in page.locator("table").inner_text()
    finally:
        store.close()
