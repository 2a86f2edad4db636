"""What an edit of the framework does is said beforehand, comes about as said, and stays on a worklist."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp import releases
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.dataset import dataset
from ctg_nlp.effects import effects
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework_file import load_framework
from ctg_nlp.rebuilds import keep
from ctg_nlp.records import Selection
from ctg_nlp.store import queue
from ctg_nlp.store import selection as selection_store
from ctg_nlp.synthesis.changes import Asked, CellKey, totals
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.worklist import to_look_at_again

from .small_project import SmallProject, framework, small_project

PHASE = {"kind": "single", "codes": ["early", "late"]}
SIZE = {"kind": "number"}


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "home")
    yield made
    made.store.close()


def second(edits: list[dict], codes: list, phases: dict = PHASE) -> dict:
    history = [{"version": "2", "edits": edits}] if edits else None
    return framework("2", history, aims={"kind": "multi", "codes": codes}, phase=phases, size=SIZE)


def said(project: SmallProject, new: dict):
    path = project.write(new, "new.yaml")
    return effects(project.store, project.home.framework, load_framework(path))


def decided(project: SmallProject) -> None:
    for name in ("one.pdf", "two.pdf", "three.pdf"):
        project.arrive(name)
    project.decide("one.pdf", "aims", codes=["a"])
    project.decide("two.pdf", "aims", codes=["b"])


def test_a_rename_asks_for_nothing_and_moves_nothing(project: SmallProject) -> None:
    decided(project)
    edit = {"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}
    found = said(project, second([edit], ["z", "b", "c"]))
    assert (found.decisions, found.cells, found.warnings) == (0, (), ())
    assert found.edits == ("aims: a is now called z",)


def test_a_split_asks_for_the_reports_that_had_the_code_and_bounds_what_they_can_do(
    project: SmallProject,
) -> None:
    decided(project)
    edit = {"edit": "split", "dimension": "aims", "from": "a", "to": ["p", "q"]}
    new = second([edit], [{"id": "p", "label": "P"}, {"id": "q", "label": "Q"}, "b", "c"])
    rebuild = keep(project.store, project.home, now=project.now(), who="lead")
    found = said(project, new)
    assert [(w.report, w.codes) for w in found.worklist] == [("one.pdf", ("aims.p", "aims.q"))]
    cells = {(c.table, c.row): (c.now, c.after, c.low, c.high, c.last) for c in found.cells}
    assert cells["aims", "p"] == (None, 0, 0, 1, None)
    assert cells["aims", "a"] == (1, None, 0, 0, 1) and found.rebuild_id == rebuild.rebuild_id
    project.switch(new)
    assert [w.codes for w in to_look_at_again(project.store, project.home.framework)] == [
        ("aims.p", "aims.q")
    ]
    with project.store.reading() as db:
        open_codes = queue.left(db, project.home.framework.framework_id)
    assert open_codes.conflicts == 0 and open_codes.open == 2 + 4 + 3 * 3, "the queue has them too"
    project.decide("one.pdf", "aims", codes=["p"])
    assert to_look_at_again(project.store, project.home.framework) == ()


def test_what_is_foretold_of_a_table_of_the_sample_counts_no_report_beyond_it(tmp_path: Path) -> None:
    deep = {"aims": {"kind": "multi", "codes": ["a", "b"], "denominator": "sample"}}
    project = small_project(tmp_path / "home", framework(**deep))
    ids = [project.arrive(name) for name in ("one.pdf", "two.pdf", "three.pdf")]
    for name in project.names:
        project.decide(name, "aims", codes=["a"])
    with project.store.transaction() as db:
        frozen = Selection("s" * 36, "Two", project.now(), "lead", "", "", tuple(ids[:2]), {})
        selection_store.freeze(db, frozen)
        selection_store.use(db, frozen.selection_id, project.now(), "lead")
    edit = {"edit": "split", "dimension": "aims", "from": "a", "to": ["a", "p"]}
    grown = {"aims": {**deep["aims"], "codes": ["a", "p", "b"]}}
    found = said(project, framework("2", [{"version": "2", "edits": [edit]}], **grown))
    cells = {c.row: (c.now, c.after, c.low, c.high) for c in found.cells}
    assert cells["p"] == (None, 0, 0, 2) and cells["a"] == (2, 0, 0, 2)
    assert (len(found.worklist), found.sampled) == (3, 2)
    project.store.close()


def test_a_new_code_asks_for_every_report_with_decisions(project: SmallProject) -> None:
    decided(project)
    found = said(project, second([{"edit": "new", "dimension": "aims", "to": "n"}], ["a", "b", "c", "n"]))
    assert [(w.report, w.codes) for w in found.worklist] == [
        ("one.pdf", ("aims.n",)), ("two.pdf", ("aims.n",)),
    ]  # fmt: skip


def test_differences_that_no_edit_tells_of_are_warned_of(project: SmallProject) -> None:
    decided(project)
    relabelled = {"id": "b", "label": "B", "definition": "now narrower"}
    found = said(project, second([], ["a", relabelled, "n"], {**PHASE, "kind": "multi"}))
    assert [w.split(";")[0] for w in found.warnings] == [
        "aims.c: the code is gone without an edit",
        "aims.n: the code is there without an edit",
        "phase: its kind was single and is multi",
        "aims.b: its label or definition changed",
    ]
    assert ("one.pdf", ("aims.b", "aims.n")) in [(w.report, w.codes) for w in found.worklist]
    (cell,) = [c for c in found.cells if c.row == "b"]
    assert (cell.now, cell.after, cell.low, cell.high) == (1, 1, 0, 2)


def test_another_framework_is_no_version_of_this_one(project: SmallProject) -> None:
    with pytest.raises(FrameworkError, match="its id is another"):
        effects(project.store, project.home.framework, load_framework("ctg"))


EDITS = {
    "rename": ([{"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}], ["z", "b", "c"], PHASE),
    "merge": ([{"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"}], ["m", "c"], PHASE),
    "split": (
        [{"edit": "split", "dimension": "aims", "from": "a", "to": ["a", "q"]}],
        ["a", "q", "b", "c"],
        PHASE,
    ),
    "new": (
        [{"edit": "new", "dimension": "phase", "to": "middle"}],
        ["a", "b", "c"],
        {"kind": "single", "codes": ["early", "middle", "late"]},
    ),
    "retire": ([{"edit": "retire", "dimension": "aims", "from": "b"}], ["a", "c"], PHASE),
    "two": (
        [
            {"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"},
            {"edit": "split", "dimension": "aims", "from": "m", "to": ["p", "q"]},
            {"edit": "rename dimension", "from": "phase", "to": "phase2"},
            {"edit": "rename dimension", "from": "phase2", "to": "phase"},
        ],
        ["p", "q", "c"],
        PHASE,
    ),
}


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9), kind=st.sampled_from(sorted(EDITS)))
def test_the_tables_after_a_switch_are_those_that_were_foretold(
    seed: int, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    project = small_project(tmp_path_factory.mktemp("played") / "home")
    for i in range(4):
        project.arrive(f"{i}.pdf")
    for _ in range(chance.randrange(12)):
        report = f"{chance.randrange(4)}.pdf"
        coder = chance.choice(["ann", "ben"])
        if chance.random() < 0.3:
            project.decide(report, "phase", coder, codes=[chance.choice(["early", "late"])])
        else:
            project.decide(report, "aims", coder, codes=[c for c in "abc" if chance.random() < 0.5])
    old = project.home.framework
    before = totals(old, dataset(project.store, old), Asked())
    edits, codes, phases = EDITS[kind]
    new = second(edits, codes, phases)
    found = said(project, new)
    project.switch(new)
    after = totals(project.home.framework, dataset(project.store, project.home.framework), Asked())
    told = {CellKey(c.table, c.row): c.after for c in found.cells}
    for key, figures in after.items():
        if key in told:
            assert told[key] == figures.n, key
        elif kind != "rename":
            assert figures.n == (before[key].n if key in before else 0), key
    again = {
        (w.report, code) for w in to_look_at_again(project.store, project.home.framework) for code in w.codes
    }
    assert {(w.report, code) for w in found.worklist for code in w.codes} <= again
    project.store.close()


def publish(project: SmallProject, *by: str) -> str:
    told = releases.draft(
        project.store, project.home, "T", now=project.now(), who="ann", rules=Rules(), by=by
    )
    for act, who in (("assure", "bea"), ("approve", "cy"), ("publish", "cy")):
        despite = {"despite": "a test"} if act == "approve" else {}
        told = getattr(releases, act)(
            project.store, project.home, told.release.release_id, now=project.now(), who=who, **despite
        )
    return told.release.release_id


def test_published_figures_are_found_under_the_names_they_were_published_by(project: SmallProject) -> None:
    decided(project)
    project.decide("one.pdf", "phase", codes=["early"])
    release = publish(project, "phase")
    edits = [
        {"edit": "rename", "dimension": "aims", "from": "a", "to": "z"},
        {"edit": "rename", "dimension": "phase", "from": "early", "to": "soon"},
        {"edit": "rename dimension", "from": "phase", "to": "stage"},
        {"edit": "merge", "dimension": "aims", "from": ["b", "c"], "to": "m"},
    ]
    other = {"id": "z", "label": "Z", "definition": "quite another"}
    goals = {"kind": "multi", "codes": [other, "m"]}
    new = framework("2", [{"version": "2", "edits": edits}], aims=goals,
                    stage={"kind": "single", "codes": ["soon", "late"]}, size=SIZE)  # fmt: skip
    found = {(c.table, c.row, c.part): c for c in said(project, new).cells}
    assert found["aims", "z", ""].published == ((release, "1"),)
    part = found["aims", "z", "soon"]
    assert (part.now, part.after, part.low, part.high) == (1, 1, 0, 1)
    assert part.published == ((release, "1"),)
    assert (found["aims", "b", "undecided"].after, found["aims", "b", "undecided"].published) == (
        None,
        ((release, "1"),),
    )
    project.switch(new)
    again = {(c.table, c.row, c.part): c for c in said(project, framework("3", [
        {"version": "2", "edits": edits},
        {"version": "3", "edits": [{"edit": "retire", "dimension": "aims", "from": "z"}]},
    ], aims={"kind": "multi", "codes": ["m"]}, stage={"kind": "single", "codes": ["soon", "late"]},
        size=SIZE)).cells}  # fmt: skip
    assert again["aims", "z", ""].last == 1 and again["aims", "z", "soon"].published == ((release, "1"),)


def test_the_commands_tell_it_in_words_and_as_json(project: SmallProject) -> None:
    decided(project)
    keep(project.store, project.home, now=project.now(), who="lead")
    project.decide("three.pdf", "aims", codes=["a"], coder="ben")

    def run(*words: str) -> str:
        done = CliRunner().invoke(command, ["--home", str(project.home.root), *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "2026-01-02-1" in run("rebuilds")
    told = run("tables", "aims", "--since", "last", "--reports")
    assert "new decision: 1 report (+1 of +1)" in told and "three.pdf, ben" in told
    cells = json.loads(run("tables", "--since", "2026-01-02-1", "--json"))["cells"]
    assert cells[0]["contributions"] == [{"cause": "new decision", "reports": 1, "n": 1, "denominator": 1}]
    edit = {"edit": "new", "dimension": "aims", "to": "n"}
    path = project.write(second([edit], ["a", "b", "c", "n"]), "new.yaml")
    assert "To look at again: 3 codes in 3 reports." in run("framework", "effects", str(path))
    assert json.loads(run("framework", "worklist", "--json")) == []
