"""A coder's window on one report, and what the server holds of it: what the browser tests speak in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from .review_home import UNCODED
from .review_server import ReviewServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

FIRST = UNCODED[0]
SECONDS = 8.0


def until(page: Page, holds: Callable[[], Any], what: str) -> Any:
    """Wait until something holds, and return what it came to."""
    end = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < end, f"still not so after {SECONDS:.0f} s: {what}"
        page.wait_for_timeout(40)
    return found


def arrived(page: Page, selector: str) -> None:
    """Wait until a page stands and its scripts hear keys."""
    page.locator(selector).first.wait_for()
    page.wait_for_load_state("load")


class Window:
    """A coder's window on one report, and what the server holds of it."""

    def __init__(self, page: Page, server: ReviewServer, name: str) -> None:
        self.page = page
        self.server = server
        self.api = f"{server.url}/api/reports/{server.reviewed.ids[name]}"
        self.address = server.report(name)

    def open(self, dimension: str = "", code: str = "") -> Window:
        """Open the report's page, at a code where one is named."""
        place = f"#d={dimension}&c={code}" if dimension else ""
        self.page.goto(
            "about:blank"
        )  # or the browser would only jump where the address differs by its fragment
        self.page.goto(self.address + place)
        self.page.locator("#card-label").wait_for()
        return self

    def press(self, *keys: str) -> Window:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, words: str) -> Window:
        """Type words into what has the focus."""
        self.page.keyboard.type(words)
        return self

    def saved(self) -> Window:
        """Wait until all is acknowledged."""
        self.page.locator("#saving[data-status=saved]").wait_for()
        return self

    def state(self) -> dict[str, Any]:
        """The report as the server holds it."""
        return self.page.request.get(self.api).json()

    def dimension(self, name: str) -> dict[str, Any]:
        """One dimension of it."""
        return next(d for d in self.state()["dimensions"] if d["id"] == name)

    def code(self, dimension: str, code: str) -> dict[str, Any]:
        """One code of it."""
        return next(c for c in self.dimension(dimension)["codes"] if c["id"] == code)

    def answers(self, dimension: str) -> dict[str, str | None]:
        """What this coder answered in a dimension."""
        return {c["id"]: c["answer"] for c in self.dimension(dimension)["codes"]}

    def shown(self) -> dict[str, str | None]:
        """The same as the screen shows it, of the dimension in view: the sign beside each code."""
        signs = {"✓": "present", "–": "absent", "?": "unsure", "○": None}
        lines = self.page.locator("#frame .code-button")
        found = lines.evaluate_all("all => all.map(b => [b.id, b.querySelector('.code-sign').textContent])")
        return {name.split("-", 2)[2]: signs[sign] for name, sign in found}

    def text(self, number: int) -> str:
        """The text of one page."""
        return self.page.request.get(f"{self.api}/pages/{number}").json()["text"]

    def label(self) -> str:
        """The name of the code in view."""
        return self.page.locator("#card-label span").first.inner_text()


@pytest.fixture
def window(page: Page, review_server: ReviewServer) -> Window:
    """The window of a coder before a report that nobody has coded."""
    return Window(page, review_server, FIRST)
