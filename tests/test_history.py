"""Decisions made under an older version of a framework are read by its history, and never changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ctg_nlp.coding import exported_lines
from ctg_nlp.errors import DecisionsError, FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text, load_examples, load_framework, read_framework
from ctg_nlp.history import framework_at
from ctg_nlp.records import Answer, CodeState, Decision, RecordState
from ctg_nlp.resolved import states_of
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import decisions, queue
from ctg_nlp.store.coded import coded_rows
from ctg_nlp.synthesis.cells import RowKind, any_of
from ctg_nlp.synthesis.published import PublishedCell, compare
from ctg_nlp.synthesis.tables import Denominator, Row, SynthesisTable

from .small_project import framework, small_project

OLD = {"aims": {"kind": "multi", "codes": ["a", "b", "c"]}, "phase": {"kind": "single", "codes": ["x", "y"]}}


def made(said: dict) -> Framework:
    return read_framework("f.yaml", yaml.safe_dump(said, sort_keys=False))


def after(*edits: dict, aims: str = "abc", phase: str = "xy", names: tuple[str, str] = ("aims", "phase")):
    """Version 2, whose codes are single letters, after these edits of version 1."""
    dimensions = {
        names[0]: {"kind": "multi", "codes": [*aims]},
        names[1]: {"kind": "single", "codes": [*phase]},
    }
    return made(framework("2", [{"version": "2", "edits": list(edits)}], **dimensions))


V1 = made(framework("1", **OLD))


def said(
    code: str, answer: str, coder: str = "ann", dimension: str = "aims", under: Framework = V1, **more: Any
):
    return Decision("r", dimension, code, Answer(answer), coder, "", under.framework_id, **more)


def state(decisions: list[Decision], under: Framework, code: str, dimension: str = "aims") -> CodeState:
    states = states_of(under, resolve(decisions, under))
    return CodeState(states[under.keys.index((dimension, code))])


U, A, P, C = CodeState.UNDECIDED, CodeState.ABSENT, CodeState.PRESENT, CodeState.CONFLICT


def test_a_rename_carries_the_answer() -> None:
    new = after({"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}, aims="zbc")
    assert state([said("a", "present")], new, "z") is P
    assert state([said("a", "absent")], new, "z") is A
    assert state([said("a", "present"), said("a", "absent", "ben")], new, "z") is C


def test_a_renamed_dimension_carries_codes_and_values() -> None:
    new = after({"edit": "rename dimension", "from": "aims", "to": "goals"}, names=("goals", "phase"))
    assert state([said("a", "present")], new, "a", "goals") is P
    size = {"kind": "number"}
    first = made(framework("1", size=size))
    edit = {"edit": "rename dimension", "from": "size", "to": "members"}
    second = made(framework("2", [{"version": "2", "edits": [edit]}], members=size))
    value = Decision("r", "size", None, Answer.VALUE, "ann", "", first.framework_id, value=4)
    (record,) = resolve([value], second)
    assert (record.dimension, record.value) == ("members", 4)


def test_merged_codes_are_present_if_any_was_and_absent_only_if_all_were() -> None:
    new = after({"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"}, aims="mc")
    assert state([said("a", "present"), said("b", "absent")], new, "m") is P
    assert state([said("a", "absent"), said("b", "absent", "ben")], new, "m") is A
    assert state([said("a", "absent")], new, "m") is U
    settled = said("a", "absent", "eve", role="adjudicator")
    dispute = [
        said("a", "present"),
        said("a", "absent", "ben"),
        said("b", "absent"),
        said("b", "absent", "ben"),
    ]
    assert state(dispute, new, "m") is C
    assert state([*dispute, settled], new, "m") is A


def test_a_split_keeps_absent_for_every_part_and_leaves_present_open() -> None:
    new = after({"edit": "split", "dimension": "aims", "from": "a", "to": ["p", "q"]}, aims="pqbc")
    assert [state([said("a", "absent")], new, c) for c in "pq"] == [A, A]
    assert [state([said("a", "present")], new, c) for c in "pq"] == [U, U]
    later = said("p", "present", under=new)
    assert [state([said("a", "present"), later], new, c) for c in "pq"] == [P, U]


def test_a_new_code_is_undecided_in_a_single_choice_too_until_it_is_decided() -> None:
    new = after({"edit": "new", "dimension": "phase", "to": "n"}, phase="xyn")
    old = [said("x", "present", dimension="phase"), said("y", "absent", dimension="phase")]
    assert [state(old, new, c, "phase") for c in "xyn"] == [P, A, U]
    (record,) = resolve(old, new)
    assert record.state is RecordState.UNDECIDED
    again = said("x", "present", dimension="phase", under=new)
    assert [state([*old, again], new, c, "phase") for c in "xyn"] == [P, A, A]
    chosen = [
        said("n", "present", dimension="phase", under=new),
        said("x", "absent", dimension="phase", under=new),
    ]
    assert [state([*old, *chosen], new, c, "phase") for c in "xyn"] == [A, A, P]


def test_a_retired_code_counts_no_more_and_leaves_no_disagreement_behind() -> None:
    new = after({"edit": "retire", "dimension": "aims", "from": "a"}, aims="bc")
    differing = [said("a", "present"), said("a", "absent", "ben"), said("b", "absent"), said("c", "absent")]
    (record,) = resolve(differing, new)
    assert record.state is RecordState.DECIDED and not record.conflicts


def test_what_a_coder_says_under_the_new_version_replaces_what_they_said_before() -> None:
    new = after({"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"}, aims="mc")
    before, now = [said("a", "present"), said("b", "absent")], said("m", "absent", under=new)
    assert state([*before, now], new, "m") is A
    assert state([now, *before], new, "m") is P, "an older file that came in later is the later word"
    assert state([*before, said("m", "absent", "ben", under=new)], new, "m") is C


def test_edits_of_several_versions_follow_each_other() -> None:
    history = [
        {"version": "2", "edits": [{"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}]},
        {"version": "3", "edits": [
            {"edit": "merge", "dimension": "aims", "from": ["z", "b"], "to": "m"},
            {"edit": "split", "dimension": "aims", "from": "m", "to": ["p", "q"]},
            {"edit": "rename dimension", "from": "aims", "to": "goals"},
        ]},
    ]  # fmt: skip
    third = made(framework("3", history, goals={"kind": "multi", "codes": ["p", "q", "c"]}))
    second = made(framework("2", history[:1], aims={"kind": "multi", "codes": ["z", "b", "c"]}))
    assert state([said("a", "absent"), said("b", "absent")], third, "p", "goals") is A
    assert (
        state(
            [said("a", "absent"), said("z", "absent", under=second), said("b", "absent")], third, "q", "goals"
        )
        is A
    )
    assert state([said("a", "present"), said("b", "absent")], third, "q", "goals") is U
    assert state([said("c", "present", under=second)], third, "c", "goals") is P
    assert [d.id for d in framework_at(third, V1.framework_id).dimensions] == ["aims"]
    assert [c.id for c in framework_at(third, V1.framework_id).dimensions[0].codes] == ["a", "b", "c"]


def test_without_a_history_decisions_of_other_versions_are_read_as_they_stand() -> None:
    new = made(framework("2", aims={"kind": "multi", "codes": ["a", "n"]}))
    mine = [said("a", "present"), said("b", "present")]
    assert carried(mine, new) == tuple(mine)
    assert [state(mine, new, c) for c in "an"] == [P, U]


def test_each_coder_can_be_read_apart() -> None:
    new = after({"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"}, aims="mc")
    both = [said("a", "present"), said("b", "absent", "ben"), said("a", "absent", "ben")]
    apart = carried(both, new, each_coder=True)
    assert [(d.coder, d.code, d.answer) for d in apart] == [("ann", "m", "present"), ("ben", "m", "absent")]
    assert carried(apart, new) == apart, "what was carried is not carried again"


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(["aims.a", "aims.b", "aims.c", "phase.x", "phase.y"]),
        st.sampled_from(["present", "absent", "unsure"]),
        st.sampled_from([("ann", "coder"), ("ben", "coder"), ("eve", "adjudicator"), ("tim", "trainee")]),
    ),
    max_size=14,
)


def decisions_of(answers: list) -> list[Decision]:
    return [
        said(key.split(".")[1], answer, coder, key.split(".")[0], role=role, sequence=i)
        for i, (key, answer, (coder, role)) in enumerate(answers, 1)
    ]


@settings(deadline=None)
@given(ANSWERS)
def test_renames_alone_never_change_what_decisions_come_to(answers: list) -> None:
    edits = [
        {"edit": "rename", "dimension": "aims", "from": "a", "to": "t"},
        {"edit": "rename", "dimension": "aims", "from": "b", "to": "a"},
        {"edit": "rename", "dimension": "phase", "from": "x", "to": "w"},
        {"edit": "rename dimension", "from": "phase", "to": "stage"},
    ]
    new = after(*edits, aims="tac", phase="wy", names=("aims", "stage"))
    mine = decisions_of(answers)
    assert states_of(new, resolve(mine, new)) == states_of(V1, resolve(mine, V1))


@settings(deadline=None)
@given(ANSWERS)
def test_a_merge_comes_to_what_any_of_the_old_codes_came_to(answers: list) -> None:
    new = after({"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"}, aims="mc")
    mine = decisions_of(answers)
    before = [np.array([state(mine, V1, code)], np.uint8) for code in "ab"]
    assert state(mine, new, "m") == any_of(before)[0]
    assert state(mine, new, "c") == state(mine, V1, "c")


@settings(deadline=None)
@given(ANSWERS)
def test_a_split_comes_to_absent_or_to_nothing(answers: list) -> None:
    new = after({"edit": "split", "dimension": "aims", "from": "a", "to": ["p", "q"]}, aims="pqbc")
    mine = decisions_of(answers)
    expected = A if state(mine, V1, "a") is A else U
    assert state(mine, new, "p") is state(mine, new, "q") is expected


HEAD = """id: small
version: '2'
title: Small
dimensions:
- {id: aims, title: Aims, kind: multi, codes: [{id: a, label: A}, {id: m, label: M}]}
history:
- version: '2'
  edits:
"""


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ("{edit: rename, dimension: aims, from: a, to: m}", "line 9: rename: aims.a is there, though"),
        ("{edit: rename, dimension: aims, from: b, to: z}", "line 9: rename: there is no code aims.z"),
        ("{edit: merge, dimension: aims, from: b, to: m}", "line 9: merge: `from` names 1, wanted: 2 or more"),
        ("{edit: split, dimension: aims, from: b, to: m}", "line 9: split: `to` names 1, wanted: 2 or more"),
        ("{edit: new, dimension: aims, to: z}", "line 9: new: there is no code aims.z"),
        ("{edit: retire, dimension: aims, from: a}", "line 9: retire: aims.a is there, though"),
        ("{edit: retire, dimension: aims, from: [b, b]}", "names b twice"),
        ("{edit: rename, from: b, to: m}", "line 9: rename: it needs a dimension"),
        ("{edit: rename dimension, from: goals, to: other}", "there is no dimension other"),
        ("{edit: mend, dimension: aims}", "line 9"),
        ("{edit: new, dimension: aims, too: m}", "unknown key too"),
    ],
)  # fmt: skip
def test_a_history_that_cannot_have_led_to_the_framework_is_refused_with_its_line(
    edit: str, rule: str
) -> None:
    with pytest.raises(FrameworkError) as refused:
        read_framework("f.yaml", f"{HEAD}  - {edit}\n")
    assert rule in str(refused.value)


def test_a_history_ends_with_the_version_of_the_framework() -> None:
    with pytest.raises(FrameworkError, match="line 7: the history ends with version 3; this is 2"):
        read_framework("f.yaml", HEAD.replace("- version: '2'", "- version: '3'").replace("  edits:\n", ""))


def test_version_1_of_the_bundled_framework_still_has_the_id_under_which_decisions_were_made() -> None:
    said = yaml.safe_load(framework_text("ctg"))
    added = {e["dimension"] for e in said["history"][0]["edits"]}
    first = {k: v for k, v in said.items() if k not in ("history", "questions")} | {"version": "1"}
    first["indepth"] = [
        {k: v for k, v in d.items() if k != "over_quotes"} for d in said["indepth"] if d["id"] not in added
    ]
    first["filters"] = [{k: v for k, v in f.items() if k != "blocked_by"} for f in said["filters"]]
    assert made(first).framework_id == "ctg@1+7ba29223"


def test_what_version_2_of_the_bundled_framework_added_is_open_in_reports_coded_before() -> None:
    now = load_framework("ctg")
    old = replace(said("vision", "present", dimension="partnership"), framework_id="ctg@1+7ba29223")
    assert state([old], now, "vision", "partnership") is P
    assert state([old], now, "literacy", "interventions") is U


def test_a_file_of_decisions_made_under_an_older_version_is_taken_by_its_codes_of_then(
    tmp_path: Path,
) -> None:
    project = small_project(tmp_path / "home")
    old = project.home.framework.framework_id
    history = [{"version": "2", "edits": [
        {"edit": "merge", "dimension": "aims", "from": ["a", "b"], "to": "m"},
        {"edit": "new", "dimension": "aims", "to": "n"},
    ]}]  # fmt: skip
    project.switch(framework("2", history, aims={"kind": "multi", "codes": ["m", "c", "n"]}))
    project.arrive("one.pdf")
    project.decide("one.pdf", "aims", codes=["b"], framework=old)
    with pytest.raises(DecisionsError, match="no code"):
        project.decide("one.pdf", "aims", codes=["b"])
    with project.store.reading() as db:
        stored = list(decisions.decisions(db))
        (state,) = coded_rows(db, project.home.framework.framework_id).values()
        left = queue.left(db, project.home.framework.framework_id)
    assert [(d.code, str(d.answer), d.framework_id) for d in stored] == [
        ("a", "absent", old), ("b", "present", old), ("c", "absent", old),
    ]  # fmt: skip
    assert state[0] == bytes([P, A, U]), "what is new was not there to be absent"
    assert left.open == 1, "and is on the worklist"
    exported = list(exported_lines(project.store))
    assert exported[0]["codes"] == ["b"] and exported[0]["framework"] == old
    project.store.close()


RENAMED = {"edit": "rename", "dimension": "aims", "from": "a", "to": "z"}
SPLIT = {"edit": "split", "dimension": "aims", "from": "b", "to": ["p", "q"]}


def test_examples_of_an_older_version_are_read_by_the_history(tmp_path: Path) -> None:
    lines = [
        {"dimension": "aims", "text": "one", "codes": ["a"], "near": ["b", "c"]},
        {"dimension": "aims", "text": "two", "codes": ["b", "c"]},
    ]
    (tmp_path / "e.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    now = replace(after(RENAMED, SPLIT, aims="zpqc"), examples="e.jsonl")
    (kept,) = load_examples(tmp_path / "f.yaml", now)  # which part the second shows nobody can tell
    assert (kept.codes, kept.near) == (("z",), ("c",))
    with pytest.raises(FrameworkError, match="line 1: there is no code a"):
        load_examples(tmp_path / "f.yaml", replace(after(aims="zpqc"), history=(), examples="e.jsonl"))


def test_published_cells_are_compared_with_the_rows_that_they_are_called_now() -> None:
    now = after(RENAMED, SPLIT, aims="zpqc")
    rows = tuple(Row(RowKind.CODE, code, code, 5, 10, 0, 0) for code in "zpqc")
    table = SynthesisTable("aims", 1, "Aims", "", 10, Denominator.ALL, rows)
    cells = [PublishedCell(1, "aims", code, code, 5, "50.0") for code in "abc"]
    assert [c.rebuilt for c in compare(cells, 10, [table], now)] == [5, None, 5]
