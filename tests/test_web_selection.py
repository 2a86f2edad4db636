"""The filters on the page of a report and the page of the selection: by HTTP, and by keys in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctg_nlp.clock import utc_now
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.independence import give
from ctg_nlp.people import add_user
from ctg_nlp.records import Answer, Purpose, Role
from ctg_nlp.selecting import decide, freeze, judged
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.web.app import create_app

from .coder_window import FIRST, Window, until
from .desks import uid
from .review_home import CODED
from .review_server import CODER, ReviewServer
from .sampling_desk import IDS, as_coder, code_deep, code_map, river_desk, saying
from .team import PASSWORD, Browser, Clock
from .test_web_access import _obstacles

if TYPE_CHECKING:
    from playwright.sync_api import Page

A, B, C = IDS[:3]


@dataclass(frozen=True, slots=True)
class Rivers:
    """A project with users and three mapped reports, the last of them told by others."""

    desk: Desk
    browsers: dict[str, Browser]

    def send(self, who: str, path: str, **body: str):
        browser = self.browsers[who]
        return browser.post(path, json=body, headers={"Origin": browser.origin})

    def decide(self, who: str, report_id: str, filter_id: str, level: str, act: str = ""):
        body = {"decision_id": uid(), "filter": filter_id, "level": level, "reason": f"{who} thinks so"}
        return self.send(who, f"/api/reports/{report_id}/filters{act}", **body)


@pytest.fixture
def rivers(store: Store, tmp_path: Path) -> Rivers:
    desk = replace(river_desk(store, tmp_path), clock=Clock())
    for report_id, method in ((A, "counted"), (B, "counted"), (C, "told")):
        code_map(desk, report_id, method)
    people = {"ada": "coder", "ben": "coder", "bea": "adjudicator", "cy": "lead"}
    for name, role in people.items():
        add_user(store, name, Role(role), PASSWORD, now=desk.clock(), who="lead", must_change=False)
    app = create_app(desk)
    browsers = {name: Browser(app) for name in people}
    assert all(b.log_in(name).status_code == 303 for name, b in browsers.items())
    return Rivers(desk, browsers)


def test_a_coder_decides_an_adjudicator_settles_and_a_lead_freezes(rivers: Rivers) -> None:
    assert rivers.decide("ada", A, "quality", "strong").json()["filters"][0]["state"] == "passed"
    assert rivers.decide("ben", A, "quality", "weak").json()["filters"][0]["state"] == "coders disagree"
    assert rivers.decide("ben", A, "quality", "fair", "/settle").status_code == 403
    assert "ada thinks so" in rivers.browsers["bea"].get("/selection").text
    assert rivers.decide("bea", A, "quality", "fair", "/settle").json() == {"state": "passed"}
    rivers.decide("ada", A, "depth", "pass")
    assert rivers.send("bea", "/api/selections", name="Summer").status_code == 403
    assert rivers.send("cy", "/api/selections", name="Summer").json() == {"name": "Summer", "reports": 1}
    refused = rivers.send("cy", "/api/selections", name="Summer")
    assert refused.status_code == 422 and "never changes" in refused.json()["problem"]
    assert rivers.send("ada", "/api/selections/use", name="Summer").status_code == 403
    assert rivers.send("cy", "/api/selections/use", name="Summer").status_code == 200
    with rivers.desk.store.reading() as db:
        done = [(e.who, e.what) for e in entries(db) if "filter" in e.what or "selection" in e.what]
    assert done == [
        ("ada", "filter decision"), ("ben", "filter decision"), ("bea", "filter decision"),
        ("ada", "filter decision"), ("cy", "selection frozen"), ("cy", "selection in use"),
    ]  # fmt: skip
    page = rivers.browsers["ada"].get("/selection").text
    assert "Selected sample: Summer: 1 of 1" in page and 'id="freeze"' not in page
    figure = rivers.browsers["ada"].get("/selection/flow.svg?sample=Summer")
    assert figure.headers["content-type"] == "image/svg+xml" and "Summer" in figure.text


def rows(rivers: Rivers, who: str, resource: str) -> list[dict]:
    return rivers.browsers[who].get(f"/api/v1/{resource}").json()["data"]


def test_programs_read_what_filters_come_to_with_reasons_and_who_is_in_the_sample(rivers: Rivers) -> None:
    assert {r["in_sample"] for r in rows(rivers, "cy", "reports")} == {None}
    rivers.decide("ada", A, "quality", "strong")
    rivers.decide("ada", A, "depth", "pass")
    rivers.decide("ben", B, "quality", "weak")
    freeze(as_coder(rivers.desk, "cy"), "Summer")
    assert [r["in_sample"] for r in rows(rivers, "ada", "reports")] == [1, 0, 0]
    told = [
        (f["report"], f["filter"], f["state"], f["passed"], f["level"], f["settled_by"], f["reason"])
        for f in rows(rivers, "ada", "filters")
    ]
    assert told == [
        (A, "quality", "passed", 1, "strong", "coder", "ada thinks so"),
        (A, "depth", "passed", 1, "pass", "coder", "ada thinks so"),
        (B, "quality", "not passed", 0, "weak", "coder", "ben thinks so"),
        (B, "depth", "not reached", None, "", "nobody", ""),
        (C, "quality", "blocked by the map", 0, "", "map", ""),
        (C, "depth", "not reached", None, "", "nobody", ""),
    ]
    said = rows(rivers, "ada", "filter_decisions")
    assert [(d["report"], d["filter"], d["level"], d["passes"], d["coder"]) for d in said] == [
        (A, "quality", "strong", 1, "ada"), (A, "depth", "pass", 1, "ada"), (B, "quality", "weak", 0, "ben"),
    ]  # fmt: skip


def test_filters_of_a_report_that_somebody_codes_blind_are_read_by_who_decided_alone(rivers: Rivers) -> None:
    rivers.decide("cy", A, "quality", "strong")
    rivers.decide("ben", B, "quality", "weak")
    give(rivers.desk.store, [A], "ada", Purpose.DOUBLE, now=rivers.desk.clock(), who="cy")
    assert rows(rivers, "ada", "filters") == [] and rows(rivers, "ada", "filter_decisions") == []
    for who, seen in (("cy", {A, B}), ("bea", {B})):
        assert {d["report"] for d in rows(rivers, who, "filter_decisions")} == seen
        assert {f["report"] for f in rows(rivers, who, "filters")} == {B, C}


def test_what_cannot_be_decided_is_refused_in_a_sentence_and_undone_by_its_coder_alone(
    rivers: Rivers,
) -> None:
    told = rivers.decide("ada", C, "quality", "fair")
    assert told.status_code == 422 and "“Told by others”" in told.json()["problem"]
    assert rivers.decide("ada", A, "depth", "pass").status_code == 422
    state = rivers.decide("ada", A, "quality", "weak").json()
    path = f"/api/reports/{A}/filters/undo"
    assert rivers.send("ben", path, decision_id=state["undo"]).status_code == 422
    assert rivers.send("ada", path, decision_id=state["undo"]).json()["filters"][0]["state"] == "waiting"


def test_the_page_tells_what_waits_for_which_filter_with_levels_and_reasons(rivers: Rivers) -> None:
    rivers.decide("ada", A, "quality", "weak")
    page = rivers.browsers["ada"].get("/selection?at=quality&state=not+passed").text
    assert (
        "<strong>Weak counts</strong>. ada thinks so" in page
        and "report 1.pdf" in page
        and "report 2.pdf" not in page
    )
    blocked = rivers.browsers["ada"].get("/selection?state=blocked+by+the+map").text
    assert "report 3.pdf" in blocked and "Coded in the map as “Told by others”: it cannot pass." in blocked


def test_nobody_sees_what_others_said_of_a_report_that_they_code_blind(rivers: Rivers) -> None:
    rivers.decide("ada", A, "quality", "weak")
    give(rivers.desk.store, [A], "ben", Purpose.DOUBLE, now=rivers.desk.clock(), who="cy")
    ben = rivers.browsers["ben"]
    state = ben.get(f"/api/reports/{A}/filters").json()
    assert state["blind"] and not state["complete"] and "ada" not in str(state)
    assert [f["state"] for f in state["filters"]] == ["waiting", "not reached"]
    page = ben.get("/selection").text
    assert "thinks so" not in page and "report 1.pdf" not in page and "<svg" not in page
    assert ben.get("/selection/flow.svg").status_code == 403
    assert ben.get(f"/api/reports/{B}/filters").status_code == 403  # the blind ones come first


def test_reasons_of_coders_are_only_text_on_the_page(rivers: Rivers) -> None:
    mark_up = "<img src=x onerror=window.hacked=1>"
    decide(as_coder(rivers.desk, "ada"), A, replace(saying("quality", "weak"), reason=mark_up))
    page = rivers.browsers["ada"].get("/selection").text
    assert mark_up not in page and "&lt;img src=x" in page


def coded_in_depth(rivers: Rivers) -> None:
    """Two reports are selected; the first is begun in depth."""
    for report_id in (A, B):
        decide(rivers.desk, report_id, saying("quality", "fair"))
        decide(rivers.desk, report_id, saying("depth", "pass"))
    freeze(rivers.desk, "Summer")
    rivers.desk.do(A, Doing(uid(), "threats", "dams", Answer.PRESENT))


def test_a_coder_finds_what_waits_to_be_coded_in_depth_from_each_page(rivers: Rivers) -> None:
    ada = rivers.browsers["ada"]
    assert "No sample is in use yet" in ada.get("/?by=depth").text
    assert "of the sample" not in ada.get("/progress").text
    coded_in_depth(rivers)
    queue = ada.get("/?by=depth").text
    assert "0 complete, 1 begun, 1 not begun" in queue and f'href="/reports/{A}?by=depth#d=threats"' in queue
    assert queue.index("report 1.pdf") < queue.index("report 2.pdf") and "report 3.pdf" not in queue
    assert "report 2.pdf" not in ada.get("/?by=depth&state=begun").text
    assert "No report of the sample is in this state." in ada.get("/?by=depth&state=done").text
    for page in ("/progress", "/selection"):
        assert 'href="/?by=depth"' in ada.get(page).text, page
    assert ada.get(f"/api/reports/{A}").json()["sample"] == "Summer"
    assert ada.get(f"/api/reports/{C}").json()["sample"] == ""
    following = ada.get(f"/next?by=depth&after={A}", follow_redirects=False)
    assert following.headers["location"] == f"/reports/{B}?by=depth#d=threats"
    code_deep(rivers.desk, A)
    assert 'value="1"' in ada.get("/progress").text.split("In depth</h2>")[1]


def test_who_codes_blind_sees_nothing_of_the_sample_and_who_is_assigned_reports_no_other_reasons(
    rivers: Rivers,
) -> None:
    coded_in_depth(rivers)
    give(rivers.desk.store, [B], "ada", Purpose.CODING, now=rivers.desk.clock(), who="cy")
    give(rivers.desk.store, [B], "ben", Purpose.DOUBLE, now=rivers.desk.clock(), who="cy")
    decide(rivers.desk, A, saying("quality", "weak", "Mr Hill counted"))
    ada, ben = rivers.browsers["ada"], rivers.browsers["ben"]
    queue = ada.get("/?by=depth").text
    assert f"/reports/{A}?by=depth" not in queue and f"/reports/{B}?by=depth" in queue
    assert "Mr Hill" not in ada.get("/selection").text + ada.get("/selection/flow.svg").text
    assert "Mr Hill" in rivers.browsers["cy"].get("/selection/flow.svg").text
    for page in ("/?by=depth", "/progress"):
        assert "Summer" not in ben.get(page).text, page
    assert "begun" not in ben.get("/selection").text
    assert ben.get(f"/api/reports/{B}").json()["sample"] == ""


# In a real browser


@pytest.fixture
def project(review_server: ReviewServer) -> Iterator[Desk]:
    store = open_store(review_server.reviewed.home.database)
    yield Desk(review_server.reviewed.home, store, CODER, utc_now)
    store.close()


def test_filters_are_decided_by_keys_once_the_map_is_complete_and_undone(
    page: Page, review_server: ReviewServer, project: Desk
) -> None:
    window = Window(page, review_server, CODED[0])
    report_id = review_server.reviewed.ids[CODED[0]]
    window.open()
    page.locator("#filters-open:visible").wait_for()
    window.press("y", "p")  # a key of the code that is hidden does nothing
    page.locator("#filters h3").first.wait_for()
    assert page.locator("#card").is_hidden() and page.locator("#undo").is_disabled()
    window.press("1", "t").type("Figures before and after are given.").press("Control+Enter")
    page.locator("#filters .badge.is-good").wait_for()
    assert page.evaluate(
        "document.activeElement.closest('.filter-card h3, .filter-card')?.innerText.startsWith('2.')"
    )
    window.press("2", "t").type("Hardly any").press("Control+Enter")
    page.locator("#filters .badge.is-absent").wait_for()
    said = {o.filter: str(o.state) for o in judged(project, report_id).outcomes}
    assert list(said.values()) == ["passed", "not passed", "not reached"]
    page.locator("#filters-open").focus()
    window.press("z")
    until(page, lambda: str(judged(project, report_id).outcomes[1].state) == "waiting", "undone")
    window.press("Escape")
    assert page.locator("#card").is_visible() and page.locator("#filters").is_hidden()


def test_the_filters_are_away_while_a_code_of_the_map_is_open(page: Page, window: Window) -> None:
    window.open()
    page.wait_for_load_state("networkidle")
    assert page.locator("#filters-open").is_hidden()
    window.press("y")
    page.get_by_text("Filters come once every code of the map is decided.").wait_for()


def test_a_sample_is_frozen_on_the_page_and_the_filters_are_opened_from_its_list(
    page: Page, review_server: ReviewServer, project: Desk
) -> None:
    ids = [review_server.reviewed.ids[name] for name in CODED]
    for wanted in project.framework.filters:
        for report_id in ids[:2]:
            decide(project, report_id, saying(wanted.id, "pass"))
    decide(project, ids[2], saying(project.framework.filters[0].id, "fail", "only told"))
    page.goto("/selection")
    assert (
        page.locator("figure.flow svg[role=img]").get_attribute("aria-labelledby") == "flow-title flow-words"
    )
    page.locator("#freeze [name=name]").fill("Summer")
    page.keyboard.press("Enter")
    page.get_by_role("rowheader", name="Summer").wait_for()
    page.get_by_role("link", name=CODED[2]).click()
    page.locator("#filters .badge.is-absent").wait_for()
    assert page.locator("#filters textarea").input_value() == "only told"
    with project.store.reading() as db:
        assert [e.subject for e in entries(db, what="selection frozen")] == ["Summer"]


def test_coders_who_differ_are_settled_on_the_page(
    page: Page, review_server: ReviewServer, project: Desk
) -> None:
    report_id, first = review_server.reviewed.ids[CODED[0]], project.framework.filters[0].id
    decide(project, report_id, saying(first, "pass", "clear figures"))
    decide(replace(project, coder="ben"), report_id, saying(first, "fail", "thin"))
    page.goto("/selection")
    form = page.locator(".filter-dispute form")
    form.get_by_label("Passes", exact=True).check()
    form.get_by_label("Reason").fill("Both read again.")
    page.keyboard.press("Enter")
    page.get_by_text("Settled: passed.", exact=True).wait_for()
    assert str(judged(project, report_id).outcomes[0].state) == "passed"


@pytest.mark.parametrize("which", ["selection", "filters"])
def test_neither_the_page_nor_the_panel_has_any_obstacle_in_light_or_dark_wide_or_narrow(
    page: Page, review_server: ReviewServer, project: Desk, which: str
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-playwright-python"
    ).Axe()
    ids = [review_server.reviewed.ids[name] for name in CODED]
    for wanted in project.framework.filters:
        decide(project, ids[0], saying(wanted.id, "pass"))
    decide(project, ids[1], saying(project.framework.filters[0].id, "pass"))
    decide(replace(project, coder="ben"), ids[1], saying(project.framework.filters[0].id, "fail"))
    freeze(project, "Summer")
    address = "/selection" if which == "selection" else f"/reports/{ids[1]}#filters"
    found = []
    for width in (1400, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("about:blank")
        page.goto(review_server.url + address)
        page.locator("#freeze" if which == "selection" else "#filters form").first.wait_for()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"at {width} pixels the page is {wide} wider than the window"
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += [f"{width} {scheme} {line}" for line in _obstacles(axe.run(page).response)]
            found += [
                f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in axe.run(page).response["violations"]
            ]
    assert found == [] and FIRST
