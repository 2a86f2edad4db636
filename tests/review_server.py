"""The review page as a coder has it: a real server on loopback and a real Chromium.

The fixtures are used by name; `conftest` imports them. Playwright's browser lives for one module only, since
its event loop would stand in the way of others in the same thread.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .review_home import ReviewHome, make_review_home

if TYPE_CHECKING:
    import uvicorn
    from playwright.sync_api import Browser, BrowserContext, Page, Response

    from ctg_nlp.store.database import Store

CODER = "ada"
_START_SECONDS = 15.0


@pytest.fixture(scope="session")
def reports_read(tmp_path_factory: pytest.TempPathFactory) -> ReviewHome:
    """A home that was read once in this session; tests copy it."""
    return make_review_home(tmp_path_factory.mktemp("review") / "home")


@pytest.fixture
def review_home(reports_read: ReviewHome, tmp_path: Path) -> ReviewHome:
    """A home of this test's own."""
    return reports_read.copy_to(tmp_path / "home")


class ReviewServer:
    """The review page of one home, served from a thread; it can be stopped and started on the same port."""

    def __init__(self, reviewed: ReviewHome, coder: str = CODER) -> None:
        self.reviewed = reviewed
        self.coder = coder
        self.port = _free_port()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._store: Store | None = None

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def report(self, name: str, suffix: str = "") -> str:
        """The address of the page of a report, by the report's file name."""
        return f"{self.url}/reports/{self.reviewed.ids[name]}{suffix}"

    def start(self) -> None:
        """Serve; returns when requests are answered."""
        import uvicorn

        from ctg_nlp.clock import utc_now
        from ctg_nlp.desk import Desk
        from ctg_nlp.store.database import open_store
        from ctg_nlp.web.app import create_app

        home = self.reviewed.home
        self._store = open_store(home.database)
        app = create_app(Desk(home, self._store, self.coder, utc_now))
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.port,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + _START_SECONDS
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < until, "the review page did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop, and close what connections there are; nothing happens where it does not run."""
        if self._server is None or self._thread is None or self._store is None:
            return
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        self._store.close()
        self._server = self._thread = self._store = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def review_server(review_home: ReviewHome) -> Iterator[ReviewServer]:
    """A running review page of this test's own home."""
    server = ReviewServer(review_home)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium without a window; skips where there is none, or no Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (pip install playwright)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs Chromium (apt install chromium)")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=as_root)
        yield browser
        browser.close()


@dataclass  # not slotted: Playwright notes on it what it calls
class Watched:
    """What a browser did besides what was asked: requests, answers that tell an error, complaints."""

    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Note all of it from now on, for every page of the context."""
        context.on("request", lambda r: self.requests.append(r.url))
        context.on("response", self._note)
        context.on("console", lambda m: self._hear(m.type, m.text))
        context.on("weberror", lambda e: self.complaints.append(f"uncaught: {e.error}"))
        context.on("dialog", lambda d: (self.complaints.append(f"dialog: {d.message}"), d.accept()))

    def _note(self, response: Response) -> None:
        if response.status >= 400:
            self.failures.append(f"{response.status} {response.request.method} {response.url}")

    def _hear(self, kind: str, text: str) -> None:
        # What a request came to is noted with its address by `_note`; Chromium says it once more without.
        if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{kind}: {text}")

    def elsewhere(self, server: ReviewServer) -> list[str]:
        """The requests that did not go to the server."""
        own = (f"{server.url}/", "blob:", "data:")
        return [r for r in self.requests if not r.startswith(own)]

    def forget(self, status: int) -> None:
        """Leave out answers of a status that the test asked for."""
        self.failures = [f for f in self.failures if not f.startswith(f"{status} ")]


# A click does not reach a page before its scripts do: Playwright tries again, as a person would.
NO_CLICK_BEFORE_SCRIPTS = """
const held = new CSSStyleSheet();
held.replaceSync("* { pointer-events: none !important }");
document.adoptedStyleSheets.push(held);
addEventListener("DOMContentLoaded", () => {
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== held);
});
"""


def unhurried(context: BrowserContext) -> Page:
    """A new window in which no click and no key is lost on a page that is still being loaded."""
    context.set_default_timeout(20_000)  # a busy machine draws late
    context.add_init_script(NO_CLICK_BEFORE_SCRIPTS)
    page = context.new_page()
    press = page.keyboard.press

    def press_when_loaded(key: str, **how: float) -> None:
        page.wait_for_load_state("domcontentloaded")
        press(key, **how)

    page.keyboard.press = press_when_loaded  # type: ignore[method-assign]
    return page


@pytest.fixture
def watched() -> Watched:
    """What the browser of this test did besides."""
    return Watched()


@pytest.fixture
def page(chromium: Browser, review_server: ReviewServer, watched: Watched) -> Iterator[Page]:
    """A browser window on the review page; at the end nothing may have gone wrong or elsewhere in it."""
    context = chromium.new_context(base_url=review_server.url, viewport={"width": 1400, "height": 900})
    watched.watch(context)
    yield unhurried(context)
    context.close()
    assert watched.elsewhere(review_server) == []
    assert watched.complaints == []
    assert watched.failures == []
