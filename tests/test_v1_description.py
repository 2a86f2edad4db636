"""The interface for programs is as its description and its docs say: tried by Schemathesis and by the docs' own code."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.clock import utc_now
from ctg_nlp.people import add_user
from ctg_nlp.records import Role, Scope
from ctg_nlp.store.database import open_store
from ctg_nlp.tokens import make_token
from ctg_nlp.web.v1 import description
from ctg_nlp.web.v1_columns import RESOURCES

from .conftest import ROOT
from .review_home import CODED, ReviewHome
from .review_server import ReviewServer
from .test_web_api import LOOPBACK, QUICK

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis (pip install schemathesis)")
pytestmark = pytest.mark.filterwarnings("ignore:Using `httpx`")  # of Starlette's, about its test client
FILE, DOCS = ROOT / "docs" / "openapi.json", ROOT / "docs" / "api.md"


def printed(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def test_the_description_in_the_docs_is_that_of_the_code() -> None:
    again = "python -c 'from tests.test_v1_description import *; FILE.write_text(printed(description()))'"
    assert FILE.read_text(encoding="utf-8") == printed(description()), f"write it anew: {again}"


def test_every_address_column_and_parameter_is_described_in_words() -> None:
    described = description()
    for path, methods in described["paths"].items():
        assert list(methods) == ["get"], path
        assert methods["get"]["description"] and set(methods["get"]["responses"]) >= {
            "200",
            "401",
            "403",
            "422",
        }
        assert f"`{path.removeprefix('/api/v1').split('/{')[0]}" in DOCS.read_text(encoding="utf-8"), path
    for resource in RESOURCES:
        row = described["components"]["schemas"][f"{resource.name.capitalize()}Row"]
        assert list(row["properties"]) == list(resource.names) == row["required"]
        assert all(p["description"] for p in row["properties"].values())


@pytest.fixture(scope="module")
def opened(
    reports_read: ReviewHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, str, ReviewHome]]:
    """The application on real reports, a lead's token, and the home."""
    from ctg_nlp.desk import Desk
    from ctg_nlp.web.app import create_app

    reviewed = reports_read.copy_to(tmp_path_factory.mktemp("v1") / "home")
    (reviewed.home.coded / "decisions.jsonl").write_text("{}\n", encoding="utf-8")
    store = open_store(reviewed.home.database)
    yield create_app(Desk(reviewed.home, store, "local", utc_now)), lead_token(store), reviewed
    store.close()


def lead_token(store: Any) -> str:
    now = utc_now()
    add_user(store, "cy", Role.LEAD, "grape lamp tuesday", now=now, who="cy", must_change=False)
    return make_token(store, "cy", tuple(Scope), "the tests", now=now, who="cy")[1]


def test_every_answer_is_as_the_description_says_whatever_is_asked(
    opened: tuple[Any, str, ReviewHome],
) -> None:
    kept = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
    checks = [getattr(import_module("schemathesis.specs.openapi.checks"), name) for name in kept]
    app, token, reviewed = opened
    schema = schemathesis.openapi.from_dict(json.loads(FILE.read_text(encoding="utf-8")))
    schema.app = app
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == len(description()["paths"])
    seen: set[tuple[str, int]] = set()
    known = {
        "report": st.sampled_from([*reviewed.ids.values(), "0" * 64, ""]),
        "report_id": st.sampled_from([*reviewed.ids.values(), "0" * 64]),
        "dimension": st.sampled_from([d.id for d in reviewed.home.framework.dimensions]),
        "name": st.just("decisions.jsonl"),
        "by": st.sampled_from(["", "cohort", "phase", "nothing"]),
        "table": st.sampled_from(["", "1", "phase", "nothing"]),
        "cursor": st.just(""),
    }
    for operation in operations:
        strategy = operation.as_strategy()
        if operation.query:  # also what the description forbids
            strategy |= operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @settings(QUICK, max_examples=15)
        @given(case=strategy, names=st.booleans(), data=st.data())
        def send(case: Any, names: bool, data: st.DataObject) -> None:
            if names:
                for part in (case.query, case.path_parameters):
                    for name in set(part or {}) & set(known):
                        part[name] = data.draw(known[name])
            answer = case.call(base_url=LOOPBACK, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code < 500, (case.formatted_path, case.query)
            case.validate_response(answer, checks=checks)
            seen.add((case.operation.path, answer.status_code))

        send()
    assert {path for path, status in seen if status == 200} == set(description()["paths"])
    assert {404, 422, 400} <= {status for _, status in seen}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_of_the_docs_runs_and_counts_as_the_tables_do(
    review_server: ReviewServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(review_server.reviewed.home.database)
    monkeypatch.setenv("CTG_URL", review_server.url)
    monkeypatch.setenv("CTG_TOKEN", lead_token(store))
    store.close()
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    said: dict[str, Any] = {}
    exec(compile(code, str(DOCS), "exec"), said)
    ids = {review_server.reviewed.ids[name] for name in CODED}
    assert set(said["decisions"]["report"]) == ids and said["new"] == []
    cells = [c for c in said["rows"]("tables") if c["kind"] == "code" and c["of"] == "all reports"]
    assert len(cells) > 50
    for c in cells:
        key = c["dimension"], c["row"]
        assert (said["counts"][key], said["decided"].sum()[key]) == (c["n"], c["denominator"]), key
    said["api"].headers["Authorization"] = "Bearer none"
    with pytest.raises(RuntimeError, match="opens nothing"):
        next(said["rows"]("coded"))


def test_what_the_r_of_the_docs_asks_for_is_in_the_description() -> None:
    (code,) = blocks("r")
    paths = description()["paths"]
    asked = re.findall(r'req_url_path_append\("(\w+)"\)(?: \|>\n  req_url_query\((.*?)\))?', code)
    assert len(asked) == 4
    for name, query in asked:
        known = {p["name"] for p in paths[f"/api/v1/{name}"]["get"]["parameters"]}
        assert set(re.findall(r"(\w+) = ", query)) <= known
    assert 'iterate_with_cursor("cursor", function(resp)' in code and "$`next`" in code


def test_the_commands_of_the_docs_run(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from ctg_nlp.cli.main import ctg
    from ctg_nlp.settings import make_home

    home = make_home(tmp_path / "my_project")
    store = open_store(home.database, create=True)
    add_user(store, "ada", Role.CODER, "grape lamp tuesday", now=utc_now(), who="cy")
    store.close()
    made = ""
    for line in blocks("sh")[0].splitlines():
        arguments = shlex.split(line)[1:]
        arguments[1] = str(home.root)
        done = CliRunner().invoke(ctg, [made if a == "3f9a1c27" else a for a in arguments])
        assert done.exception is None, (line, done.exception)
        made = made or done.stdout.split("_")[1]
