"""What programs read of both stages, of numbers and free texts, and of decisions under an older framework."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ctg_nlp.desk import Desk
from ctg_nlp.records import Selection
from ctg_nlp.store import selection as selection_store
from ctg_nlp.web.app import create_app
from ctg_nlp.web.problems import V1

from .small_project import SmallProject, framework, small_project
from .team import LOCAL

SECOND = {
    "aims": {"kind": "multi", "codes": ["a", "b", "c"]},
    "size": {"kind": "number"},
    "told": {"kind": "text"},
    "depth": {"kind": "multi", "stage": "indepth", "codes": ["x", "y"]},
    "words": {"kind": "text", "stage": "indepth"},
}


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """Two reports, the first of which is in the sample of the second stage; then a code has another name."""
    made = small_project(tmp_path / "home", framework(**SECOND))
    one, two = made.arrive("one.pdf"), made.arrive("two.pdf")
    made.decide("one.pdf", "aims", codes=["a"], absent=["b"], evidence={"a": ["not in its text"]})
    made.decide("one.pdf", "size", value=12)
    made.decide("two.pdf", "size", value=None)
    made.decide("one.pdf", "told", value="In the words of the coder; and more")
    made.decide("two.pdf", "told", coder="ann", value="this")
    made.decide("two.pdf", "told", coder="bob", value="that")
    made.decide("one.pdf", "depth", codes=["x"])
    made.decide("two.pdf", "depth", codes=["y"], absent=[])
    with made.store.transaction() as db:
        sample = Selection("s", "First", made.now(), "lead", made.home.framework.framework_id, "", (one,), {})
        selection_store.freeze(db, sample)
        selection_store.use(db, "s", made.now(), "lead")
    edits = [{"edit": "rename", "dimension": "aims", "from": ["a"], "to": ["z"]}]
    renamed = {**SECOND, "aims": {"kind": "multi", "codes": ["z", "b", "c"]}}
    made.switch(framework("2", [{"version": "1"}, {"version": "2", "edits": edits}], **renamed))
    assert two
    return made


def read(project: SmallProject, resource: str, **asked: Any) -> list[dict[str, Any]]:
    app = create_app(Desk(project.home, project.store, "local", project.now))
    answer = TestClient(app, base_url=LOCAL).get(f"{V1}/{resource}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_what_decisions_come_to_is_told_of_both_stages_and_empty_means_one_thing(
    project: SmallProject,
) -> None:
    told = {(c["name"], c["dimension"], c["code"]): (c["state"], c["value"]) for c in read(project, "coded")}
    text = "In the words of the coder; and more"
    assert told == {
        ("one.pdf", "aims", "z"): ("present", ""),
        ("one.pdf", "aims", "b"): ("absent", ""),
        ("one.pdf", "aims", "c"): ("not decided", ""),
        ("one.pdf", "size", ""): ("decided", "12"),
        ("one.pdf", "told", ""): ("decided", text),
        ("one.pdf", "depth", "x"): ("present", ""),
        ("one.pdf", "depth", "y"): ("absent", ""),
        ("one.pdf", "words", ""): ("not decided", ""),
        ("two.pdf", "aims", "z"): ("not decided", ""),
        ("two.pdf", "aims", "b"): ("not decided", ""),
        ("two.pdf", "aims", "c"): ("not decided", ""),
        ("two.pdf", "size", ""): ("cannot be told", ""),
        ("two.pdf", "told", ""): ("in conflict", ""),
        ("two.pdf", "depth", "x"): ("not applicable", ""),
        ("two.pdf", "depth", "y"): ("not applicable", ""),  # decided, but counted in no table
        ("two.pdf", "words", ""): ("not applicable", ""),
    }
    assert {c["stage"] for c in read(project, "coded", stage="indepth")} == {"indepth"}


def test_a_decision_under_an_older_framework_is_told_as_it_was_made(project: SmallProject) -> None:
    said = read(project, "decisions", dimension="aims")
    assert [(d["code"], d["answer"], d["stage"], d["framework"].split("@")[0]) for d in said] == [
        ("a", "present", "map", said[0]["framework"].split("@")[0]),
        ("b", "absent", "map", said[0]["framework"].split("@")[0]),
    ]
    assert said[0]["framework"] != project.home.framework.framework_id
    (quote,) = read(project, "evidence", dimension="aims")
    assert (quote["part"], quote["page"], quote["quote"]) == (0, None, "not in its text")
    values = {(d["name"], d["value"], d["answer"]) for d in read(project, "decisions", dimension="size")}
    assert values == {("one.pdf", "12", "value"), ("two.pdf", "", "value")}


def test_every_dimension_has_its_table_or_a_sentence_why_not(project: SmallProject) -> None:
    app = create_app(Desk(project.home, project.store, "local", project.now))
    client = TestClient(app, base_url=LOCAL)
    for dimension in project.home.framework.dimensions:
        answer = client.get(f"{V1}/tables", params={"table": dimension.id})
        assert (answer.status_code == 200) == dimension.tabulated, dimension.id
        if answer.status_code != 200:
            assert answer.status_code == 400 and dimension.id in answer.json()["detail"]
    assert {c["dimension"] for c in read(project, "tables", stage="indepth")} == {"depth"}


def test_the_dictionary_explains_every_column_and_every_code_of_any_framework(project: SmallProject) -> None:
    found = read(project, "dictionary")
    columns = {(d["table"], d["variable"]) for d in found}
    for resource in ("reports", "decisions", "evidence", "coded"):
        (row, *_) = read(project, resource)
        assert {(resource, name) for name in row} <= columns
    codes = {d["variable"] for d in found if d["table"] == "codebook"}
    assert codes == {"aims.z", "aims.b", "aims.c", "size", "told", "depth.x", "depth.y", "words"}
