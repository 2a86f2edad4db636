"""Whether the server is well, and its figures: who may ask, and that they are those of the store."""

from __future__ import annotations

import asyncio
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ctg_nlp.clock import utc_now
from ctg_nlp.desk import Desk, Doing
from ctg_nlp.errors import PeopleError, StoreError
from ctg_nlp.plain import run_plain
from ctg_nlp.records import Answer, Scope
from ctg_nlp.run_lock import running
from ctg_nlp.settings import make_home
from ctg_nlp.store.database import open_store
from ctg_nlp.tokens import make_token
from ctg_nlp.web.app import create_app
from ctg_nlp.web.health import Looks

from .conftest import ROOT
from .desks import ID
from .review_home import write_pdf
from .team import TLS, Browser, Team, make_team

DOCS = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
Figures = dict[tuple[str, ...], float]


@pytest.fixture(scope="module")
def team(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Two reports, and people: for all tests of this file, since what they do to it does not matter."""
    folder = tmp_path_factory.mktemp("watched")
    store = open_store(f"sqlite:///{shutil.copy(migrated, folder / 'store.sqlite')}")
    made = make_team(store, folder / "home")
    for name, role in (("ada", "coder"), ("cy", "lead"), ("dan", "administrator")):
        made.add(name, role)
    yield made
    store.close()


def here(team: Team) -> Browser:
    """A program on this machine."""
    return Browser(team.app, address="127.0.0.1")


def bearer(team: Team, name: str, *scopes: Scope) -> dict[str, str]:
    said = make_token(team.desk.store, name, scopes, "a test", now=team.clock(), who="cy")[1]
    return {"Authorization": f"Bearer {said}"}


def figures(text: str) -> Figures:
    """Each figure by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith(("_created", "_bucket"))
    }


def test_figures_are_for_this_machine_or_a_token_that_is_for_them(team: Team) -> None:
    assert here(team).get("/metrics").status_code == 200  # and nobody logged in
    elsewhere, lead = team.browser(), team.browser("cy")
    for browser in (elsewhere, lead):
        refused = browser.get("/metrics")
        assert refused.status_code == 403 and "--scope metrics" in refused.json()["problem"]
    for name in ("ada", "cy", "dan"):
        assert elsewhere.get("/metrics", headers=bearer(team, name, Scope.METRICS)).status_code == 200
    assert (
        elsewhere.get("/metrics", headers=bearer(team, "cy", *set(Scope) - {Scope.METRICS})).status_code
        == 403
    )
    assert elsewhere.get("/metrics", headers={"Authorization": "Bearer ctg_wrong"}).status_code == 401
    only = bearer(team, "cy", Scope.METRICS)
    for path in ("reports", "passages", "tables", "exports"):
        assert elsewhere.get(f"/api/v1/{path}", headers=only).status_code == 403
    assert elsewhere.get("/", headers=only).status_code == 303


def test_an_administrator_has_a_token_for_figures_and_for_nothing_else(team: Team) -> None:
    for scopes in ((Scope.REPORTS,), (Scope.METRICS, Scope.TABLES)):
        with pytest.raises(PeopleError, match="sees no report"):
            bearer(team, "dan", *scopes)
    administrators = bearer(team, "dan", Scope.METRICS)
    assert team.browser().get("/api/v1/me", headers=administrators).status_code == 403


def test_a_proxy_is_not_this_machine(team: Team) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Host"):
        assert here(team).get("/metrics", headers={name: "127.0.0.1"}).status_code == 403


def test_a_proxy_that_tells_nothing_of_itself_is_known_by_the_name_asked_for(team: Team) -> None:
    app = create_app(team.desk, TLS)
    public = Browser(app, base="https://coding.example.org", address="127.0.0.1")
    assert public.get("/metrics").status_code == 403 and public.get("/healthz").status_code == 200
    assert Browser(team.app, address="not an address").get("/metrics").status_code == 403
    assert Browser(team.app, address="::ffff:127.0.0.1").get("/metrics").status_code == 200


def test_figures_are_those_of_the_store(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    write_pdf(home.raw / "a.pdf", ("Parents came to every meeting of the school this year, said the head.",))
    (home.raw / "b.pdf").write_bytes(b"")
    run_plain(home, home.raw, run_id="r", clock=utc_now)
    store = open_store(home.database)
    team = Team(Desk(home, store, "local", utc_now), None, create_app(Desk(home, store, "local", utc_now)))  # type: ignore[arg-type]
    found = figures(here(team).get("/metrics").text)
    assert found["ctg_reports", "accepted"] == found["ctg_reports", "refused"] == 1
    assert found["ctg_reports", "failed"] == found["ctg_reports", "withdrawn"] == 0
    assert found["ctg_queue_reports", "not begun"] == 1 and found["ctg_queue_codes_open",] > 50
    assert (
        found["ctg_last_batch_outcome", "finished"] == 1 and found["ctg_last_batch_outcome", "cut off"] == 0
    )
    assert found["ctg_last_batch_reports", "read"] == 2 and found["ctg_last_batch_seconds",] > 0
    assert found["ctg_decisions_total",] == 0 and found["ctg_store_up",] == 1
    with running(store, "training", utc_now):
        assert figures(here(team).get("/metrics").text)["ctg_run_under_way", "training"] == 1
    store.close()


def test_a_decision_and_requests_are_counted_by_the_pattern_of_their_route(team: Team) -> None:
    dimension = next(d for d in team.desk.framework.stage("map") if d.kind == "multi")
    team.desk.do(ID, Doing(str(uuid.uuid4()), dimension.id, dimension.codes[0].id, Answer.PRESENT))
    team = Team(team.desk, team.clock, create_app(team.desk))  # whose counts begin now
    browser = team.browser("cy")
    for _ in range(3):
        browser.get(f"/reports/{ID}")
    browser.get("/search?q=Wobblethorpe")
    browser.get("/Wobblethorpe")
    browser.request("WOBBLE", "/")
    browser.get("/", headers={"Host": "evil.example"})
    text = here(team).get("/metrics").text
    found = figures(text)
    assert found["ctg_decisions_total",] == 1 and found["ctg_queue_reports", "begun"] == 1
    assert found["ctg_http_requests_total", "GET", "/reports/{report_id}", "200"] == 3
    assert found["ctg_http_request_seconds_count", "GET", "/reports/{report_id}"] == 3
    assert found["ctg_http_requests_total", "GET", "none", "404"] == 1
    assert found["ctg_http_requests_total", "GET", "none", "403"] == 1
    assert any(key[:2] == ("ctg_http_requests_total", "other") for key in found)
    assert not re.search(f"wobble|{ID[:12]}|report 1|evil", text, re.IGNORECASE)


def test_what_is_well_is_told_to_all_and_what_is_not_in_a_word(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = team.browser().get("/healthz/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "store": "ok", "schema": "ok", "disk": "ok"},
    )
    monkeypatch.setattr("ctg_nlp.web.health._LEAST_BYTES", 10**18)
    monkeypatch.setattr("ctg_nlp.web.health.is_current", lambda store: False)
    fresh = create_app(team.desk)
    full = Browser(fresh).get("/healthz/ready")
    assert full.status_code == 503
    assert full.json() == {"ready": False, "store": "ok", "schema": "another", "disk": "full"}


def test_the_server_lives_and_says_so_while_its_database_is_away(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("The database postgresql://secret cannot be reached.")

    browser = Browser(create_app(team.desk))  # one that has not looked a moment ago
    monkeypatch.setattr("ctg_nlp.store.database.Store.reading", away)
    assert browser.get("/healthz").text == "ok"
    told = browser.get("/healthz/ready")
    assert told.status_code == 503 and told.json()["store"] == "away" and "secret" not in told.text
    assert browser.get("/").status_code == 503


def test_figures_without_a_database_say_that_it_is_away(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctg_nlp.web.metrics.gauges", failing)
    found = figures(here(team).get("/metrics").text)
    assert (
        found["ctg_store_up",] == 0
        and found["ctg_disk_free_bytes",] > 0
        and ("ctg_decisions_total",) not in found
    )


def failing(*_: object) -> None:
    raise StoreError("away")


def test_many_who_ask_at_once_cost_one_look() -> None:
    looked: list[int] = []
    time = [0.0]

    def look() -> dict[str, str]:
        looked.append(1)
        return {"store": "ok"}

    async def ask() -> None:
        looks = Looks(look, lambda: time[0])
        await asyncio.gather(*(looks.now() for _ in range(20)))
        assert len(looked) == 1
        time[0] = 1.9
        await looks.now()
        assert len(looked) == 1
        time[0] = 2.1
        assert await looks.now() == {"store": "ok"} and len(looked) == 2

    asyncio.run(ask())


def test_the_figures_of_the_docs_are_those_of_the_server_and_alerts_ask_for_them(team: Team) -> None:
    browser = here(team)
    browser.get("/healthz")
    families = list(text_string_to_metric_families(browser.get("/metrics").text))
    names = {
        f.name + ("_total" if f.type == "counter" else "")
        for f in families
        if not f.name.endswith("_created")
    }
    told = dict(re.findall(r"^\| `(ctg_\w+)` \| (.*?) \|", DOCS, re.MULTILINE))
    only_after_a_batch = {n for n in told if n.startswith("ctg_last_batch_") and not n.endswith("outcome")}
    assert set(told) == names | only_after_a_batch
    for family in families:
        for label in {x for s in family.samples for x in s.labels if x != "le"}:
            if not family.name.endswith("_created"):
                assert f"`{label}`" in told[family.name + ("_total" if family.type == "counter" else "")]
    scrape, alerts = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL))
    asked = {n for g in alerts["groups"] for r in g["rules"] for n in re.findall(r"ctg_\w+", r["expr"])}
    assert len(asked) >= 5 and asked <= set(told) and scrape["scrape_configs"][0]["job_name"] == "ctg"
