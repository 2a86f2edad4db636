"""The pages of findings and quotations: who may do what there, and both used by keys in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctg_nlp.banking import bank, clear, rewrite
from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions
from ctg_nlp.custody import withdraw_report
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.findings import Writing, write
from ctg_nlp.independence import give
from ctg_nlp.quotations import marks_of
from ctg_nlp.records import Answer, FindingKind, FindingSource, Purpose, QuoteState, Span
from ctg_nlp.store import findings as finding_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store

from .desks import ID, OTHER, TEXT, uid
from .review_home import CODED, HOSTILE, IMAGE, SCRIPT
from .review_server import CODER, ReviewServer, Watched
from .team import Browser, Team, make_team
from .test_web_access import _obstacles

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = "/findings?question=qualities"
PUPILS = {"report_id": ID, "page": 1, "start": 0, "end": 24}
PARENTS = {"report_id": OTHER, "page": 1, "start": 25, "end": 54}


@pytest.fixture
def team(store: Store, tmp_path: Path) -> Team:
    """A coder and two leads; both reports are coded with delegation."""
    made = make_team(store, tmp_path / "home")
    for name, role in (("ada", "coder"), ("cy", "lead"), ("di", "lead")):
        made.add(name, role)
    for report_id, span in ((ID, Span(1, 0, 24)), (OTHER, Span(1, 25, 54))):
        made.desk.do(report_id, Doing(uid(), "skills", "delegation", Answer.PRESENT, evidence=(span,)))
    return made


def statement(
    text: str = "Pupils planned.", *sources: dict[str, object], **more: object
) -> dict[str, object]:
    return {"finding_id": uid(), "question": "qualities", "dimension": "skills", "code": "delegation",
            "kind": "solution", "text": text, "sources": list(sources)} | more  # fmt: skip


def banked(browser: Browser, place: dict[str, object]) -> int:
    answer = browser.post("/api/quotes", json={**place, "dimension": "skills", "code": "delegation"})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["quote_id"])


def test_a_coder_writes_a_finding_with_its_passages_and_the_page_shows_counts_and_solutions(
    team: Team,
) -> None:
    ada = team.browser("ada")
    assert ada.post("/api/findings", json=statement("Let pupils plan.", PUPILS)).json()["version"] == 1
    page = ada.get(PAGE).text
    assert "2 reports, 100.0 % of the sample" in page and "Let pupils plan." in page
    assert "Problems and solutions" in page and TEXT[:24] in page and TEXT[25:54] in page
    assert [e.subject for e in team.log("read")] == [ID, OTHER]
    refused = ada.post("/api/findings", json=statement("x", PUPILS | {"end": 900}))
    assert refused.status_code == 400 and "mark it again" in refused.json()["problem"]


def test_a_statement_that_another_changed_is_not_written_over(team: Team) -> None:
    mine = statement()
    ada, cy = team.browser("ada"), team.browser("cy")
    ada.post("/api/findings", json=mine)
    assert cy.post("/api/findings", json=mine | {"text": "By cy.", "base": 1}).json()["version"] == 2
    late = ada.post("/api/findings", json=mine | {"text": "By ada.", "base": 1})
    assert late.status_code == 409 and "cy changed this finding" in late.json()["problem"]
    path = f"/api/findings/{mine['finding_id']}"
    assert ada.post(f"{path}/retire", json={"retired": True}).status_code == 200
    assert "Taken away: 1" in ada.get(PAGE).text
    assert ada.post(f"/api/findings/{uid()}/retire", json={"retired": True}).status_code == 404


def test_a_lead_clears_what_another_redacted_and_a_coder_does_not(team: Team) -> None:
    ada, cy, di = (team.browser(name) for name in ("ada", "cy", "di"))
    number = banked(cy, PUPILS)
    path = f"/api/quotes/{number}"
    text = {"text": "[...] planned the work.", "role": "Group leader", "base": 1}
    assert cy.post(f"{path}/text", json=text).json()["version"] == 2
    assert ada.post(f"{path}/clear", json={"base": 2}).status_code == 403
    own = cy.post(f"{path}/clear", json={"base": 2})
    assert own.status_code == 422 and "four eyes" in own.json()["problem"]
    assert (
        "four eyes" in cy.get(f"/quotes/{number}").text
        and "four eyes" not in di.get(f"/quotes/{number}").text
    )
    assert di.post(f"{path}/clear", json={"base": 1}).status_code == 409
    assert di.post(f"{path}/clear", json={"base": 2}).json()["state"] == "cleared"
    assert "cleared</span> by di" in ada.get(f"/quotes/{number}").text
    assert ada.post(f"{path}/restore", json={}).status_code == 403
    assert ada.post(f"{path}/withdraw", json={"why": "asked"}).json()["state"] == "withdrawn"
    assert [e.who for e in team.log("quotation cleared")] == ["di"]
    assert ada.get("/quotes/99").status_code == 404


def test_a_text_that_is_not_the_reports_is_refused_in_a_sentence(team: Team) -> None:
    cy = team.browser("cy")
    number = banked(cy, PUPILS)
    sent = {"text": "Pupils planned the party.", "role": "Group leader", "base": 1}
    refused = cy.post(f"/api/quotes/{number}/text", json=sent)
    assert refused.status_code == 400 and "without a mark" in refused.json()["problem"]


def test_a_quotation_of_a_withdrawn_report_is_shown_on_no_page(team: Team) -> None:
    cy = team.browser("cy")
    number = banked(cy, PUPILS)
    withdraw_report(team.desk.store, ID, now=team.clock(), who="cy", why="asked for")
    page = cy.get(f"/quotes/{number}")
    assert page.status_code == 404 and TEXT[:24] not in page.text
    assert TEXT[:24] not in cy.get("/quotes").text


def test_who_codes_blind_sees_no_finding_and_no_quotation_until_they_locked_it(team: Team) -> None:
    ada, cy = team.browser("ada"), team.browser("cy")
    number = banked(cy, PUPILS)
    cy.post("/api/findings", json=statement("Secret.", PUPILS))
    give(team.desk.store, [ID], "ada", Purpose.DOUBLE, now=team.clock(), who="cy")
    for path in (PAGE, "/quotes", f"/quotes/{number}"):
        answer = ada.get(path)
        assert answer.status_code == 403 and "Secret" not in answer.text and TEXT[:24] not in answer.text, (
            path
        )
    text = {"text": "[...]", "role": "Group leader", "base": 1}
    for path, sent in (
        ("/api/findings", statement()), ("/api/quotes", {**PUPILS, "dimension": "skills"}),
        (f"/api/quotes/{number}/text", text), (f"/api/quotes/{number}/withdraw", {"why": "x"}),
    ):  # fmt: skip
        assert ada.post(path, json=sent).status_code == 403, path


def test_passages_of_reports_that_were_not_assigned_are_neither_shown_nor_used(team: Team) -> None:
    ada, cy = team.browser("ada"), team.browser("cy")
    number = banked(cy, PARENTS)
    mine = statement("On both.", PUPILS, PARENTS)
    cy.post("/api/findings", json=mine)
    give(team.desk.store, [ID], "ada", Purpose.CODING, now=team.clock(), who="cy")
    page = ada.get(PAGE).text
    assert TEXT[:24] in page and TEXT[25:54] not in page and "1 of reports that are not open to you" in page
    assert "2 reports, 100.0 % of the sample" in page  # counts are of all
    listed = ada.get("/quotes").text
    assert TEXT[25:54] not in listed and "1 of reports that were not assigned to you" in listed
    assert ada.get(f"/quotes/{number}").status_code == 403
    assert ada.post("/api/quotes", json={**PARENTS, "dimension": "skills"}).status_code == 403
    for sent in (statement("x", PARENTS), mine | {"text": "On one.", "sources": [PUPILS], "base": 1}):
        assert ada.post("/api/findings", json=sent).status_code == 403


# In a real browser


@pytest.fixture
def project(review_server: ReviewServer, tmp_path: Path) -> Iterator[Desk]:
    """The server's project, with three reports coded in depth, one of them the hostile one."""
    home = review_server.reviewed.home
    store = open_store(home.database)
    file = tmp_path / "deep.jsonl"
    quotes = {CODED[0]: "", CODED[1]: "", HOSTILE: ""}
    with store.reading() as db:
        for name in quotes:
            text = report_store.page_texts(db, review_server.reviewed.ids[name])[1]
            quotes[name] = text if name == HOSTILE else text[:200]
    lines = (
        {"report": name, "coder": "lead", "dimension": "skills", "codes": ["delegation"], "stage": "indepth",
         "evidence": {"delegation": [quote[:120], quote[60:160]]}}
        for name, quote in quotes.items()
    )  # fmt: skip
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = import_decisions(store, home.framework, file, now=utc_now(), who="the tests")
    assert not done.refused, done
    yield Desk(home, store, CODER, utc_now)
    store.close()


def statements(desk: Desk):
    with desk.store.reading() as db:
        return finding_store.findings(db, "qualities")


def quotation(desk: Desk, number: int = 1):
    with desk.store.reading() as db:
        return quote_store.quotation(db, number)


def test_passages_are_tied_and_a_statement_is_written_by_keys_changed_and_taken_away(
    page: Page, project: Desk
) -> None:
    page.goto(PAGE)
    page.wait_for_load_state("networkidle")
    keys = page.keyboard
    for key in ("o", "j", "x", "j", "j", "x", "w"):
        keys.press(key)
    assert page.locator("[name=on]").input_value() == "skills.delegation"
    keys.type("Leaders gave work away.")
    keys.press("Control+Enter")
    page.locator(".statement .text").wait_for()
    page.wait_for_load_state("networkidle")
    (made,) = statements(project)
    assert made.text == "Leaders gave work away." and len(made.sources) == 2 and made.author == CODER
    page.get_by_role("button", name="Change statement 1").click()
    page.get_by_role("button", name="Untie").first.click()
    page.locator("[name=kind]").select_option("example")
    keys.press("Control+Enter")
    page.get_by_text("version 2").wait_for()
    (now,) = statements(project)
    assert now.kind is FindingKind.EXAMPLE and now.sources == made.sources[1:]
    page.get_by_role("button", name="Take away statement 1").click()
    page.get_by_text("Nothing is written on this question yet.").wait_for()
    page.get_by_text("Taken away: 1").click()
    page.get_by_role("button", name="Bring back Leaders").click()
    page.locator(".statement").wait_for()


def test_a_passage_goes_into_the_bank_is_redacted_by_a_key_and_cleared_once_its_marks_were_looked_at(
    page: Page, project: Desk, watched: Watched
) -> None:
    source = FindingSource(*_place(project, HOSTILE), "")
    bank(project.store, project.framework, source, "skills", "delegation", now=utc_now(), who=CODER)
    quoted = quotation(project).source.quote
    page.goto("/quotes")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#text textarea").wait_for()
    page.wait_for_load_state("networkidle")
    marks = page.locator(".marks li").count()
    assert marks > 0
    page.keyboard.press("y")
    page.locator("#clear-problem").wait_for()
    assert "were not looked at" in page.locator("#clear-problem").inner_text()
    page.keyboard.press("e")
    page.evaluate("document.querySelector('textarea').setSelectionRange(0, 8)")
    page.keyboard.press("Alt+r")
    assert page.locator("#clear").is_disabled() and page.locator("#unsaved").is_visible()
    page.keyboard.press("Control+Enter")
    page.locator(".quote-page[data-version='2']").wait_for()
    page.wait_for_load_state("networkidle")  # only then do the keys of the new page work
    now = quotation(project)
    assert now.now.text == "[...]" + " ".join(quoted.split())[8:] and now.source.quote == quoted
    page.keyboard.press("Escape")
    for number in range(page.locator(".looked").count()):
        page.keyboard.press(str(number + 1))
    page.keyboard.press("y")
    page.locator(".badge.is-good").wait_for()
    page.wait_for_load_state("networkidle")
    assert quotation(project).state is QuoteState.CLEARED
    page.get_by_label("Why it may not be printed").fill("the group asked")
    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("button", name="Restore").wait_for()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Restore").click()
    page.locator("#clear").wait_for()
    assert quotation(project).state is QuoteState.WAITING
    watched.forget(400)  # of what was not looked at


def test_a_marked_word_is_left_out_by_its_button(page: Page, project: Desk) -> None:
    source = FindingSource(*_place(project, HOSTILE), "")
    bank(project.store, project.framework, source, "skills", None, now=utc_now(), who=CODER)
    page.goto("/quotes/1")
    words = page.locator(".marks strong").first.inner_text()
    before = page.locator("textarea").input_value()
    page.locator(".leave-out").first.click()
    assert page.locator("textarea").input_value() == before.replace(words, "[...]", 1)


def test_a_passage_is_banked_from_the_page_of_findings(page: Page, project: Desk) -> None:
    page.goto(PAGE)
    page.wait_for_load_state("networkidle")
    for key in ("o", "j", "b"):
        page.keyboard.press(key)
    page.locator(".passage .badge").first.wait_for()
    assert quotation(project).code == "delegation" and quotation(project).banked_by == CODER


def _place(desk: Desk, name: str) -> tuple[str, int, int, int]:
    with desk.store.reading() as db:
        report = next(r for r in report_store.reports(db) if r.name == name)
        text = report_store.page_texts(db, report.report_id)[1]
    return report.report_id, 1, 0, min(len(text), 220)


def _filled(desk: Desk) -> None:
    """A statement and two quotations, one of them cleared, with mark-up in all that a person wrote."""
    hostile = FindingSource(*_place(desk, HOSTILE), "")
    other = FindingSource(*_place(desk, CODED[0]), "")
    said = f"{SCRIPT} and {IMAGE}"
    for kind in FindingKind:
        wanted = Writing(uid(), "qualities", "skills", "delegation", kind, said, (hostile, other))
        write(desk.store, desk.framework, wanted, now=utc_now(), who=f"<b>{kind}</b>")
    for source in (hostile, other):
        bank(desk.store, desk.framework, source, "skills", "delegation", now=utc_now(), who="ben")
    cleared = rewrite(desk.store, 2, "[...] [more]", "Group member", False, 1, now=utc_now(), who="ben")
    with desk.store.reading() as db:
        kept = [(m.start, m.end) for m in marks_of(db, desk.framework, cleared)]
    clear(desk.store, desk.framework, 2, 2, kept, now=utc_now(), who="cy")


def test_mark_up_in_reports_and_statements_is_shown_as_text(page: Page, project: Desk) -> None:
    _filled(project)
    for address in (PAGE, "/quotes", "/quotes/1"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.hacked") is None and page.locator("main img, main script").count() == 0
    page.goto(PAGE)
    page.get_by_role("button", name="Change statement 1").click()
    assert page.locator("#write textarea").input_value() == f"{SCRIPT} and {IMAGE}"
    page.get_by_role("button", name="Write another instead").click()


@pytest.mark.parametrize("address", [PAGE, "/quotes", "/quotes/1", "/quotes/2"])
def test_no_page_of_findings_has_a_serious_obstacle_in_light_or_dark_wide_or_narrow(
    page: Page, project: Desk, address: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()  # fmt: skip
    _filled(project)
    found = []
    for width in (1400, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if address == PAGE:
            page.keyboard.press("o")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"at {width} pixels the page is {wide} wider than the window"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {line}" for line in _obstacles(axe.run(page).response)]
    assert found == []


def test_the_audit_log_names_who_read_the_passages(page: Page, project: Desk) -> None:
    page.goto(PAGE)
    with project.store.reading() as db:
        assert len({e.subject for e in entries(db, what="read") if e.who == CODER}) == 3
