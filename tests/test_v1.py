"""The interface for programs: by a token they read what its person may see, no more, and all of it."""

from __future__ import annotations

import csv
import io
import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Doing
from ctg_nlp.independence import give
from ctg_nlp.people import set_active, set_password, set_role
from ctg_nlp.records import (
    Answer,
    Assignment,
    BlockKind,
    FilterDecision,
    Page,
    Passage,
    Purpose,
    Role,
    Scope,
    Span,
    User,
)  # fmt: skip
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import people as people_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.database import Store
from ctg_nlp.store.tokens import tokens
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.tables import synthesis_tables
from ctg_nlp.tokens import make_token, revoke_token
from ctg_nlp.web.access import NEEDED, SCOPED, Needs
from ctg_nlp.web.problems import V1
from ctg_nlp.web.v1_columns import RESOURCES
from ctg_nlp.web.v1_forms import _csv_lines

from .desks import ID, OTHER, TEXT
from .team import LOCAL, PASSWORD, Team, make_team

SETS = [r for r in RESOURCES if r.name not in ("tables", "dictionary")]
ALL = tuple(Scope)


class Program(TestClient):
    """A program that sends a token with every request."""

    def rows(self, resource: str, **asked: Any) -> list[dict[str, Any]]:
        """All rows of a set, part by part."""
        part = self.part(resource, **asked)
        found = part["data"]
        while part["next"] is not None:
            part = self.part(resource, cursor=part["next"], **asked)
            found += part["data"]
        return found

    def part(self, resource: str, **asked: Any) -> dict[str, Any]:
        """One part of a set."""
        answer = self.get(f"{V1}/{resource}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, status: int, **headers: str) -> str:
        """Why something is refused."""
        answer = self.get(f"{V1}/{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        told = answer.json()
        assert told["status"] == status and told["title"] and told["type"] == "about:blank"
        return str(told["detail"])


def client(team: Team, token: str = "", address: str = "192.0.2.9") -> Program:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Program(
        team.app,
        base_url=LOCAL,
        headers=headers,
        follow_redirects=False,
        client=(address, 5000),
        raise_server_exceptions=False,
    )


def program(team: Team, name: str, *scopes: Scope) -> Program:
    """A program that reads in somebody's name."""
    said = make_token(team.desk.store, name, scopes or ALL, "a test", now=team.clock(), who="cy")[1]
    return client(team, said)


def say(team: Team, coder: str, report: str, code: str, answer: Answer = Answer.PRESENT, **more: Any) -> None:
    """A coder decides on one code of the first dimensions."""
    dimension, code = code.split(".")
    doing = Doing(str(uuid.uuid4()), dimension, code or None, answer, assisted=False, **more)
    team.desk.as_coder(coder, restricted=False).do(report, doing)


def locked(team: Team, coder: str, report: str) -> None:
    """A coder has coded a report blind to its end."""
    with team.desk.store.transaction() as db:
        independence_store.lock(db, report, coder, team.clock())


def codes_of(team: Team) -> list[str]:
    """Some codes that can stand beside each other."""
    return [
        f"{d.id}.{c.id}"
        for d in team.desk.framework.stage("map")
        if d.kind == "multi"
        for c in d.codes
        if not (c.exclusive or c.missing)
    ]


def people_in(store: Store, folder: Path) -> Team:
    """Two reports of two passages each; two coders, an adjudicator and a lead, who have no passwords."""
    made = make_team(store, folder)
    for name, role in (("ada", "coder"), ("ben", "coder"), ("bea", "adjudicator"), ("cy", "lead")):
        with store.transaction() as db:  # hashing passwords that nobody uses would take most of the time
            people_store.put_user(
                db, User(name, Role(role), created_at=made.clock(), created_by="cy"), "none"
            )
    page = Page(1, 595.0, 842.0, TEXT)
    cuts = (0, 24), (25, len(TEXT))
    passages = [Passage(1, a, b, BlockKind.PARAGRAPH, TEXT[a:b]) for a, b in cuts]
    with store.transaction() as db:
        for report_id in (ID, OTHER):
            report_store.put_pages(db, report_id, [page], passages)
    return made


def decided_on(team: Team) -> Team:
    """The same with decisions of two people, who differ on one code of the first report."""
    for report in (ID, OTHER):
        for n, code in enumerate(codes_of(team)[:3]):
            said = Answer.ABSENT if n else Answer.PRESENT
            say(team, "bea", report, code, said, evidence=(Span(1, 0, 24),))
    say(team, "cy", ID, codes_of(team)[1], Answer.PRESENT, note="=SUM(A1)")
    framework = team.desk.framework
    wanted = framework.filters[0]
    with team.desk.store.transaction() as db:
        for report in (ID, OTHER):
            given = str(uuid.uuid4()), report, wanted.id, wanted.levels[0].id, "as it tells", "bea"
            said_so = FilterDecision(*given, team.clock(), framework.framework_id)
            selection_store.add_filter_decision(db, said_so)
    return team


@pytest.fixture
def team(store: Store, tmp_path: Path) -> Team:
    return people_in(store, tmp_path / "home")


@pytest.fixture
def coded(team: Team) -> Team:
    return decided_on(team)


@pytest.fixture
def coded_anywhere(any_store: Store, tmp_path: Path) -> Team:
    """On SQLite and PostgreSQL."""
    return decided_on(people_in(any_store, tmp_path / "home"))


# Who is let in


def test_without_a_token_or_with_a_wrong_one_nothing_is_read(team: Team) -> None:
    for path in sorted(SCOPED):
        answer = client(team).get(path)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer"
    for wrong in ("x", "ctg_", "ctg_" + "a" * 60, ""):
        assert "opens nothing" in client(team).refused("reports", 401, Authorization=f"Bearer {wrong}")
    good = program(team, "cy").headers["authorization"].removeprefix("Bearer ")
    assert "opens nothing" in client(team).refused("reports", 401, Authorization=f"Basic {good}")


def test_a_token_opens_no_page_and_changes_nothing(team: Team) -> None:
    cy = program(team, "cy")
    assert cy.get("/").status_code == 303 and cy.get(f"/api/reports/{ID}").status_code == 401
    act = {"act_id": str(uuid.uuid4()), "kind": "rest_absent", "dimension": "phase"}
    assert cy.post(f"/api/reports/{ID}/acts", json=act).status_code == 401
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = cy.request(method, f"{V1}/reports", json={})
        assert answer.status_code == 405 and answer.json()["status"] == 405


def test_a_token_that_ended_or_whose_person_left_opens_nothing_at_once(team: Team) -> None:
    cy = program(team, "cy")
    assert cy.part("reports")["data"]
    with team.desk.store.reading() as db:
        revoke_token(team.desk.store, tokens(db)[0].token_id, now=team.clock(), who="cy")
    assert "revoked" in cy.refused("reports", 401)
    bea = program(team, "bea")
    set_active(team.desk.store, "bea", False, now=team.clock(), who="cy")
    assert "deactivated" in bea.refused("reports", 401)
    short = make_token(team.desk.store, "cy", ALL, "a test", days=2, now=team.clock(), who="cy")[1]
    assert client(team, short).part("reports")["data"]
    team.clock.hour += 48
    assert "expired" in client(team, short).refused("reports", 401)


def test_who_has_to_choose_a_password_first_reads_nothing_by_a_token_either(team: Team) -> None:
    team.add("new", "lead", must_change=True)
    assert "password" in program(team, "new").refused("reports", 403)


def test_wrong_tokens_cost_their_address_waits_and_a_good_one_none(team: Team) -> None:
    wrong = client(team, "ctg_wrong", "192.0.2.77")
    found = [wrong.get(f"{V1}/me") for _ in range(8)]
    assert [a.status_code for a in found][:5] == [401] * 5 and found[-1].status_code == 429
    assert int(found[-1].headers["retry-after"]) >= 1
    good = program(team, "cy").headers["authorization"].removeprefix("Bearer ")
    assert client(team, good, "192.0.2.77").part("me")["person"] == "cy"
    assert client(team, "ctg_wrong", "192.0.2.78").get(f"{V1}/me").status_code == 401


@pytest.mark.parametrize("scope", [None, *Scope])
def test_a_token_reads_what_its_scopes_name_and_nothing_else(coded: Team, scope: Scope | None) -> None:
    has = scope or Scope.REPORTS
    cy = program(coded, "cy", has)
    for path, needed in SCOPED.items():
        answer = cy.get(path.replace("{report_id}", ID).replace("{name:path}", "none"))
        assert (answer.status_code == 403) == (needed not in (None, has)), path
        if answer.status_code == 403:
            assert f"lacks the scope {needed}" in answer.json()["detail"]
    assert cy.part("me")["scopes"] == [str(has)]


def test_every_route_for_programs_has_a_scope_in_the_table_and_is_read_only() -> None:
    routes = {key.split(" ")[1] for key in NEEDED if key.split(" ")[1].startswith(V1)}
    assert routes == set(SCOPED)
    assert {key.split(" ")[0] for key in NEEDED if key.split(" ")[1].startswith(V1)} == {"GET"}


@pytest.mark.parametrize(
    ("name", "rank"), [("ada", Needs.CODER), ("bea", Needs.ADJUDICATOR), ("cy", Needs.LEAD)]
)
def test_a_token_has_the_role_of_its_person_as_it_is_now(coded: Team, name: str, rank: Needs) -> None:
    one = program(coded, name)
    for path in SCOPED:
        answer = one.get(path.replace("{report_id}", ID).replace("{name:path}", "none"))
        assert (answer.status_code == 403) == (NEEDED[f"GET {path}"].value > rank.value), path
    set_role(coded.desk.store, name, Role.ADMINISTRATOR, now=coded.clock(), who="cy")
    for path in SCOPED:
        assert one.get(path.replace("{report_id}", ID)).status_code == 403


def test_on_ones_own_machine_without_users_nobody_needs_a_token(store: Store, tmp_path: Path) -> None:
    alone = make_team(store, tmp_path / "home")
    assert {r["report"] for r in client(alone).rows("reports")} == {ID, OTHER}
    assert client(alone).get(f"{V1}/reports", headers={"Host": "evil.example"}).status_code == 403
    assert "opens nothing" in client(alone, "ctg_wrong").refused("reports", 401)


# What they may see


def read_by(one: Program, **asked: Any) -> dict[str, set[str]]:
    """The reports of which something is in each set."""
    return {r.name: {row["report"] for row in one.rows(r.name, **asked)} for r in SETS}


@pytest.mark.parametrize("purpose", list(Purpose))
def test_programs_read_the_reports_that_the_page_shows_their_person_and_no_other(
    coded: Team, purpose: Purpose
) -> None:
    given = ((OTHER, "ada", purpose), (ID, "ben", Purpose.CODING))
    with coded.desk.store.transaction() as db:
        independence_store.assign(db, [Assignment(*g, 1, coded.clock(), "cy") for g in given])
    for name in ("ada", "ben", "bea", "cy"):
        set_password(coded.desk.store, name, PASSWORD, now=coded.clock(), who="cy", must_change=False)
        browser, one = coded.browser(name), program(coded, name)
        shown = {r for r in (ID, OTHER) if browser.get(f"/api/reports/{r}").status_code == 200}
        found = read_by(one)
        assert found["reports"] == found["passages"] == shown, name
        assert all(some <= shown for some in found.values()), (name, found)
        for report in (ID, OTHER):
            allowed = report in shown
            assert (one.get(f"{V1}/reports/{report}").status_code == 200) == allowed
            for r in SETS:
                if r.name != "reports":
                    answer = one.get(f"{V1}/{r.name}", params={"report": report})
                    assert answer.status_code == (200 if allowed else 403), (name, r.name)


def test_who_codes_blind_reads_their_own_answers_and_neither_others_nor_what_is_suggested(
    coded_anywhere: Team,
) -> None:
    give(coded_anywhere.desk.store, [ID, OTHER], "ada", Purpose.DOUBLE, now=coded_anywhere.clock(), who="cy")
    coded_anywhere.desk.as_coder("ada", restricted=True).do(
        ID, Doing(str(uuid.uuid4()), *codes_of(coded_anywhere)[0].split("."), Answer.PRESENT)
    )
    ada = program(coded_anywhere, "ada")
    assert {d["coder"] for d in ada.rows("decisions")} == {"ada"}
    found = read_by(ada)
    assert found == {
        "reports": {ID}, "passages": {ID}, "decisions": {ID}, "evidence": set(), "coded": set(), "suggestions": set(),
        "filters": set(), "filter_decisions": set(),
    }  # fmt: skip
    locked(coded_anywhere, "ada", ID)
    assert {d["coder"] for d in ada.rows("decisions", report=ID)} == {"ada", "bea", "cy"}
    assert read_by(ada)["suggestions"] == {ID} and read_by(ada)["reports"] == {ID, OTHER}


def test_a_lead_who_codes_blind_gets_neither_tables_nor_exports(coded: Team) -> None:
    cy = program(coded, "cy")
    assert cy.rows("tables") and cy.part("exports") == {"data": []}
    give(coded.desk.store, [ID], "cy", Purpose.AUDIT, now=coded.clock(), who="bea")
    for path in ("tables", "exports", "exports/a.csv"):
        assert "without seeing that" in cy.refused(path, 403)
    assert read_by(cy)["coded"] == set() and read_by(cy)["suggestions"] == set()


def test_what_was_said_of_a_report_that_somebody_codes_blind_is_given_to_nobody_else(
    coded_anywhere: Team,
) -> None:
    give(coded_anywhere.desk.store, [ID], "ada", Purpose.DOUBLE, now=coded_anywhere.clock(), who="cy")
    say(coded_anywhere, "ada", ID, codes_of(coded_anywhere)[4])
    cy = program(coded_anywhere, "cy")
    assert {r["report"]: r["coded_blind"] for r in cy.rows("reports")} == {ID: 1, OTHER: 0}
    assert {d["coder"] for d in cy.rows("decisions", report=ID)} == {"cy"}  # their own
    found = read_by(cy)
    assert found["coded"] == {OTHER} and found["evidence"] == {OTHER} and found["suggestions"] == {ID, OTHER}
    for name in ("decisions", "coded"):
        assert cy.part(name)["left_out"] == 1
        assert cy.get(f"{V1}/{name}?format=csv").headers["ctg-left-out"] == "1"
    assert "somebody still codes blind" in cy.refused("exports", 409)
    locked(coded_anywhere, "ada", ID)
    assert "ada" in {d["coder"] for d in cy.rows("decisions", report=ID)}
    assert cy.part("coded")["left_out"] == 0 and cy.part("exports") == {"data": []}


def test_an_assignment_in_the_middle_of_a_set_closes_the_rest_of_it(coded: Team) -> None:
    bea = program(coded, "bea")
    part = bea.part("decisions", limit=1)
    give(coded.desk.store, [OTHER], "bea", Purpose.AUDIT, now=coded.clock(), who="cy")
    rest = bea.rows("decisions")
    assert part["data"][0]["report"] == ID
    assert {(d["report"], d["coder"]) for d in rest} == {(OTHER, "bea")}


def test_withdrawn_reports_are_in_no_set(coded: Team) -> None:
    store = coded.desk.store
    with store.transaction() as db:
        gone = replace(report_store.report(db, ID), withdrawn_at=coded.clock(), withdrawn_by="cy", withdrawn_why="asked")  # fmt: skip
        report_store.put_report(db, gone)
    cy = program(coded, "cy")
    assert all(some <= {OTHER} for some in read_by(cy).values())
    assert "withdrawn" in cy.refused(f"reports/{ID}", 404)
    assert "withdrawn" in cy.refused(f"decisions?report={ID}", 404)


def test_what_is_suggested_enters_neither_decisions_nor_what_they_come_to(coded: Team) -> None:
    cy = program(coded, "cy")
    decided = set(codes_of(coded)[:3])
    assert all(s["suggested"] for s in cy.rows("suggestions", report=ID))  # every code, in this store
    told = {f"{c['dimension']}.{c['code']}": c["state"] for c in cy.rows("coded", report=ID)}
    assert {code for code, state in told.items() if state != "not decided"} == decided
    assert [told[code] for code in codes_of(coded)[:3]] == ["present", "in conflict", "absent"]
    assert {f"{d['dimension']}.{d['code']}" for d in cy.rows("decisions")} == decided
    machine = {c.name for r in RESOURCES if r.suggested for c in r.columns} & {"suggested", "score", "model"}
    assert not any(machine & set(r.names) for r in RESOURCES if not r.suggested)


def test_a_cell_of_a_table_is_what_the_table_says(coded: Team) -> None:
    cy, framework = program(coded, "bea"), coded.desk.framework
    found = cy.rows("tables")
    made = synthesis_tables(framework, dataset(coded.desk.store, framework))
    expected = [
        (t.number, t.dimension, r.id, r.n, r.percent, r.denominator, r.undecided)
        for t in made
        for r in t.rows
        if r.kind is not RowKind.GROUP
    ]
    names = ("table", "dimension", "row", "n", "percent", "denominator", "undecided")
    assert [tuple(row[n] for n in names) for row in found] == expected
    assert any(row["n"] == 2 for row in found)
    by = cy.rows("tables", table=made[0].dimension, by="cohort")
    assert {row["part"] for row in by} >= {"1", "2"} and {row["by"] for row in by} == {"cohort"}
    assert "no table 99" in cy.refused("tables?table=99", 400)


# All of it


def test_the_parts_of_a_set_are_the_whole_whatever_their_size(coded_anywhere: Team) -> None:
    cy = program(coded_anywhere, "cy")
    for resource in SETS:
        sent = cy.get(f"{V1}/{resource.name}?format=jsonl").text
        whole = [json.loads(line) for line in sent.splitlines()]
        assert whole and list(whole[0]) == list(resource.names)
        for limit in (1, 2, 3, 5000) if len(whole) < 50 else (97, 5000):
            assert cy.rows(resource.name, limit=limit) == whole
        assert len(cy.part(resource.name, limit=2)["data"]) <= 2
        table = list(csv.DictReader(io.StringIO(cy.get(f"{V1}/{resource.name}?format=csv").text)))
        as_text = [{k: "" if v is None else str(v) for k, v in row.items()} for row in whole]
        assert [{k: v.removeprefix("'") for k, v in row.items()} for row in table] == as_text


def test_decisions_that_come_in_meanwhile_are_read_once_and_after_those_before(coded_anywhere: Team) -> None:
    cy = program(coded_anywhere, "cy")
    first = cy.part("decisions", limit=3)
    say(coded_anywhere, "cy", ID, codes_of(coded_anywhere)[5])
    rest = cy.rows("decisions", limit=2)
    follow = []
    cursor = first["next"]
    while cursor:
        part = cy.part("decisions", limit=2, cursor=cursor)
        follow, cursor = follow + part["data"], part["next"]
    numbers = [d["decision"] for d in first["data"] + follow]
    assert numbers == sorted(set(numbers)) == [d["decision"] for d in rest]
    say(coded_anywhere, "cy", ID, codes_of(coded_anywhere)[6])
    assert [d["code"] for d in cy.rows("decisions", since=numbers[-1])] == [
        codes_of(coded_anywhere)[6].split(".")[1]
    ]


def test_sets_can_be_narrowed_to_a_report_a_dimension_or_a_stage(coded: Team) -> None:
    cy = program(coded, "cy")
    dimension = codes_of(coded)[0].split(".")[0]
    for name in ("decisions", "evidence", "coded", "suggestions"):
        every = cy.rows(name)
        wanted = [r for r in every if r["report"] == OTHER and r["dimension"] == dimension]
        assert wanted and cy.rows(name, report=OTHER, dimension=dimension) == wanted
        assert cy.rows(name, stage="map") == [r for r in every if r["stage"] == "map"]
    assert "no dimension nothing" in cy.refused("coded?dimension=nothing", 400)
    assert "no such report" in cy.refused(f"coded?report={'e' * 64}", 404)


def test_evidence_is_the_text_of_the_page_at_its_place(coded: Team) -> None:
    found = program(coded, "cy").rows("evidence")
    assert len(found) == 6 and {(e["page"], e["start"], e["end"], e["part"]) for e in found} == {
        (1, 0, 24, 1)
    }
    assert all(TEXT[e["start"] : e["end"]] == e["quote"] for e in found)


def test_a_line_break_of_any_kind_in_a_text_makes_no_line_of_csv() -> None:
    (row,) = csv.reader(io.StringIO(_csv_lines([["a\r=1+1", "b"]]).decode(), newline=""))
    assert row == ["a\r=1+1", "b"]


def test_a_text_that_a_spreadsheet_would_run_is_neutral_in_csv_alone(coded: Team) -> None:
    cy = program(coded, "cy")
    assert "'=SUM(A1)" in cy.get(f"{V1}/decisions?format=csv").text
    assert "=SUM(A1)" in {d["note"] for d in cy.rows("decisions")}


def test_what_is_the_same_as_before_is_not_sent_again(coded: Team) -> None:
    cy = program(coded, "cy")
    answer = cy.get(f"{V1}/decisions")
    mark = {"If-None-Match": answer.headers["etag"]}
    again = cy.get(f"{V1}/decisions", headers=mark)
    assert (again.status_code, again.content) == (304, b"") and answer.headers["cache-control"] == "no-store"
    say(coded, "cy", ID, codes_of(coded)[5])
    changed = cy.get(f"{V1}/decisions", headers=mark)
    assert changed.status_code == 200 and changed.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "e30", "WyJhIiwxLDJd", "WyJhIiwxZTMwOSwxXQ", "bnVsbA", "é", "=" * 9]
)
def test_a_cursor_that_is_none_is_told_in_words(coded: Team, cursor: str) -> None:
    said = program(coded, "cy").refused(f"decisions?cursor={cursor}", 400)
    assert "cursor" in said


def test_a_cursor_of_another_question_or_person_is_not_taken(coded: Team) -> None:
    cy = program(coded, "cy")
    cursor = cy.part("decisions", limit=1)["next"]
    assert cy.part("decisions", limit=1, cursor=cursor)["data"]
    for path in (f"evidence?cursor={cursor}", f"decisions?report={ID}&cursor={cursor}"):
        assert "another question" in cy.refused(path, 400)
    assert "another question" in program(coded, "bea").refused(f"decisions?cursor={cursor}", 400)


def test_a_parameter_that_would_have_no_effect_is_refused(coded: Team) -> None:
    cy = program(coded, "cy")
    assert "no such parameter; there are" in cy.refused("decisions?dimention=phase", 422)
    assert "no such parameter; there are: none" in cy.refused("me?x=1", 422)
    for path in (
        "decisions?limit=0",
        "decisions?limit=9999",
        "decisions?format=xml",
        "reports/none",
        "coded?report=G1",
    ):
        assert cy.refused(path, 422)


# What is left behind


def test_reads_by_programs_are_logged_once_an_hour_with_the_token(coded: Team) -> None:
    cy = program(coded, "cy", Scope.DECISIONS, Scope.REPORTS)
    cy.rows("reports")
    assert coded.log("read") == []  # a list of reports is no reading of them
    for _ in range(3):
        cy.rows("decisions", limit=2)
    with coded.desk.store.reading() as db:
        token_id = tokens(db)[-1].token_id
    noted = [(e.who, e.subject, dict(e.detail)) for e in coded.log("read")]
    assert noted == [("cy", ID, {"token": token_id}), ("cy", OTHER, {"token": token_id})]
    coded.clock.hour += 1
    cy.get(f"{V1}/decisions?format=csv")
    assert len(coded.log("read")) == 4


def test_the_files_of_exports_are_listed_sent_whole_and_logged(coded: Team, tmp_path: Path) -> None:
    folder = coded.desk.home.coded
    (folder / "dataset").mkdir()
    (folder / "dataset" / "codes.csv").write_bytes(b"a,b\n" * 200_000)
    (folder / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    cy = program(coded, "cy")
    (listed,) = cy.part("exports")["data"]
    assert (listed["name"], listed["bytes"]) == ("dataset/codes.csv", 800_000)
    assert cy.get(f"{V1}/exports/dataset/codes.csv").content == b"a,b\n" * 200_000
    for name in ("link", ".hidden", "%2e%2e/%2e%2e/ctg.toml", "/etc/passwd", "dataset", "dataset/none"):
        assert cy.get(f"{V1}/exports/{name}").status_code == 404, name
    assert [(e.who, e.subject) for e in coded.log("export")] == [("cy", "dataset/codes.csv")]
