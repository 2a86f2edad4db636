"""What a coder loses when something fails, or a report means ill: nothing."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .coder_window import FIRST, Window, until
from .review_home import HOSTILE
from .review_server import CODER, ReviewServer, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_decisions_outlive_a_server_that_is_killed_and_arrive_once(
    page: Page, window: Window, review_server: ReviewServer, watched: Watched
) -> None:
    review_server.stop()
    with served(review_server) as server:
        window.open("characteristics", "high_fsm")
        page.locator("#sheets .words span").first.wait_for()
        window.press("p").saved()
        server.kill()
        server.wait()
        window.press("a", "u")
        page.locator("#saving[data-status=failing]").wait_for()
    with served(review_server):
        page.locator("#saving[data-status=saved]").wait_for(timeout=30_000)
        answers = list(window.answers("characteristics").items())
        at = answers.index(("high_fsm", "present"))
        assert [said for _, said in answers[at : at + 3]] == ["present", "absent", "unsure"]
        assert undo_all(window) == 3


@contextmanager
def served(server: ReviewServer) -> Iterator[subprocess.Popen[bytes]]:
    """`ctg review` on the port of a server that was stopped, as a process of its own."""
    home, port = str(server.reviewed.root), str(server.port)
    command = ["--home", home, "review", "--port", port, "--coder", CODER, "--no-browser"]
    program = "from ctg_nlp.cli.main import main; main()"
    with subprocess.Popen([sys.executable, "-c", program, *command], stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        while not _answers(server.port):
            assert process.poll() is None and time.monotonic() < end, "ctg review did not start"
            time.sleep(0.05)
        yield process
        process.kill()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def undo_all(window: Window) -> int:
    """Undo all that can be undone on the report; returns how many acts those were."""
    undone = 0
    while last := window.state()["undo"]:
        assert window.page.request.post(f"{window.api}/undo", data={"act_id": last["act_id"]}).status == 200
        undone += 1
    return undone


def test_an_answer_that_was_lost_on_its_way_back_is_not_given_twice(
    page: Page, window: Window, watched: Watched
) -> None:
    window.open("characteristics", "high_fsm")
    sent = []

    def lose_the_first(route: Any) -> None:
        sent.append(route.request.post_data_json["act_id"])
        if len(sent) > 1:
            route.continue_()
            return
        route.fetch()  # the server took it; the page never hears so
        route.fulfill(status=503, json={"problem": "lost on its way"})

    page.route("**/acts", lose_the_first)
    window.press("p")
    until(page, lambda: len(sent) == 2, "it is sent again")
    window.saved()
    assert sent[0] == sent[1]
    assert undo_all(window) == 1
    watched.forget(503)


def test_a_second_window_that_knows_less_takes_nothing_away(
    page: Page, window: Window, review_server: ReviewServer, watched: Watched
) -> None:
    stale = Window(page.context.new_page(), review_server, FIRST).open("characteristics", "none")
    stale.page.locator("#go-on").uncheck()
    window.open("characteristics", "high_fsm").press("p").saved()
    stale.press("p")
    stale.page.locator("#refused[open]").wait_for()
    stale.press("Escape").saved()
    stale.press("d").saved()
    answers = until(page, lambda: _all_answered(window), "the rest is absent")
    assert {code for code, answer in answers.items() if answer == "present"} == {"high_fsm"}
    assert stale.shown() == window.answers("characteristics")
    watched.forget(409)


def _all_answered(window: Window) -> dict[str, str | None]:
    answers = window.answers("characteristics")
    return {} if None in answers.values() else answers


def test_what_is_not_saved_yet_is_not_left_behind_unasked(
    page: Page, window: Window, review_server: ReviewServer, watched: Watched
) -> None:
    window.open("characteristics", "high_fsm")
    review_server.stop()
    window.press("p")
    page.locator("#saving[data-status=failing]").wait_for()
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    watched.complaints.clear()
    watched.forget(500)  # pictures that were being drawn when the server was stopped


def test_mark_up_in_a_report_is_only_ever_text(page: Page, review_server: ReviewServer) -> None:
    window = Window(page, review_server, HOSTILE)
    page.add_init_script("window.hacked = undefined")
    for address in ("/?state=all", "/?by=code&code=characteristics.high_fsm", "/submit", "/progress"):
        page.goto(address)
        _shows_only_text(page, address)
    for words in ("meals", "script", "onerror", '"><svg'):
        page.goto("/search")
        window.press("/").type(words).press("Enter")
        page.wait_for_load_state("networkidle")
        _shows_only_text(page, words)
    window.open("characteristics", "high_fsm").press("p").saved()
    for dimension in window.open().state()["dimensions"]:
        window.press("Shift+J")
        _shows_only_text(page, dimension["id"])
    window.open("characteristics", "high_fsm").press("t").type("<img src=x onerror=window.hacked=1>").press(
        "Escape"
    )
    window.saved()
    page.locator("#sheets .words span").first.wait_for()
    for key, finish in (("m", "Control+Enter"), ("i", "Enter")):
        window.press("ArrowRight")
        page.locator(".mark.is-cursor").first.wait_for()
        window.press(key)
        page.locator("#memo[open]").wait_for()
        window.type(f"<script>window.hacked=1</script><img src=x onerror=window.hacked=1>{key}").press(
            finish
        ).saved()
    window.open("characteristics", "high_fsm").press("c").type("<img")
    page.wait_for_timeout(200)
    _shows_only_text(page, "memos and the list of codes")
    window.press("Escape")
    page.goto("/")
    _shows_only_text(page, "the report one was last at")


def _shows_only_text(page: Page, where: str) -> None:
    assert page.evaluate("window.hacked") is None, where
    strange = "img[onerror], svg[onload], img[src='x'], main script, dialog script, body script:not([src])"
    assert page.locator(strange).count() == 0, where


def test_a_report_whose_pictures_cannot_be_drawn_is_coded_on_its_text(
    page: Page, window: Window, review_server: ReviewServer, watched: Watched
) -> None:
    (review_server.reviewed.home.raw / FIRST).unlink()
    window.open("outcomes")
    page.locator(".sheet.is-plain .plain p").first.wait_for()
    window.press("ArrowRight")
    page.locator(".mark.is-cursor").first.wait_for()
    window.press("s").saved()
    code = window.dimension("outcomes")["codes"][0]["id"]
    kept = until(page, lambda: window.code("outcomes", code)["evidence"], "evidence is stored")
    number, start, end = kept[0]["spans"][0]
    assert window.text(number)[start:end] == kept[0]["quote"]
    watched.forget(404)
