"""The second stage on the review page: by question, free text with quotes, links, further frameworks over quotes."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

from ctg_nlp.framework_file import load_framework, read_framework
from ctg_nlp.web.enquiry_view import BESIDE, FURTHER, asked, coding_order

from .coder_window import Window, arrived
from .test_enquiry import SMALL, small

if TYPE_CHECKING:
    from playwright.sync_api import Page


def quotes(shown: dict) -> list[str]:
    return [e["quote"] for e in shown["evidence"]]


def with_quotes(window: Window, dimension: str, *codes: str) -> list[str]:
    """Codes are present, each with another passage of the first page. Returns the quotes."""
    request, found = window.page.request, []
    passages = request.get(f"{window.api}/pages/1").json()["passages"]
    for code, (start, end, *_) in zip(codes, passages[2:], strict=False):
        place = {"page": 1, "start": start, "end": end}
        act = {"act_id": str(uuid.uuid4()), "kind": "answer", "dimension": dimension, "code": code}
        headers = {"Origin": window.server.url}
        sent = act | {"answer": "present", "evidence": [place]}
        assert request.post(f"{window.api}/acts", data=sent, headers=headers).ok
        found += quotes(window.code(dimension, code))
    return found


def test_in_depth_dimensions_are_coded_question_by_question_further_frameworks_last() -> None:
    framework = load_framework("ctg")
    deep = [d for d in coding_order(framework) if d.stage == "indepth"]
    headings = list(dict.fromkeys(asked(d, framework)["enquiry"] for d in deep))
    assert headings == [*(q.label for q in framework.questions), FURTHER]
    assert [d.id for d in deep if framework.question_of(d.id) is framework.questions[0]] == [
        "aims_approach", "aims_text",
    ]  # fmt: skip


def test_a_framework_without_questions_shows_its_dimensions_under_one_heading_in_its_own_order() -> None:
    plain = read_framework(
        "f.yaml", re.sub(r"questions:\n.*\n", "", SMALL).replace(", over_quotes: true", "")
    )
    assert coding_order(plain) == plain.dimensions
    assert {asked(d, plain)["enquiry"] for d in plain.dimensions} == {""}


def test_what_answers_no_question_stands_beside_them() -> None:
    framework = small()
    assert asked(framework.dimension("gain"), framework)["enquiry"] == BESIDE


def test_the_page_groups_by_question(page: Page, window: Window) -> None:
    window.open("aims_approach")
    shown = page.locator("#frame .enquiry").all_inner_texts()
    assert shown == [*(q.label for q in load_framework("ctg").questions), FURTHER]


def test_free_text_is_written_with_quotes_of_its_questions_codes_by_keys_alone(
    page: Page, window: Window
) -> None:
    first, second = with_quotes(window, "partner_methods", "meetings", "resources")
    window.open("partners_text")
    page.locator("#card-passage .passage-for").wait_for()
    assert page.locator("#card-passage .passage-for").inner_text().startswith("for “")
    window.press("p")
    page.locator(".evidence-line.kind-own").wait_for()
    assert window.dimension("partners_text")["value"]["answer"] is None  # kept until there is a text
    window.press("v").type("They met.").press("Enter").type("They shared.").press("Control+Enter").saved()
    value = window.dimension("partners_text")["value"]
    assert (value["answer"], value["value"]) == ("value", "They met.\nThey shared.")
    assert quotes(value) in ([first], [second])
    window.open("partners_text").press("e", "s").saved()
    assert sorted(quotes(window.dimension("partners_text")["value"])) == sorted([first, second])
    window.press("z").saved()
    assert len(quotes(window.dimension("partners_text")["value"])) == 1


def test_a_text_that_was_left_with_escape_is_saved_and_nothing_told_is_an_answer_too(window: Window) -> None:
    window.open("rollout_text").press("v").type("Next year.").press("Escape").saved()
    assert window.dimension("rollout_text")["value"]["value"] == "Next year."
    window.press("a").saved()
    value = window.dimension("rollout_text")["value"]
    assert (value["answer"], value["value"]) == ("value", None)


def test_links_are_a_matrix_whose_cells_are_answered_by_keys(page: Page, window: Window) -> None:
    window.open("interventions", "literacy").press("p").saved()
    window.open("intervention_links", "literacy__attainment")
    assert page.locator(".matrix thead th").all_inner_texts() == [
        c.label for c in load_framework("ctg").dimension("pupil_impact").codes
    ]
    assert page.locator(".matrix tr.is-there th").inner_text().startswith("Reading and writing programmes")
    window.press("p").saved()
    assert window.code("intervention_links", "literacy__attainment")["answer"] == "present"
    assert window.shown()["literacy__attainment"] == "present"
    window.press("d").saved()
    assert set(window.answers("intervention_links").values()) == {"present", "absent"}


def test_what_is_quoted_already_is_coded_once_more_with_a_number(page: Page, window: Window) -> None:
    with_quotes(window, "obstacles", "practical", "parents")
    window.open("six_areas", "workforce")
    lines = page.locator(".evidence-line")
    assert lines.count() == 2
    assert "for “Making suitable" in lines.nth(0).inner_text() + lines.nth(1).inner_text()
    assert "by you" in lines.first.inner_text()
    shown = page.locator("#card-passage blockquote").inner_text()
    window.press("1", "4").saved()
    for code in ("vision", "intelligence"):
        (quote,) = quotes(window.code("six_areas", code))
        assert " ".join(quote.split()) == " ".join(shown.split())
    assert lines.first.locator(".evidence-codes .badge").all_inner_texts() == ["1", "4"]
    window.press("e", "p").saved()  # the code in view, with the passage in view
    (quote,) = quotes(window.code("six_areas", "workforce"))
    assert " ".join(quote.split()) != " ".join(shown.split())
    window.press("9")
    assert "only 6 codes" in page.locator("#said").inner_text()


def name_it(window: Window, label: str, dimension: str, start: int) -> None:
    headers = {"Origin": window.server.url}
    memo = {"memo_id": str(uuid.uuid4()), "label": label, "dimension": dimension}
    place = {"page": 1, "start": start, "end": start + 20}
    assert window.page.request.post(f"{window.api}/memos", data=memo | place, headers=headers).ok


def test_what_stands_under_other_is_merged_on_its_page(page: Page, window: Window) -> None:
    name_it(window, "Grandparents", "stakeholders", 30)
    name_it(window, "Nans <b>", "stakeholders", 90)
    page.goto("/progress")
    page.get_by_role("link", name="What stands under “Other”").click()
    arrived(page, "form.merge")
    form = page.locator("form.merge[data-dimension=stakeholders]")
    assert form.locator("tbody th").all_inner_texts() == ["Grandparents", "Nans <b>"]
    form.get_by_label("Merge Grandparents").check()
    assert form.locator("[name=into]").input_value() == "Grandparents"
    form.get_by_label("Merge Nans <b>").check()
    with page.expect_navigation():
        form.get_by_role("button", name="Merge").click()
    assert page.locator("form.merge tbody th").all_inner_texts() == ["Grandparents"]
    page.locator("form.merge summary").click()
    shown = page.locator("form.merge .plain-list li")
    assert (
        shown.count() == 2
        and "named “Nans <b>” by ada" in shown.nth(0).inner_text() + shown.nth(1).inner_text()
    )
    assert "ctg inductive promote stakeholders" in page.locator("form.merge code").inner_text()
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    assert axe.run(page).response["violations"] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    shown.first.get_by_role("link").click()
    page.locator(".mark.is-linked").first.wait_for()


@pytest.mark.parametrize("width", [390, 1400])
def test_axe_finds_nothing_in_the_second_stage_and_a_phone_need_not_scroll_sideways(
    page: Page, window: Window, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with_quotes(window, "obstacles", "practical", "parents")
    page.set_viewport_size({"width": width, "height": 844})
    for dimension in ("intervention_links", "partners_text", "six_areas"):
        window.open(dimension)
        for view in ("frame", "code") if width < 900 else ("",):
            if view:
                page.locator(f".views [data-view={view}]").click()
            found = axe.run(page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
            assert page.evaluate("document.documentElement.scrollWidth") == width
