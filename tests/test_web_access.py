"""The pages without a mouse, in light and dark, wide and narrow: axe finds no serious obstacle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .coder_window import FIRST, Window
from .review_home import CODED
from .review_server import ReviewServer, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Page


PAGES = (
    "queue",
    "queue of a code",
    "report",
    "report coded by another",
    "search",
    "submit",
    "progress",
    "agreement",
    "adjudicate",
    "worklist",
    "other",
    "training",
    "nothing",
)


def _address(which: str, server: ReviewServer) -> str:
    return {
        "queue": "/",
        "queue of a code": "/?by=code&code=characteristics.high_fsm",
        "report": server.report(FIRST),
        "report coded by another": server.report(CODED[0]),
        "search": "/search?q=pupils",
        "submit": "/submit",
        "progress": "/progress",
        "agreement": "/agreement",
        "adjudicate": "/adjudicate",
        "worklist": "/worklist",
        "other": "/other",
        "training": "/training",
        "nothing": "/reports/none",
    }[which]


@pytest.mark.parametrize("which", PAGES)
def test_no_page_has_a_serious_obstacle_in_light_or_dark_wide_or_narrow(
    page: Page, review_server: ReviewServer, watched: Watched, which: str
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-playwright-python"
    ).Axe()
    found = []
    for width in (1400, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(_address(which, review_server))
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"at {width} pixels the page is {wide} wider than the window"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {line}" for line in _obstacles(axe.run(page).response)]
    window = Window(page, review_server, FIRST)
    if which == "report":
        page.locator("#card-label").wait_for()  # until then the page has no keys of its own
    for key in ("?", "c", "m") if which == "report" else ("?",):
        window.press(key)
        page.locator("dialog[open]").wait_for()
        found += [f"dialog {key} {line}" for line in _obstacles(axe.run(page).response)]
        window.press("Escape")
        page.locator("dialog[open]").wait_for(state="hidden")  # a key pressed before is the dialog's
    assert found == []
    watched.forget(404 if which == "nothing" else 0)


def _obstacles(response: dict[str, Any]) -> list[str]:
    serious = [v for v in response["violations"] if v["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {n['html'][:160]} {n['any'][:1]}" for v in serious for n in v["nodes"][:3]]


def test_in_a_narrow_window_the_keys_do_the_same_and_the_answers_stay_in_view(
    page: Page, window: Window
) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    window.open("characteristics", "high_fsm")
    box = page.locator("#answers").bounding_box()
    assert box and box["y"] >= 0 and box["y"] + box["height"] <= 800
    window.press("p", "d").saved()
    assert None not in window.answers("characteristics").values()
