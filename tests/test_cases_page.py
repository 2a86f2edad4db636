"""The pages of case studies: who may see them, and a case written in a real Chromium."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctg_nlp.cases import case
from ctg_nlp.casework import Writing, choose, record_consent, save_text
from ctg_nlp.clock import utc_now
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.independence import give
from ctg_nlp.records import Answer, Consent, ConsentFor, Purpose, ReportKind
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store

from .desks import ID, OTHER, TEXT
from .review_home import CODED, HOSTILE
from .review_server import CODER, ReviewServer, Watched
from .team import Team, make_team

if TYPE_CHECKING:
    from playwright.sync_api import Page

NOW = "2026-03-01T08:00:00.000000+00:00"


@pytest.fixture
def team(store: Store, tmp_path: Path) -> Team:
    """A coder and a lead; G1 and G2 are core groups, G2's only document is a log."""
    made = make_team(store, tmp_path / "home")
    for name, role in (("ada", "coder"), ("cy", "lead")):
        made.add(name, role)
    with store.transaction() as db:
        log = report_store.report(db, OTHER)
        assert log is not None
        report_store.put_report(db, replace(log, kind=ReportKind.LOG, counted=False))
    for group in ("G1", "G2"):
        choose(store, group, True, now=NOW, who="cy")
    made.desk.do(ID, Doing(str(uuid.uuid4()), "stakeholders", "pupils", Answer.PRESENT, note="said"))
    return made


CASE = ("/cases/G1", f"/api/cases/sources/{ID}", "/api/cases/versions?group=G1&section=aims")


def consent(**changed: str) -> dict[str, str]:
    return {"group": "G1", "scope": "name", "said": "given", "person": "Head", "how": "form", "said_on": "2026-02-01"} | changed  # fmt: skip


def test_who_codes_blind_or_was_not_assigned_a_document_sees_nothing_of_its_case(team: Team) -> None:
    ada, cy = team.browser("ada"), team.browser("cy")
    assert all(ada.get(path).status_code == 200 for path in CASE)
    give(team.desk.store, [OTHER], "ada", Purpose.CODING, now=NOW, who="cy")
    text = {"group": "G1", "section": "aims", "text": "mine", "base": 0}
    quote = {"group": "G1", "report_id": ID, "place": {"page": 1, "start": 0, "end": 6}}
    for path in CASE:
        answer = ada.get(path)
        assert answer.status_code == 403 and "Pupils" not in answer.text, path
    for path, sent in (("texts", text), ("quotes", quote)):
        assert ada.post(f"/api/cases/{path}", json=sent).status_code == 403
    listed = ada.get("/cases").text
    assert "1 case not open to you" in listed and "/cases/G2" in listed and "/cases/G1" not in listed
    give(team.desk.store, [ID], "cy", Purpose.DOUBLE, now=NOW, who="cy")
    assert cy.get("/cases/G1").status_code == 403 and "2 cases not open to you" in cy.get("/cases").text


def test_consent_is_recorded_by_a_lead_and_not_by_a_coder(team: Team) -> None:
    assert team.browser("ada").post("/api/cases/consents", json=consent()).status_code == 403
    lead = team.browser("cy")
    assert lead.post("/api/cases/consents", json=consent()).status_code == 200
    wrong = lead.post("/api/cases/consents", json=consent(said_on="yesterday"))
    assert wrong.status_code == 400 and "write it as 2010-05-31" in wrong.json()["problem"]
    with team.desk.store.reading() as db:
        assert [c.who for c in case(db, team.desk.framework, "G1").consents] == ["cy"]


def test_looking_at_a_case_is_noted_as_reading_its_documents(team: Team) -> None:
    team.browser("cy").get("/cases/G1")
    with team.desk.store.reading() as db:
        assert [(e.who, e.subject) for e in entries(db, what="read")] == [("cy", ID)]


def test_a_group_that_is_no_core_group_has_no_page(team: Team) -> None:
    answer = team.browser("cy").get("/cases/G7")
    assert answer.status_code == 404 and "No group G7" in answer.text


@pytest.fixture
def core(review_server: ReviewServer) -> Iterator[Store]:
    """The server's store; the groups of a coded report and of the hostile one are core groups, the first with
    a learning log beside its report."""
    store = open_store(review_server.reviewed.home.database)
    ids = review_server.reviewed.ids
    with store.transaction() as db:
        other = report_store.report(db, ids[CODED[1]])
        assert other is not None
        report_store.put_report(db, replace(other, group_id="G035", kind=ReportKind.LOG, counted=False))
    for group in ("G035", "G900"):
        choose(store, group, True, now=utc_now(), who="lead")
    yield store
    store.close()


def test_a_section_is_written_with_a_quotation_by_keys_and_stays_after_a_reload(
    core: Store, page: Page, review_server: ReviewServer
) -> None:
    page.goto("/cases")
    page.get_by_role("link", name="G035").click()
    page.locator("#document .passage").first.wait_for()
    page.keyboard.press("]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    passage = page.locator("#document .passage.current").inner_text()
    page.locator("#speaker").fill("Group leader")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator("#quotes li").wait_for()
    assert page.locator("#quotes blockquote").inner_text() == passage
    page.keyboard.press("w")
    page.keyboard.type("So they said.")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Saved", exact=True).wait_for()
    page.reload()
    section = page.locator(".draft").nth(1)
    assert section.locator("textarea").input_value() == "[[q1]]So they said."
    assert section.locator(".written").inner_text().startswith(f"Version 1, {CODER}")


def test_another_document_is_read_beside_and_selected_words_are_quoted_at_their_place(
    core: Store, page: Page, review_server: ReviewServer
) -> None:
    page.goto("/cases/G035")
    page.locator("#document .passage").first.wait_for()
    page.keyboard.press("o")
    log = review_server.reviewed.ids[CODED[1]]
    page.locator(f"#document[data-report='{log}'] .passage").first.wait_for()
    page.evaluate(
        """() => { const node = [...document.querySelectorAll('#document .passage')].find(n => n.textContent.length > 30).firstChild;
        document.getSelection().setBaseAndExtent(node, 3, node, 21); }"""
    )
    words = page.evaluate("document.getSelection().toString()")
    page.get_by_role("button", name="Quote it s").click()
    page.locator("#quotes li").wait_for()
    with core.reading() as db:
        found = case(db, review_server.reviewed.home.framework, "G035").quotes[1]
        text = report_store.page_texts(db, log)[found.page]
    assert found.report_id == log and found.quote == words == text[found.start : found.end]
    page.locator(".draft .save").first.click()
    page.get_by_text("Saved", exact=True).wait_for()


def test_when_another_saved_meanwhile_both_texts_are_shown_and_brought_together(
    core: Store, page: Page, review_server: ReviewServer
) -> None:
    framework = review_server.reviewed.home.framework
    page.goto("/cases/G035")
    section = page.locator(".draft").first
    section.locator("textarea").fill("What ada wrote.")
    writing = Writing("G035", section.get_attribute("data-section") or "", "What ben wrote.", 0)
    save_text(core, framework, writing, now=utc_now(), who="ben")
    section.get_by_role("button", name="Save").click()
    section.get_by_text("Kept beside", exact=True).wait_for()
    assert "What ben wrote." in section.locator(".aside").inner_text()
    assert section.locator("textarea").input_value() == "What ada wrote."
    section.locator("textarea").fill("What both wrote.")
    section.get_by_label("Both texts are brought together").check()
    section.get_by_role("button", name="Save").click()
    section.get_by_text("Saved", exact=True).wait_for()
    section.get_by_role("button", name="Earlier versions").click()
    section.locator(".version").nth(2).wait_for()
    assert [t.strip() for t in section.locator(".version pre").all_inner_texts()] == ["What both wrote.", "What ada wrote.", "What ben wrote."]  # fmt: skip
    assert section.locator(".aside").count() == 0


def test_saving_settles_only_what_is_ticked_of_the_texts_that_were_written_at_the_same_time(
    core: Store, page: Page, review_server: ReviewServer
) -> None:
    framework = review_server.reviewed.home.framework
    with core.reading() as db:
        name = case(db, framework, "G035").drafts[0].section
    for who, text in (("ada", "One."), ("ben", "Ben's."), ("bea", "Bea's.")):
        save_text(core, framework, Writing("G035", name, text, 0), now=utc_now(), who=who)
    page.goto("/cases/G035")
    section = page.locator(".draft").first
    section.locator("textarea").fill("One, and Ben's.")
    section.get_by_label("Version 2 is brought in").check()
    section.get_by_role("button", name="Save").click()
    section.get_by_text("Saved", exact=True).wait_for()
    assert "Bea's." in section.locator(".aside").inner_text()  # one is left
    with core.reading() as db:
        draft = case(db, framework, "G035").drafts[0]
    assert (draft.text, [a.text for a in draft.asides]) == ("One, and Ben's.", ["Bea's."])


def test_consent_names_the_group_on_the_page_as_it_would_be_printed(core: Store, page: Page) -> None:
    page.goto("/cases/G035")
    assert page.locator(".printed h3").inner_text().startswith("A ")
    page.get_by_label("By whom").fill("The headteacher")
    page.get_by_label("How, and where it is kept").fill("signed form")
    with page.expect_navigation():
        page.get_by_role("button", name="Record").click()
    assert page.locator(".printed h3").inner_text() == "G035"
    page.get_by_label("For").select_option("quotes")
    page.get_by_label("By whom").fill("The headteacher")
    page.get_by_label("How, and where it is kept").fill("signed form")
    with page.expect_navigation():
        page.get_by_role("button", name="Record").click()
    assert page.get_by_text("may be quoted", exact=True).count() == 1
    assert "The headteacher" in page.get_by_role("region", name="Consents recorded").inner_text()


def test_mark_up_in_documents_and_texts_is_shown_as_text(
    core: Store, page: Page, review_server: ReviewServer
) -> None:
    framework = review_server.reviewed.home.framework
    with core.reading() as db:
        section = case(db, framework, "G900").drafts[0].section
    said = "<img src=x onerror=window.hacked=1> </textarea><script>window.hacked=1</script>"
    save_text(core, framework, Writing("G900", section, said, 0), now=utc_now(), who="<b>ben</b>")
    record_consent(core, Consent("G900", ConsentFor.NAME, True, said, said, "2026-01-01", utc_now(), "lead"))
    page.goto("/cases/G900")
    page.locator("#document .passage").first.wait_for()
    assert HOSTILE in page.locator("#source").inner_text()
    assert page.locator("textarea").first.input_value() == said
    assert page.evaluate("window.hacked") is None and page.locator(".case img").count() == 0


@pytest.mark.parametrize("address", ["/cases", "/cases/G035"])
def test_no_page_of_cases_has_a_serious_obstacle_in_light_or_dark_wide_or_narrow(
    core: Store, page: Page, review_server: ReviewServer, watched: Watched, address: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()  # fmt: skip
    framework = review_server.reviewed.home.framework
    with core.reading() as db:
        section = case(db, framework, "G035").drafts[0].section
    for n in range(2):
        writing = Writing("G035", section, f"Text {n}.\n\n- one\n\n[[q1]]", 0)
        save_text(core, framework, writing, now=utc_now(), who="ben")
    record_consent(core, Consent("G035", ConsentFor.QUOTES, True, "Head", "form", "2026-01-01", utc_now(), "lead"))  # fmt: skip
    found = []
    for width in (1400, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for summary in page.locator("details.coded summary").all():
            summary.click()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"at {width} pixels the page is {wide} wider than the window"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            serious = [
                v for v in axe.run(page).response["violations"] if v["impact"] in ("serious", "critical")
            ]
            found += [f"{width} {scheme} {v['id']} {v['nodes'][0]['html'][:120]}" for v in serious]
    assert found == []


def test_the_page_of_a_case_loads_what_a_desk_says_of_its_report(team: Team) -> None:
    shown = team.browser("cy").get("/cases/G1").text
    assert "Pupils/students" in shown and TEXT[:24] not in shown  # the text itself is fetched by the reader
    assert team.browser("cy").get(f"/api/cases/sources/{ID}").json()["pages"][0]["text"] == TEXT
    assert isinstance(team.desk, Desk)
