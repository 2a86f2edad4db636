"""The interface of the review page: nothing that is sent to it breaks it, and acts keep their promises."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ctg_nlp.clock import utc_now
from ctg_nlp.constraints import violations
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.store.database import open_store

from .review_home import CODED, UNCODED, ReviewHome
from .review_server import CODER

fastapi = pytest.importorskip("fastapi")
schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis (pip install schemathesis)")
LOOPBACK = "http://127.0.0.1:8765"
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx`")  # of Starlette's, about its test client
QUICK = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def reviewed(reports_read: ReviewHome, tmp_path_factory: pytest.TempPathFactory) -> ReviewHome:
    """A home of this module's own."""
    return reports_read.copy_to(tmp_path_factory.mktemp("api") / "home")


@pytest.fixture(scope="module")
def app(reviewed: ReviewHome) -> Iterator[Any]:
    """The application on that home, without a server."""
    from ctg_nlp.desk import Desk
    from ctg_nlp.web.app import create_app

    home = reviewed.home
    store = open_store(home.database)
    yield create_app(Desk(home, store, CODER, utc_now))
    store.close()


@pytest.fixture(scope="module")
def client(app: Any) -> Iterator[Any]:
    """Requests to it."""
    from fastapi.testclient import TestClient

    with TestClient(app, base_url=LOOPBACK, raise_server_exceptions=True) as made:
        yield made


def real(values: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The values, with those that have to name something that exists replaced by what does."""
    return {k: known.get(k, v) for k, v in values.items()}


def test_nothing_sent_by_the_interface_s_own_description_breaks_the_server(
    app: Any, reviewed: ReviewHome
) -> None:
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 8
    broken: list[str] = []
    for operation in operations:
        sent = 0

        @QUICK
        @given(case=operation.as_strategy(), names=st.booleans(), data=st.data())
        def send(case: Any, names: bool, data: st.DataObject) -> None:
            nonlocal sent
            sent += 1
            if names:
                _name_what_exists(case, data, reviewed)
            answer = case.call(base_url=LOOPBACK)
            if answer.status_code >= 500:
                broken.append(f"{answer.status_code} {case.method} {case.formatted_path} {case.body!r}"[:500])
                raise AssertionError(broken[-1])
            if answer.status_code >= 400 and case.path.startswith("/api"):
                said = "detail" if case.path.startswith("/api/v1/") else "problem"
                assert answer.json()[said], (case.method, case.formatted_path)

        send()
        assert sent, operation.label
    assert broken == []


def _name_what_exists(case: Any, data: st.DataObject, reviewed: ReviewHome) -> None:
    dimension = data.draw(st.sampled_from(reviewed.home.framework.dimensions))
    code = data.draw(st.sampled_from([c.id for c in dimension.codes] or [None]))
    report = reviewed.ids[data.draw(st.sampled_from([*UNCODED, *CODED]))]
    if case.path_parameters:
        case.path_parameters = real(case.path_parameters, {"report_id": report, "n": 1, "number": 1})
    if isinstance(case.body, dict):
        case.body = real(case.body, {"dimension": dimension.id, "code": code})


class Coder:
    """Acts on one dimension of one report, sent as the page sends them."""

    def __init__(self, client: Any, report_id: str, dimension: Dimension) -> None:
        self.client = client
        self.report = f"/api/reports/{report_id}"
        self.dimension = dimension

    def state(self) -> dict[str, Any]:
        """The dimension as the page shows it."""
        found = self.client.get(self.report).json()["dimensions"]
        return next(d for d in found if d["id"] == self.dimension.id)

    def act(self, **said: Any) -> Any:
        """Send one act; returns the response."""
        body = {
            "act_id": str(uuid.uuid4()),
            "kind": "answer",
            "dimension": self.dimension.id,
            "code": None,
            "answer": None,
            "value": None,
            "note": "",
            "evidence": [],
            "seconds": 1.0,
            "replace": False,
            "assisted": True,
        }
        return self.client.post(f"{self.report}/acts", json={**body, **said})

    def undo(self, act_id: str) -> Any:
        """Undo one act."""
        return self.client.post(f"{self.report}/undo", json={"act_id": act_id})

    def undo_all(self) -> None:
        """Undo whatever can be undone."""
        while last := self.client.get(self.report).json()["undo"]:
            assert self.undo(last["act_id"]).status_code == 200

    def present(self) -> set[str]:
        """The codes that this coder said are present."""
        return {c["id"] for c in self.state()["codes"] if c["answer"] == "present"}


STEPS = st.lists(
    st.tuples(st.integers(0, 99), st.sampled_from(["present", "absent", "unsure", "rest"]), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(QUICK, max_examples=12)
@given(which=st.integers(0, 99), steps=STEPS)
def test_no_order_of_acts_breaks_the_framework_and_undo_leads_back_step_by_step(
    client: Any, reviewed: ReviewHome, ctg: Framework, which: int, steps: list[tuple[int, str, bool]]
) -> None:
    coded = [d for d in ctg.dimensions if d.coded]
    coder = Coder(client, reviewed.ids[UNCODED[0]], coded[which % len(coded)])
    coder.undo_all()
    states = [coder.state()]
    acts = []
    for number, answer, replace in steps:
        code = coder.dimension.codes[number % len(coder.dimension.codes)].id
        said = {"kind": "rest_absent"} if answer == "rest" else {"code": code, "answer": answer}
        done = coder.act(**said, replace=replace)
        assert violations(coder.dimension, coder.present()) == ()
        if done.status_code == 409:
            assert not replace and done.json()["problem"] and done.json()["cure"]
            assert coder.state() == states[-1]
            continue
        assert done.status_code == 200, done.text
        assert done.json()["dimension"] == coder.state()
        acts.append(done.json()["act_id"])
        states.append(coder.state())
    for act_id, before in zip(reversed(acts), reversed(states[:-1]), strict=True):
        assert coder.undo(act_id).status_code == 200
        assert coder.state() == before


def test_an_act_sent_twice_counts_once_and_one_id_is_one_act(
    client: Any, reviewed: ReviewHome, ctg: Framework
) -> None:
    phase = next(d for d in ctg.dimensions if d.id == "phase")
    coder = Coder(client, reviewed.ids[UNCODED[0]], phase)
    coder.undo_all()
    act_id = str(uuid.uuid4())
    first = coder.act(act_id=act_id, code="primary", answer="present")
    again = coder.act(act_id=act_id, code="primary", answer="present")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert coder.undo(act_id).status_code == 200
    assert client.get(coder.report).json()["undo"] is None
    assert coder.undo(act_id).status_code == 200
    assert coder.act(act_id=act_id, code="primary", answer="present").status_code == 200
    assert coder.present() == set()  # a late retry of what was undone does not bring it back


def test_an_inductive_code_under_the_id_of_an_act_is_refused_with_a_reason(
    client: Any, reviewed: ReviewHome, ctg: Framework
) -> None:
    dimension = next(d for d in ctg.dimensions if d.coded and d.other)
    coder = Coder(client, reviewed.ids[UNCODED[0]], dimension)
    coder.undo_all()
    act_id = str(uuid.uuid4())
    assert coder.act(act_id=act_id, code=dimension.codes[0].id, answer="absent").status_code == 200
    memo = {"memo_id": act_id, "text": "", "label": "a new thing", "dimension": dimension.id, "code": None}
    place = {"page": 1, "start": 0, "end": 9}
    answer = client.post(f"{coder.report}/memos", json={**memo, **place})
    assert answer.status_code in (400, 409) and answer.json()["problem"]


@pytest.mark.parametrize(
    ("name", "headers", "status"),
    [
        ("a page elsewhere names the server by a host of its own", {"host": "evil.example"}, (400, 403, 421)),
        (
            "a page elsewhere names the server like this machine",
            {"host": "localhost.evil.example"},
            (400, 403, 421),
        ),
        ("a host that is none", {"host": "["}, (400, 403, 421)),
        ("a page elsewhere posts a form", {"content-type": "text/plain"}, (400, 403, 415)),
        ("a page elsewhere posts JSON", {"origin": "http://evil.example"}, (403,)),
        ("a page whose origin is hidden posts JSON", {"origin": "null"}, (403,)),
    ],
)
def test_nothing_is_taken_from_pages_elsewhere(
    client: Any, reviewed: ReviewHome, name: str, headers: dict[str, str], status: tuple[int, ...]
) -> None:
    address = f"/api/reports/{reviewed.ids[UNCODED[1]]}"
    body = (
        f'{{"act_id": "{uuid.uuid4()}", "kind": "rest_absent", "dimension": "phase", "code": null, "answer": null,'
        ' "value": null, "note": "", "evidence": [], "seconds": 1, "replace": false, "assisted": true}'
    )
    before = client.get(address).json()
    sent = {"content-type": "application/json", **headers}
    assert client.post(f"{address}/acts", content=body, headers=sent).status_code in status, name
    assert client.get(address).json() == before


def test_every_answer_forbids_what_a_page_does_not_need(client: Any, reviewed: ReviewHome) -> None:
    for address in ("/", "/search?q=pupils", "/submit", "/progress", f"/reports/{reviewed.ids[CODED[0]]}"):
        answer = client.get(address)
        assert answer.status_code == 200, address
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and answer.headers["x-content-type-options"] == "nosniff"
        assert (
            "<script>" not in answer.text and " style=" not in answer.text and " onclick=" not in answer.text
        )


def test_an_answer_that_says_nothing_is_refused_and_decides_nothing(
    client: Any, reviewed: ReviewHome, ctg: Framework
) -> None:
    coder = Coder(client, reviewed.ids[UNCODED[1]], next(d for d in ctg.dimensions if d.coded))
    before = coder.state()
    answer = coder.act(kind="answer", code=coder.dimension.codes[0].id, answer=None)
    assert 400 <= answer.status_code < 500 and answer.json()["problem"]
    assert coder.state() == before


@pytest.mark.parametrize("number", ["0", "-1", "99", str(10**30), "one"])
def test_a_page_that_no_report_has_is_told_so(client: Any, reviewed: ReviewHome, number: str) -> None:
    report = reviewed.ids[UNCODED[0]]
    answer = client.get(f"/api/reports/{report}/pages/{number}")
    assert answer.status_code in (400, 404, 422) and answer.json()["problem"]
    picture = client.get(f"/reports/{report}/pages/{number}/picture?width=900")
    assert picture.status_code in (400, 404, 422)


@pytest.mark.parametrize("page", ["0", "-5", str(10**30), "x"])
def test_lists_have_no_page_that_breaks_them(client: Any, page: str) -> None:
    for address in ("/", "/?by=code&code=phase.primary", "/search?q=pupils"):
        joint = "&" if "?" in address else "?"
        assert client.get(f"{address}{joint}page={page}").status_code < 500


def test_two_windows_at_once_lose_nothing_and_one_act_sent_by_both_counts_once(
    client: Any, reviewed: ReviewHome, ctg: Framework
) -> None:
    dimension = max((d for d in ctg.dimensions if d.kind == "multi"), key=lambda d: len(d.codes))
    coder = Coder(client, reviewed.ids[UNCODED[2]], dimension)
    coder.undo_all()
    codes = [c.id for c in dimension.codes if not c.exclusive][:6]
    one = str(uuid.uuid4())
    with ThreadPoolExecutor(4) as pool:
        both = [pool.submit(coder.act, act_id=one, code=codes[0], answer="present") for _ in range(4)]
        rest = [pool.submit(coder.act, code=c, answer="present") for c in codes[1:]]
        assert {f.result().status_code for f in (*both, *rest)} == {200}
    assert coder.present() == set(codes)
    undone = 0
    while last := client.get(coder.report).json()["undo"]:
        assert coder.undo(last["act_id"]).status_code == 200
        undone += 1
    assert undone == len(codes)
