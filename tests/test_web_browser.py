"""What a coder really does, by keyboard alone, in a real Chromium against a real server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .coder_window import Window, arrived, until
from .conftest import EXAMPLE
from .review_home import CODED, NOT_SENT, UNCODED
from .review_server import CODER, ReviewServer, Watched

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_the_queue_leads_to_its_first_report_and_on_to_the_next_by_keys_alone(
    page: Page, window: Window
) -> None:
    page.goto("/")
    first = page.locator("[data-list] tbody a").first.inner_text()
    window.press("Enter")
    page.locator("#card-label").wait_for()
    assert page.locator("#report-name").inner_text() == first
    window.press("n")
    page.wait_for_function("name => document.querySelector('#report-name')?.textContent !== name", arg=first)
    page.locator("#card-label").wait_for()
    window.press("q")
    arrived(page, "[data-list]")
    window.press("j", "j")
    second = page.locator("[data-list] tbody a").nth(1)
    assert second.evaluate("a => a === document.activeElement")
    name = second.inner_text()
    window.press("Enter")
    page.locator("#card-label").wait_for()
    assert page.locator("#report-name").inner_text() == name


def test_a_passage_is_shown_first_and_present_keeps_it_as_evidence(page: Page, window: Window) -> None:
    found = window.open().state()
    dimension, code = next(
        (d["id"], c["id"])
        for d in found["dimensions"]
        for c in d["codes"]
        if c["suggestion"] and c["suggestion"]["suggested"] and c["suggestion"]["evidence"]
    )
    window.open(dimension, code)
    quote = window.code(dimension, code)["suggestion"]["evidence"][0]["quote"]
    shown = page.locator("#card-passage blockquote").inner_text()
    assert " ".join(shown.split()) == " ".join(quote.split())
    passage, answers = page.locator("#card-passage").bounding_box(), page.locator("#answers").bounding_box()
    assert passage and answers and passage["y"] < answers["y"]
    page.locator(".mark.is-now").first.wait_for()
    window.press("p").saved()
    kept = window.code(dimension, code)
    assert kept["answer"] == "present" and kept["evidence"][0]["quote"] == quote


def test_present_absent_unsure_and_the_rest_absent_finish_a_dimension(window: Window) -> None:
    order = [c["id"] for c in window.open("stakeholders").dimension("stakeholders")["codes"]]
    window.open("stakeholders", order[0]).press("p", "a", "u", "d").saved()
    answers = window.answers("stakeholders")
    assert [answers[c] for c in order[:3]] == ["present", "absent", "unsure"]
    assert {answers[c] for c in order[3:]} == {"absent"}
    assert "d=stakeholders" not in window.page.url  # it went on to what is not decided
    window.open("stakeholders")
    assert window.shown() == answers
    assert window.dimension("stakeholders")["left"] == 1  # what is unsure is not decided


def test_a_code_that_stands_alone_is_refused_with_the_reason_and_done_when_asked(
    page: Page, window: Window, watched: Watched
) -> None:
    window.open("characteristics", "high_fsm").press("p").saved()
    window.open("characteristics", "none").press("p")
    page.locator("#refused[open]").wait_for()
    assert "stands alone" in page.locator("#refused-problem").inner_text()
    assert "absent" in page.locator("#refused-cure").inner_text()
    window.press("Escape").saved()
    assert window.answers("characteristics")["none"] is None
    assert window.answers("characteristics")["high_fsm"] == "present"
    window.press("p")
    page.locator("#refused[open]").wait_for()
    window.press("Enter").saved()
    until(page, lambda: window.answers("characteristics")["none"] == "present", "the cure is done")
    assert window.answers("characteristics")["high_fsm"] == "absent"
    watched.forget(409)


def test_evidence_is_added_and_taken_away_by_the_passage_cursor(page: Page, window: Window) -> None:
    window.open("outcomes")
    page.locator("#sheets .words span").first.wait_for()
    code = window.dimension("outcomes")["codes"][0]["id"]
    window.open("outcomes", code)
    page.locator("#sheets .words span").first.wait_for()
    window.press("ArrowRight")
    page.locator(".mark.is-cursor").first.wait_for()
    window.press("ArrowRight", "Shift+ArrowRight")
    page.wait_for_timeout(150)
    window.press("s").saved()
    kept = until(page, lambda: window.code("outcomes", code)["evidence"], "evidence is stored")
    assert window.code("outcomes", code)["answer"] == "present" and len(kept) == 1
    number, start, end = kept[0]["spans"][0]
    assert window.text(number)[start:end] == kept[0]["quote"] and "\n" in kept[0]["quote"].strip() + "\n"
    window.press("x").saved()
    until(page, lambda: not window.code("outcomes", code)["evidence"], "evidence is taken away")
    assert window.code("outcomes", code)["answer"] == "present"


def test_a_passage_gets_a_code_that_is_chosen_by_its_words(page: Page, window: Window) -> None:
    window.open("phase")
    page.locator("#sheets .words span").first.wait_for()
    window.press("ArrowRight")
    page.locator(".mark.is-cursor").first.wait_for()
    window.press("c")
    page.locator("#picker[open]").wait_for()
    window.type("teaching assistants")
    label = page.locator("#picker-list [aria-selected=true] span").first.inner_text()
    window.press("Enter").saved()
    chosen = [
        (d["id"], c)
        for d in window.state()["dimensions"]
        for c in d["codes"]
        if c["answer"] == "present" and c["evidence"]
    ]
    assert [c["label"] for _, c in chosen] == [label] and window.label() == label


def test_a_note_a_memo_and_a_new_code_are_kept_and_shown_again(page: Page, window: Window) -> None:
    window.open("characteristics", "high_fsm").press("t").type("told twice; z and p are letters here").press(
        "Escape"
    )
    window.press("p").saved()
    assert window.code("characteristics", "high_fsm")["note"] == "told twice; z and p are letters here"
    page.locator("#sheets .words span").first.wait_for()
    window.press("ArrowRight")
    page.locator(".mark.is-cursor").first.wait_for()
    window.press("m")
    page.locator("#memo[open]").wait_for()
    window.type("ask the school about this").press("Control+Enter").saved()
    memo = until(page, lambda: window.state()["memos"], "the memo is stored")[0]
    assert (
        memo["text"] == "ask the school about this"
        and memo["quote"] == window.text(1)[memo["start"] : memo["end"]]
    )
    window.open("characteristics", "high_sen").press("ArrowRight")
    page.locator(".mark.is-cursor").first.wait_for()
    window.press("i")
    page.locator("#memo[open]").wait_for()
    window.type("served by one bus").press("Enter").saved()
    until(page, lambda: len(window.state()["memos"]) == 2, "the new code is stored")
    other = window.code("characteristics", window.dimension("characteristics")["other"])
    assert other["answer"] == "present" and len(other["evidence"]) == 1
    window.open("characteristics", "high_fsm")
    assert page.locator("#note").input_value() == "told twice; z and p are letters here"
    for words in ("ask the school about this", "served by one bus"):
        assert page.get_by_text(words).count() >= 1


def test_a_value_is_typed_checked_taken_as_suggested_or_cannot_be_told(page: Page, window: Window) -> None:
    window.open("group_size").press("v").type("some")
    window.press("Enter")
    assert "whole number" in page.locator("#value-problem").inner_text()
    page.locator("#value").fill("")
    window.type("12").press("Enter").saved()
    assert window.dimension("group_size")["value"]["value"] == 12
    window.open("group_size").press("a").saved()
    value = window.dimension("group_size")["value"]
    assert (value["answer"], value["value"]) == ("value", None)


def test_undo_takes_back_act_by_act_and_leads_to_where_it_was_done(page: Page, window: Window) -> None:
    before = window.open("characteristics", "high_fsm").dimension("characteristics")
    window.press("p", "d").saved()
    assert None not in window.answers("characteristics").values()
    window.press("z").saved()
    until(page, lambda: window.answers("characteristics")["high_sen"] is None, "the rest is open again")
    assert window.answers("characteristics")["high_fsm"] == "present"
    window.press("z").saved()
    until(page, lambda: window.dimension("characteristics") == before, "all is as before")
    until(page, lambda: "c=high_fsm" in page.url, "the code is in view again")
    assert page.locator("#undo").is_disabled()


def test_keys_are_told_by_a_question_mark_and_can_be_turned_off(page: Page, window: Window) -> None:
    for address in ("/", "/search", "/progress", window.address):
        page.goto(address)
        page.locator("#keys-open").wait_for()
        page.wait_for_load_state("networkidle")
        window.press("?")
        page.locator("#keys-dialog[open]").wait_for()
        assert page.locator("#keys-here kbd, #keys-dialog kbd").count() > 5
        window.press("Escape")
        page.locator("#keys-dialog:not([open])").wait_for(state="attached")
    window.open("characteristics", "high_fsm")
    page.locator("#keys-open").focus()
    window.press("Enter")
    page.locator("#keys-switch").focus()
    window.press("Space", "Escape", "p")
    page.wait_for_timeout(200)
    assert window.answers("characteristics")["high_fsm"] is None
    page.reload()
    page.locator("#card-label").wait_for()
    window.press("a")
    page.wait_for_timeout(200)
    assert window.answers("characteristics")["high_fsm"] is None


def test_the_queue_of_one_code_stays_at_that_code_from_report_to_report(page: Page, window: Window) -> None:
    page.goto("/?by=code&code=characteristics.high_fsm")
    waiting = page.locator("[data-list] tbody tr").count()
    assert waiting >= len(UNCODED)
    window.press("Enter")
    seen = []
    for _ in range(waiting):
        page.locator("#card-label").wait_for()
        assert "d=characteristics&c=high_fsm" in page.url
        seen.append(name := page.locator("#report-name").inner_text())
        window.press("a").saved().press("n")
        page.wait_for_function("n => document.querySelector('#report-name')?.textContent !== n", arg=name)
    assert len(set(seen)) == waiting
    assert page.get_by_text("Nothing is left in this queue").count() == 1


def test_a_word_found_by_search_is_shown_on_its_page(page: Page, window: Window) -> None:
    page.goto("/")
    window.press("/")
    page.wait_for_url("**/search")
    window.press("/").type("pupils").press("Enter")
    arrived(page, ".hit")
    window.press("j")
    hit = page.locator(".hit a").first
    assert hit.evaluate("a => a === document.activeElement")
    found = hit.get_attribute("href") or ""
    window.press("Enter")
    page.wait_for_url(re.compile("/reports/"))
    mark = page.locator(".mark.is-linked").first
    mark.wait_for()
    number = int(re.search(r"p=(\d+)", found)[1])
    assert mark.evaluate("m => Number(m.closest('.sheet').dataset.page)") == number
    box, sheets = mark.bounding_box(), page.locator("#sheets").bounding_box()
    assert box and sheets and sheets["y"] <= box["y"] <= sheets["y"] + sheets["height"]


def test_a_pdf_that_is_sent_on_the_page_is_read_and_told_of(
    page: Page, window: Window, watched: Watched
) -> None:
    page.goto("/submit")
    bytes_of = {NOT_SENT: (EXAMPLE / "raw" / NOT_SENT).read_bytes(), "G009 letter.pdf": b"Dear all"}
    files = [{"name": n, "mimeType": "application/pdf", "buffer": b} for n, b in bytes_of.items()]
    page.locator("#files").set_input_files(files)
    for name, verdict in ((NOT_SENT, "accepted"), ("G009 letter.pdf", "refused: not a PDF")):
        line = page.locator("#sent tr", has_text=name)
        line.get_by_text(verdict, exact=True).wait_for(timeout=60_000)
    page.get_by_text("every file has its verdict").wait_for(timeout=60_000)
    assert page.locator("#trouble").is_hidden()
    page.locator("#sent tr", has_text="G009").get_by_text("Open").click()
    arrived(page, "#report-name")
    page.get_by_text("does not begin as a PDF does").first.wait_for()
    page.goto("/?state=all")
    assert page.get_by_role("link", name=NOT_SENT).count() == 1
    assert page.get_by_role("link", name="G009").count() == 0
    watched.forget(404)  # what was refused has no pages


def test_a_passage_dragged_over_by_mouse_becomes_evidence_of_whole_words(page: Page, window: Window) -> None:
    window.open("outcomes")
    words = page.locator("#sheets .words span")
    words.first.wait_for()
    first = words.nth(3).bounding_box()
    assert first
    # `hover` waits until the page lies still: a dimension that opens scrolls to its first passage
    words.nth(3).hover(position={"x": first["width"] * 0.7, "y": first["height"] / 2})
    page.mouse.down()
    words.nth(6).hover(position={"x": 2, "y": first["height"] / 2})
    page.mouse.up()
    page.locator("#select-bar").wait_for()
    window.press("s").saved()
    code = window.dimension("outcomes")["codes"][0]["id"]
    kept = until(page, lambda: window.code("outcomes", code)["evidence"], "evidence is stored")
    number, start, end = kept[0]["spans"][0]
    text = window.text(number)
    assert text[start:end] == kept[0]["quote"] == " ".join(text.split()[3:7])


def test_a_coder_is_named_and_others_answers_are_not_taken_for_hers(
    page: Page, review_server: ReviewServer
) -> None:
    window = Window(page, review_server, CODED[0]).open()
    assert page.get_by_text(CODER).count() >= 1
    answers = [c for d in window.state()["dimensions"] for c in d["codes"]]
    assert all(c["answer"] is None for c in answers) and any(c["others"] for c in answers)


def test_where_a_coder_says_otherwise_than_another_both_are_told_that_they_disagree(
    page: Page, review_server: ReviewServer
) -> None:
    window = Window(page, review_server, CODED[0]).open()
    dimension, code = next(
        (d["id"], c["id"])
        for d in window.state()["dimensions"]
        if d["kind"] == "multi"
        for c in d["codes"]
        if any(o["answer"] == "present" for o in c["others"])
    )
    window.open(dimension, code).press("a").saved()
    assert window.code(dimension, code)["resolved"] == "conflict"
    assert window.dimension(dimension)["state"] == "conflict"
    window.open(dimension, code)
    assert (
        page.locator("#frame [aria-current=true]").get_by_text("coders disagree").count()
        + page.locator("#frame .code-button[aria-current=true] .code-sign", has_text="≠").count()
    )
    page.goto("/?state=all")
    line = page.locator("tbody tr", has_text=CODED[0])
    assert "1 in conflict" in line.inner_text()
