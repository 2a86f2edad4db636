"""Log-in, sessions, rights and what others may not do, through the real application. docs/security.md names
these tests beside the requirements that they show."""

from __future__ import annotations

import re
import socket
import ssl
import statistics
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from ctg_nlp import desk as desk_module
from ctg_nlp.cli.place import Place
from ctg_nlp.desk import Doing
from ctg_nlp.errors import CtgError
from ctg_nlp.independence import give
from ctg_nlp.people import set_active, set_role
from ctg_nlp.records import Answer, Purpose, Role
from ctg_nlp.store.audit_log import walk
from ctg_nlp.store.database import Store
from ctg_nlp.store.decisions import decisions
from ctg_nlp.web.access import NEEDED, Needs
from ctg_nlp.web.guard import MOST_SENT
from ctg_nlp.web.sessions import local_address
from ctg_nlp.web.throttle import FREE, LONGEST, Throttle

from .conftest import ROOT
from .team import LOCAL, PASSWORD, TLS, Browser, Team, make_team
from .test_desk import ID, OTHER

SECURITY = ROOT / "docs" / "security.md"


@pytest.fixture
def team(store: Store, tmp_path: Path) -> Team:
    """No users yet."""
    return make_team(store, tmp_path / "home")


@pytest.fixture
def people(team: Team) -> Team:
    """A coder, an adjudicator, a lead and an administrator."""
    for name, role in (("ada", "coder"), ("bea", "adjudicator"), ("cy", "lead"), ("dan", "administrator")):
        team.add(name, role)
    return team


def codes_of(team: Team) -> list[tuple[str, str]]:
    """(dimension, code) of codes that forbid no other."""
    return [
        (d.id, c.id) for d in team.desk.framework.stage("map") if d.kind == "multi"
        for c in d.codes if not (c.exclusive or c.missing)
    ]  # fmt: skip


def an_act(team: Team, n: int = 0) -> dict:
    dimension, code = codes_of(team)[n]
    return {
        "act_id": str(uuid.uuid4()),
        "kind": "answer",
        "dimension": dimension,
        "code": code,
        "answer": "present",
    }


def paths_of(team: Team) -> Iterator[tuple[str, str]]:
    """All routes as method and path, those of routers included."""
    for path, methods in team.app.openapi()["paths"].items():
        for method in methods:
            yield (
                method.upper(),
                path.replace("{filename}", "{filename:path}")
                .replace("{group}", "{group:path}")
                .replace("{name}", "{name:path}"),
            )
    for route in team.app.routes:
        if isinstance(route, Route | APIRoute):
            yield from ((m, route.path) for m in (route.methods or ()) if m != "HEAD")


def filled(path: str) -> str:
    return path.replace("{report_id}", ID).replace("{number}", "1").replace("{memo_id}", str(uuid.uuid4())).replace("{act_id}", str(uuid.uuid4())).replace("{filename:path}", "a.pdf")  # fmt: skip


def test_every_route_has_a_role_in_the_table_and_the_table_no_other(team: Team) -> None:
    assert {f"{method} {path}" for method, path in paths_of(team)} == set(NEEDED)
    mounts = [r.path for r in team.app.routes if isinstance(r, Mount)]
    assert mounts == ["/static"]


def test_a_route_without_a_role_is_open_to_nobody(people: Team) -> None:
    people.app.add_api_route("/forgotten", lambda: {"text": "secret"})
    for name in ("ada", "cy", "dan"):
        answer = people.browser(name).get("/forgotten")
        assert answer.status_code == 403 and "secret" not in answer.text


def test_without_users_the_local_coder_does_all_and_nobody_logs_in(team: Team) -> None:
    browser = team.browser()
    assert browser.get("/").status_code == 200 and "Log out" not in browser.get("/").text
    assert browser.get("/progress").status_code == 200
    assert browser.get("/login").headers["location"] == "/"
    assert browser.post(f"/api/reports/{ID}/acts", json=an_act(team)).status_code == 200
    with team.desk.store.reading() as db:
        assert [d.coder for d in decisions(db, [ID])] == ["local"]


def test_without_a_session_nothing_but_the_log_in_is_open(people: Team) -> None:
    browser = people.browser()
    for key, needs in NEEDED.items():
        method, path = key.split(" ")
        asked = browser.request(
            method, filled(path), headers={"Content-Type": "application/json"}, content=b"{}" if method != "GET" else None
        )  # fmt: skip
        if needs is Needs.NOTHING:
            assert asked.status_code in (200, 401, 422), key
        elif needs is Needs.MACHINE:
            assert asked.status_code == 403 and set(asked.json()) == {"problem"}, key
        elif path.startswith("/api/v1/"):
            assert asked.status_code == 401 and asked.json()["status"] == 401, key
        elif path.startswith("/api/") or path.endswith("/picture"):
            assert asked.status_code == 401 and set(asked.json()) == {"problem"}, key
        else:
            assert asked.status_code == 303 and asked.headers["location"].startswith("/login"), key
    for path in ("/nothing", "/openapi.json", "/docs", "/api/nothing", "//", "/login/", "/LOGIN"):
        assert browser.get(path).status_code in (303, 401), path
    assert browser.get("/static/style.css").status_code == 200
    assert browser.get("/healthz").text == "ok"
    assert browser.get("/static/../ctg.toml").status_code in (303, 404)


def test_users_that_are_added_while_the_page_is_served_count_at_once(team: Team) -> None:
    browser = team.browser()
    assert browser.get("/").status_code == 200
    team.add("ada")
    assert browser.get("/").status_code == 303


ROLES = {"coder": Needs.CODER, "adjudicator": Needs.ADJUDICATOR, "lead": Needs.LEAD}


@pytest.mark.parametrize(("name", "role"), [("ada", "coder"), ("bea", "adjudicator"), ("cy", "lead"), ("dan", "administrator")])  # fmt: skip
def test_each_role_can_use_the_routes_that_it_needs_and_no_other(people: Team, name: str, role: str) -> None:
    browser = people.browser(name)
    for key, needs in NEEDED.items():
        method, path = key.split(" ")
        if path in ("/logout", "/login", "/password", "/api/submissions/read"):
            continue
        sent = {"content": b"{}", "headers": {"Content-Type": "application/json"}} if method != "GET" else {}
        allowed = browser.request(method, filled(path), **sent).status_code != 403
        if role == "administrator":
            if key == "GET /":  # there is no queue for them: they are sent to the page of users
                continue
            assert allowed == (needs in (Needs.NOTHING, Needs.LOG_IN, Needs.ADMINISTRATOR)), key
        else:
            assert allowed == (needs.value <= ROLES[role].value), key


def test_an_administrator_sees_no_report(people: Team) -> None:
    browser = people.browser("dan")
    first = browser.get("/", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (303, "/people")
    for path in (
        f"/reports/{ID}",
        f"/api/reports/{ID}",
        f"/api/reports/{ID}/pages/1",
        "/search?q=pupils",
    ):
        answer = browser.get(path)
        assert answer.status_code == 403 and "Pupils" not in answer.text
    assert browser.get("/people").status_code == 200


def test_decisions_carry_the_name_of_who_logged_in_whatever_is_sent(people: Team) -> None:
    for name in ("ada", "bea"):
        browser = people.browser(name)
        assert browser.post(f"/api/reports/{ID}/acts", json=an_act(people)).status_code == 200
        forged = browser.post(f"/api/reports/{ID}/acts", json={**an_act(people), "coder": "cy"})
        assert forged.status_code == 422
        assert browser.get(f"/api/reports/{ID}").json()["coder"] == name
    with people.desk.store.reading() as db:
        assert sorted(d.coder for d in decisions(db, [ID])) == ["ada", "bea"]


def test_nobody_can_undo_or_delete_what_another_did(people: Team) -> None:
    ada, bea = people.browser("ada"), people.browser("bea")
    act = an_act(people)
    ada.post(f"/api/reports/{ID}/acts", json=act)
    memo = {"memo_id": str(uuid.uuid4()), "text": "mine"}
    assert ada.post(f"/api/reports/{ID}/memos", json=memo).status_code == 200
    assert bea.post(f"/api/reports/{ID}/undo", json={"act_id": act["act_id"]}).status_code == 422
    assert bea.post(f"/api/reports/{ID}/acts", json=act).status_code == 409
    assert bea.post(f"/api/memos/{memo['memo_id']}/delete", json={}).status_code == 422
    assert ada.post(f"/api/reports/{ID}/undo", json={"act_id": act["act_id"]}).status_code == 200


def test_a_coder_sees_the_progress_of_no_other_coder_and_a_lead_of_all(people: Team) -> None:
    for name in ("ada", "bea"):
        people.browser(name).post(f"/api/reports/{ID}/acts", json=an_act(people))
    own, all_ = people.browser("ada").get("/progress").text, people.browser("cy").get("/progress").text
    assert ">bea</th>" not in own and ">ada</th>" in own
    assert ">bea</th>" in all_ and ">ada</th>" in all_


def test_no_count_tells_who_codes_blind_whether_others_say_the_same(people: Team) -> None:
    people.add("ben")
    people.desk.as_coder("cy", restricted=False).do(
        ID, Doing(str(uuid.uuid4()), "stakeholders", "pupils", Answer.PRESENT, assisted=False)
    )
    seen = []
    for coder, answer in (("ada", Answer.PRESENT), ("ben", Answer.ABSENT)):
        give(people.desk.store, [ID], coder, Purpose.DOUBLE, now=people.clock(), who="lead")
        browser = people.browser(coder)
        doing = Doing(str(uuid.uuid4()), "stakeholders", "pupils", answer)
        people.desk.as_coder(coder, restricted=True).do(ID, doing)
        pages = [browser.get(path).text.replace(coder, "") for path in ("/", "/progress")]
        seen.append([re.sub(r"2026-\S+ \S+", "", page) for page in pages])
    assert seen[0] == seen[1]
    assert "codes not decided" not in seen[0][0] and "of 2 reports done" not in seen[0][1]


def test_next_passes_over_no_report_because_another_coder_passed_it(people: Team) -> None:
    ada, bea = people.browser("ada"), people.browser("bea")
    first = bea.get("/next").headers["location"]
    seen = re.search(r"[0-9a-f]{64}", first)
    assert seen
    assert ada.get(f"/next?after={seen[0]}").headers["location"] != first
    assert bea.get("/next").headers["location"] == first


def test_a_report_that_is_not_assigned_is_not_shown_to_a_coder(people: Team) -> None:
    give(people.desk.store, [ID], "ada", Purpose.CODING, now=people.clock(), who="cy")
    browser, lead = people.browser("ada"), people.browser("cy")
    for path in ("/reports/{}", "/api/reports/{}", "/api/reports/{}/pages/1", "/reports/{}/pages/1/picture"):
        assert browser.get(path.format(OTHER)).status_code == 403
        assert browser.get(path.format(ID)).status_code != 403
        assert lead.get(path.format(OTHER)).status_code != 403
    assert browser.post(f"/api/reports/{OTHER}/acts", json=an_act(people)).status_code == 403
    found = browser.get("/search?q=pupils").text
    assert ID in found and OTHER not in found
    assert [e.subject for e in people.log("read") if e.who == "ada"] == [ID]


def test_deleting_a_memo_shows_no_memos_of_a_report_that_is_not_open_any_more(people: Team) -> None:
    mine = {"memo_id": str(uuid.uuid4()), "text": "mine"}
    ada = people.browser("ada")
    for browser, memo in (
        (ada, mine),
        (people.browser("cy"), {"memo_id": str(uuid.uuid4()), "text": "theirs"}),
    ):
        assert browser.post(f"/api/reports/{ID}/memos", json=memo).status_code == 200
    give(people.desk.store, [OTHER], "ada", Purpose.DOUBLE, now=people.clock(), who="lead")
    refused = ada.post(f"/api/memos/{mine['memo_id']}/delete", json={})
    assert refused.status_code == 403 and "theirs" not in refused.text


def test_the_cookie_is_hidden_from_scripts_and_never_sent_from_other_sites(people: Team) -> None:
    browser = people.browser()
    cookie = browser.log_in("ada").headers["set-cookie"]
    assert cookie.startswith("ctg=") and "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert "Path=/" in cookie and "domain" not in cookie.lower() and "Secure" not in cookie


def test_over_tls_the_cookie_is_secure_and_bound_to_the_host(store: Store, tmp_path: Path) -> None:
    team = make_team(store, tmp_path / "home", TLS)
    team.add("ada")
    browser = team.browser(base="https://coding.example.org")
    answer = browser.log_in("ada")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ctg=") and "; Secure" in cookie and "HttpOnly" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert browser.get("/").status_code == 200


def test_each_log_in_gives_a_new_session_and_ends_the_one_before(people: Team) -> None:
    browser = people.browser("ada")
    before = browser.cookies["ctg"]
    browser.log_in("ada")
    assert browser.cookies["ctg"] != before
    assert people.browser().get("/", headers={"Cookie": f"ctg={before}"}).status_code == 303
    fixed = people.browser()
    fixed.cookies.set("ctg", "chosen-by-somebody-else")
    fixed.log_in("ada")
    assert "chosen-by-somebody-else" not in [c.value for c in fixed.cookies.jar if c.domain != ""]


def test_logging_out_ends_the_session_on_the_server(people: Team) -> None:
    browser = people.browser("ada")
    token = browser.cookies["ctg"]
    answer = browser.form("/logout", {"a": ""})
    assert answer.status_code == 303 and answer.headers["clear-site-data"] == '"cache"'
    assert people.browser().get("/", headers={"Cookie": f"ctg={token}"}).status_code == 303


def test_a_session_ends_when_it_was_not_used_for_twelve_hours(people: Team) -> None:
    browser = people.browser("ada")
    people.clock.hour += 11
    assert browser.get("/").status_code == 200
    people.clock.hour += 13
    assert browser.get("/").status_code == 303
    assert browser.post(f"/api/reports/{ID}/acts", json=an_act(people)).status_code == 401


def test_a_changed_role_and_a_deactivated_user_count_at_the_next_click(people: Team) -> None:
    browser = people.browser("ada")
    set_active(people.desk.store, "ada", False, now=people.clock(), who="dan")
    assert browser.get("/").status_code == 303
    assert people.browser().log_in("ada").status_code == 401
    lead = people.browser("cy")
    set_role(people.desk.store, "cy", Role.ADMINISTRATOR, now=people.clock(), who="dan")
    assert lead.get("/").status_code == 303


@pytest.mark.parametrize(
    "cookie", ["ctg=", "ctg=x", "ctg=" + "a" * 5000, 'ctg="', "ctg=\xff", "other=1", "ctg=a; ctg=b"]
)
def test_a_forged_cookie_is_no_session(people: Team, cookie: str) -> None:
    assert people.browser().get("/", headers={"Cookie": cookie.encode("latin-1")}).status_code == 303


def test_wrong_passwords_and_unknown_names_get_the_same_answer(people: Team) -> None:
    set_active(people.desk.store, "bea", False, now=people.clock(), who="dan")
    told = []
    for name in ("ada", "nobody", "bea"):
        answer = people.browser().log_in(name, "not the password" if name != "bea" else PASSWORD)
        assert answer.status_code == 401 and "set-cookie" not in answer.headers
        told.append(answer.text.replace(f'value="{name}"', ""))
    assert told[0] == told[1] == told[2]


def test_a_log_in_works_without_javascript_and_puts_no_password_into_the_page(people: Team) -> None:
    page = people.browser().get("/login").text
    assert '<form method="post" action="/login"' in page
    assert 'type="password" autocomplete="current-password"' in page
    assert "not the password" not in people.browser().log_in("ada", "not the password").text


def test_guessing_is_slowed_down_by_name_and_address(people: Team) -> None:
    browser = people.browser()
    for _ in range(FREE):
        assert browser.log_in("ada", "not the password").status_code == 401
    late = browser.log_in("ada")
    assert late.status_code == 429 and int(late.headers["retry-after"]) >= 1
    assert browser.log_in("unheard-of", "x").status_code == 401
    assert people.browser(address="198.51.100.7").log_in("ada").status_code == 303  # she is not locked out


def test_waits_grow_are_bounded_and_fewer_than_a_hundred_tries_an_hour_are_possible() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = [throttle.begin("ada", "1") for _ in range(FREE)]
    assert waits == [0.0] * FREE
    tries, longest = FREE, 0.0
    while now[0] < 3600:
        wait = throttle.begin("ada", "1")
        tries, longest = tries + (wait == 0.0), max(longest, wait)
        now[0] += wait
    assert tries < 25 and longest == LONGEST
    spread = Throttle(lambda: now[0])
    assert sum(spread.begin("ada", str(n)) == 0.0 for n in range(1000)) == 20
    assert sum(spread.begin(f"name {n}", "another") == 0.0 for n in range(1000)) == 20


def test_a_right_password_clears_the_failures_of_its_name_only() -> None:
    throttle = Throttle(lambda: 0.0)
    for _ in range(FREE - 1):
        throttle.begin("ada", "1")
    throttle.begin("ada", "1")
    throttle.right("ada", "1")
    assert throttle.begin("ada", "1") == 0.0
    for n in range(30):
        throttle.begin(f"guess {n}", "1")
        if throttle.begin("ada", "1") == 0.0:
            throttle.right("ada", "1")
    assert throttle.begin("another", "1") > 0.0


def test_a_flood_of_names_does_not_fill_the_memory() -> None:
    throttle = Throttle(lambda: 0.0)
    for n in range(6000):
        throttle.begin(f"name {n}", f"{n}")
    assert len(throttle._tries) <= 10_002
    kept = Throttle(lambda: 0.0)
    kept.begin("n" * 1_000_000, "1")
    assert all(len(name) < 200 for name, _ in kept._tries)


def test_a_flood_of_names_does_not_make_earlier_failures_forgotten() -> None:
    now = [0.0]

    def later() -> float:
        now[0] += 1e-6
        return now[0]

    throttle = Throttle(later)
    for n in range(20):
        throttle.begin("ada", f"{n}")  # so that her name waits from everywhere
        throttle.begin(f"guess {n}", "flooder")  # and this address with every name
    assert throttle.begin("ada", "99") > 0.0 and throttle.begin("x", "flooder") > 0.0
    for n in range(12_000):
        throttle.begin(f"name {n}", "flooder")
    assert throttle.begin("x", "flooder") > 0.0
    for n in range(12_000):
        throttle.begin(f"name {n}", f"other {n}")
    assert throttle.begin("ada", "another") > 0.0 and throttle.begin("x", "flooder") > 0.0


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/%0d%0aX: y\r\nX: y",
     "javascript:alert(1)", "evil.example", "", "/a\tb", "/ /evil", "/logout", "/login?next=/", "/healthz",
     "///evil.example", "/" + "a" * 3000, "http:/evil"],
)  # fmt: skip
def test_after_the_log_in_only_pages_of_our_own_are_gone_to(people: Team, address: str) -> None:
    assert local_address(address) == "/"
    assert people.browser().log_in("ada", onward=address).headers["location"] == "/"


@pytest.mark.parametrize(
    "address", ["/", f"/reports/{ID}?by=code&code=a.b", "/search?q=%C3%A4+b", "/progress"]
)
def test_the_page_that_was_asked_for_is_returned_to(people: Team, address: str) -> None:
    browser = people.browser()
    asked = browser.get(address).headers["location"]
    page = browser.get(asked).text
    onward = re.search(r'name="next" value="([^"]*)"', page)
    assert onward
    gone = browser.log_in("ada", onward=onward[1].replace("&amp;", "&")).headers["location"]
    assert gone.split("?")[0] == address.split("?")[0] and browser.get(gone).status_code in (200, 400)


FOREIGN = {"Origin": "https://evil.example"}


@pytest.mark.parametrize("path", ["/login", "/logout", "/password", "/people"])
def test_forms_of_other_sites_or_without_an_origin_are_refused(people: Team, path: str) -> None:
    browser = people.browser("dan")
    fields = {"name": "dan", "password": PASSWORD, "do": "deactivate"}
    for headers in (FOREIGN, {"Origin": "null"}, {"Origin": "http://127.0.0.1:8000"}, {}):
        assert browser.post(path, data=fields, headers=headers).status_code == 403
    crossed = {"Origin": LOCAL, "Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, data=fields, headers=crossed).status_code == 403
    assert browser.get("/people").status_code == 200


def test_other_sites_can_send_neither_json_nor_forms_nor_files_to_the_api(people: Team) -> None:
    browser = people.browser("ada")
    act, address = an_act(people), f"/api/reports/{ID}/acts"
    assert browser.post(address, json=act, headers=FOREIGN).status_code == 403
    assert browser.post(address, data=act, headers={"Origin": LOCAL}).status_code == 415
    assert browser.post(address, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    assert browser.put("/api/submissions/a.pdf", content=b"%PDF", headers=FOREIGN).status_code == 403
    assert browser.post(address, json=act, headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
    assert people.log("decision") == []


def test_a_request_for_another_host_is_refused(people: Team, store: Store, tmp_path: Path) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[::1", "coding.example.org"):
        assert people.browser().get("/login", headers={"Host": host}).status_code == 403
    away = make_team(store, tmp_path / "away", TLS)
    assert away.browser(base="https://coding.example.org").get("/login").status_code == 200
    assert away.browser(base="https://127.0.0.1").get("/login").status_code == 403
    plain = {"Origin": "http://coding.example.org"}
    assert away.browser(base="https://coding.example.org").form("/login", {}, **plain).status_code == 403


def test_every_answer_carries_the_headers_that_browsers_heed(people: Team) -> None:
    browser = people.browser("ada")
    for path in ("/", "/password", f"/api/reports/{ID}", "/nothing", "/static/style.css", f"/reports/{ID}"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy
            and "frame-ancestors 'none'" in policy
            and "form-action 'self'" in policy
        )
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers and "server" not in headers
        if not path.startswith("/static"):
            assert headers["cache-control"] == "no-store"
            assert headers["content-type"].split(";")[0] in ("text/html", "application/json", "text/plain")
            assert "charset=utf-8" in headers["content-type"] or "json" in headers["content-type"]


def test_what_is_no_upload_is_limited_in_size(people: Team) -> None:
    browser = people.browser("ada")
    big = b'{"note": "' + b"x" * MOST_SENT + b'"}'
    for kind in ("application/json", "application/octet-stream"):
        answer = browser.post(f"/api/reports/{ID}/acts", content=big, headers={"Content-Type": kind})
        assert answer.status_code == 413
    streamed = browser.post(
        f"/api/reports/{ID}/acts", content=iter([b"{}"]), headers={"Content-Type": "application/json"}
    )
    assert streamed.status_code == 411
    assert browser.form("/login", {"name": "x" * MOST_SENT}).status_code == 413


def test_a_coder_cannot_send_more_than_the_limit_nor_what_is_no_report(people: Team) -> None:
    browser = people.browser("ada")
    limit = people.desk.home.upload_mb * 1024 * 1024
    kind = {"Content-Type": "application/octet-stream"}
    lying = browser.put(
        "/api/submissions/a.pdf", content=b"x", headers={**kind, "Content-Length": str(limit + 1)}
    )
    assert lying.status_code == 413
    for name in ("a.exe", "a.html", "a.svg", "a.pdf.js", "a"):
        assert browser.put(f"/api/submissions/{name}", content=b"x", headers=kind).status_code == 415
    assert (
        browser.put("/api/submissions/..%2f..%2fctg.toml.pdf", content=b"x", headers=kind).status_code == 201
    )
    files = [p.name for p in people.desk.home.raw.rglob("*")]
    assert files == ["ctg.toml.pdf"]


def test_a_page_made_for_one_user_stores_nothing_for_another_who_logged_in_since(people: Team) -> None:
    browser = people.browser("bea")
    made_for_ada = {"Ctg-User": "ada"}
    answer = browser.post(f"/api/reports/{ID}/acts", json=an_act(people), headers=made_for_ada)
    assert answer.status_code == 403 and "Nothing was stored" in answer.json()["problem"]
    assert '<meta name="ctg-user" content="bea">' in browser.get("/").text


def test_a_password_that_somebody_else_set_opens_nothing_but_its_change(people: Team) -> None:
    people.add("eve", must_change=True)
    browser = people.browser("eve")
    assert browser.get("/").headers["location"] == "/password"
    assert browser.get(f"/api/reports/{ID}").status_code == 403
    new = "seven quiet otters"
    form = {"old": PASSWORD, "new": new, "again": new}
    assert browser.form("/password", {**form, "again": "another one of it"}).status_code == 422
    assert browser.form("/password", {**form, "old": "not the password"}).status_code == 422
    before = browser.cookies["ctg"]
    done = browser.form("/password", form)
    assert done.status_code == 303, done.text
    assert browser.get("/").status_code == 200 and browser.cookies["ctg"] != before
    assert people.browser().log_in("eve").status_code == 401


def test_an_administrator_manages_users_on_the_page_but_not_themselves(people: Team) -> None:
    browser = people.browser("dan")
    new = {"do": "add", "name": "<b>fay</b>", "role": "coder", "password": PASSWORD, "again": PASSWORD}
    assert browser.form("/people", new).status_code == 303
    assert (
        "&lt;b&gt;fay&lt;/b&gt;" in browser.get("/people").text
        and "<b>fay" not in browser.get("/people").text
    )
    for wrong in ({**new, "role": "god", "name": "x"}, {**new, "again": "x", "name": "y"}, {"do": "fly"},
                  {"do": "deactivate", "name": "dan"}, {"do": "role", "name": "dan", "role": "lead"},
                  {"do": "role", "name": "ghost", "role": "lead"}):  # fmt: skip
        assert browser.form("/people", wrong).status_code == 422
    assert browser.form("/people", {"do": "role", "name": "ada", "role": "lead"}).status_code == 303
    assert browser.form("/people", {"do": "deactivate", "name": "bea"}).status_code == 303
    assert people.browser().log_in("bea").status_code == 401
    assert [e.who for e in people.log("role changed")] == ["dan"]


def test_a_report_that_is_read_is_noted_once_an_hour_and_log_in(people: Team) -> None:
    browser = people.browser("ada")
    for _ in range(3):
        for path in (
            f"/reports/{ID}",
            f"/api/reports/{ID}",
            f"/api/reports/{ID}/pages/1",
            "/search?q=pupils",
        ):
            assert browser.get(path).status_code == 200
    assert [(e.who, e.subject) for e in people.log("read")] == [("ada", ID), ("ada", OTHER)]
    people.clock.hour += 1
    browser.get(f"/api/reports/{ID}")
    people.browser("ada").get(f"/api/reports/{ID}")
    browser.get(f"/api/reports/{'c' * 64}")
    assert [e.subject for e in people.log("read")] == [ID, OTHER, ID, ID]


def test_decisions_and_undo_are_noted_with_ids_and_without_text(people: Team) -> None:
    browser, act = people.browser("ada"), an_act(people)
    act = {**act, "note": "secret words", "evidence": [{"page": 1, "start": 0, "end": 24}]}
    browser.post(f"/api/reports/{ID}/acts", json=act)
    browser.post(f"/api/reports/{ID}/acts", json=act)  # sent twice is done once
    browser.post(f"/api/reports/{ID}/undo", json={"act_id": act["act_id"]})
    browser.post(f"/api/reports/{ID}/undo", json={"act_id": act["act_id"]})
    done, undone = people.log("decision"), people.log("undo")
    assert [(e.who, e.subject, e.detail["act"]) for e in (*done, *undone)] == [("ada", ID, act["act_id"])] * 2
    assert "secret" not in str(people.log()) and "Pupils" not in str(people.log())
    with people.desk.store.reading() as db:
        assert walk(db).broken_at is None


def test_a_decision_is_stored_with_its_entry_or_not_at_all(
    people: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("ctg_nlp.desk.append", fail)
    assert people.browser("ada").post(f"/api/reports/{ID}/acts", json=an_act(people)).status_code == 500
    with people.desk.store.reading() as db:
        assert list(decisions(db, [ID])) == []


def test_the_entry_of_a_decision_costs_less_than_ten_milliseconds(
    people: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, kept = codes_of(people), desk_module.append
    times: dict[bool, list[float]] = {True: [], False: []}
    for n in range(60):  # by turns, so that what else the machine does falls on both
        logged = n % 2 == 0
        monkeypatch.setattr("ctg_nlp.desk.append", kept if logged else lambda *_: None)
        doing = Doing(str(uuid.uuid4()), *codes[n % 4], Answer.UNSURE)
        start = time.perf_counter()
        people.desk.do(OTHER, doing)
        times[logged].append(time.perf_counter() - start)
    assert statistics.median(times[True]) - statistics.median(times[False]) < 0.010


def test_errors_tell_neither_code_nor_text(
    people: Team, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Pupils planned the work")

    monkeypatch.setattr("ctg_nlp.web.api.report_state", fail)
    answer = people.browser("ada").get(f"/api/reports/{ID}")
    assert answer.status_code == 500 and "Pupils" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
    (line,) = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert line.startswith("RuntimeError at fail:") and line.endswith(" in GET /api/reports/{report_id}")
    with TestClient(people.app, base_url=LOCAL, cookies=dict(people.browser("ada").cookies)) as strict:
        assert strict.get(f"/api/reports/{ID}").status_code == 500  # nothing is left to the server to log
    wrong = people.browser("ada").post(f"/api/reports/{ID}/acts", json={"note": "secret words"})
    assert wrong.status_code == 422 and "secret" not in wrong.text


def test_names_that_hold_mark_up_are_shown_as_text(people: Team) -> None:
    name = '"><script>alert(1)</script>'
    people.add(name)
    assert "<script>alert" not in people.browser(name).get("/").text
    assert "<script>alert" not in people.browser().log_in(name, "wrong password").text


@pytest.mark.parametrize("sent", [b"\xff\xfe", b"a=1&" * 50, b"name=%ff&password=%fe", b"", b"=&=&="])
def test_a_form_that_is_none_is_refused_in_words(people: Team, sent: bytes) -> None:
    headers = {"Origin": LOCAL, "Content-Type": "application/x-www-form-urlencoded"}
    answer = people.browser().post("/login", content=sent, headers=headers)
    assert answer.status_code in (401, 422) and "Traceback" not in answer.text


def place(**changed: object) -> Place:
    given = {
        "host": "127.0.0.1",
        "port": 0,
        "names": (),
        "certificate": None,
        "key": None,
        "behind_proxy": False,
    }
    return Place(**(given | changed))  # type: ignore[arg-type]


PEM = Path("a.pem")


@pytest.mark.parametrize(
    ("changed", "users", "said"),
    [
        ({"host": "0.0.0.0"}, False, "Add a user first"),
        ({"host": "192.0.2.1"}, False, "Add a user first"),
        ({"behind_proxy": True, "names": ("a.example",)}, False, "Add a user first"),
        ({"host": "192.0.2.1"}, True, "readable"),
        ({"host": "192.0.2.1", "certificate": PEM}, True, "belong together"),
        ({"host": "0.0.0.0", "certificate": PEM, "key": PEM}, True, "--name"),
        ({"behind_proxy": True}, True, "--name"),
        ({"behind_proxy": True, "certificate": PEM, "key": PEM}, True, "one of the two"),
        ({}, False, ""),
        ({"host": "::1"}, False, ""),
        ({"host": "0.0.0.0", "certificate": PEM, "key": PEM, "names": ("a.example",)}, True, ""),
        ({"host": "192.0.2.1", "certificate": PEM, "key": PEM}, True, ""),
        ({"behind_proxy": True, "names": ("a.example",)}, True, ""),
    ],
)
def test_the_page_is_served_to_others_only_with_users_and_tls(changed: dict, users: bool, said: str) -> None:
    if said:
        with pytest.raises(CtgError, match=said):
            place(**changed).check(users)
    else:
        place(**changed).check(users)


def test_the_page_is_served_over_tls_with_a_certificate(people: Team, tmp_path: Path) -> None:
    import uvicorn

    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    from ctg_nlp.web.app import create_app

    where = place(host="localhost", certificate=cert, key=key)
    config = uvicorn.Config(
        create_app(people.desk, where.serving()),
        port=0,
        log_level="error",
        ssl_certfile=cert,
        ssl_keyfile=key,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    context = ssl.create_default_context(cafile=str(cert))
    asked = f"GET /login HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:  # fmt: skip
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
            tls.sendall(asked)
            answer = b"".join(iter(lambda: tls.recv(4096), b"")).decode()
    finally:
        server.should_exit = True
        thread.join(10)
    assert answer.startswith("HTTP/1.1 200") and "strict-transport-security" in answer.lower()


def test_two_coders_on_one_report_at_once_both_keep_their_answer_and_the_conflict_is_shown(
    people: Team,
) -> None:
    answers = {"ada": "present", "bea": "absent"}
    browsers = {name: people.browser(name) for name in answers}
    sent = {name: {**an_act(people), "answer": said} for name, said in answers.items()}
    statuses: dict[str, int] = {}

    def say(name: str) -> None:
        statuses[name] = browsers[name].post(f"/api/reports/{ID}/acts", json=sent[name]).status_code

    threads = [threading.Thread(target=say, args=[name]) for name in answers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert statuses == {"ada": 200, "bea": 200}
    state = browsers["ada"].get(f"/api/reports/{ID}").json()
    shown = next(d for d in state["dimensions"] if d["id"] == codes_of(people)[0][0])
    assert shown["state"] == "conflict"
    with people.desk.store.reading() as db:
        assert {d.coder: str(d.answer) for d in decisions(db, [ID])} == answers


CODERS, EACH = 6, 12


def test_many_coders_at_once_lose_no_decision_and_see_no_error(any_store: Store, tmp_path: Path) -> None:
    """bench/coders.py does it with twenty coders and 500 decisions each, over a socket."""
    team = make_team(any_store, tmp_path / "home")
    names = [f"coder {n}" for n in range(CODERS)]
    for name in names:
        team.add(name)
    browsers = {name: team.browser(name) for name in names}
    wrong: list[object] = []

    def work(name: str, browser: Browser) -> None:
        for n in range(EACH):
            act = {**an_act(team, n), "answer": "unsure"}
            answer = browser.post(f"/api/reports/{(ID, OTHER)[n % 2]}/acts", json=act)
            if answer.status_code != 200:
                wrong.append(answer.text)

    threads = [threading.Thread(target=work, args=pair) for pair in browsers.items()]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert wrong == []
    with any_store.reading() as db:
        kept = [d.coder for d in decisions(db, [ID, OTHER])]
        assert {name: kept.count(name) for name in names} == dict.fromkeys(names, EACH)
        assert walk(db).broken_at is None
    assert len(team.log("decision")) == CODERS * EACH


def test_every_test_that_the_list_of_requirements_names_exists() -> None:
    text = SECURITY.read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", text))
    there = {
        name
        for file in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 30 and named - there == set()
    for line in text.splitlines():
        if re.match(r"\| \d+\.\d+\.\d+ ", line):
            said = line.split("|")[2].strip()
            assert said.startswith(("`test_", "Not applicable", "Not met", "By ")), line
