"""What stands under "Other": named by coders, counted, merged, and taken into the framework."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ctg_nlp.coding import import_decisions
from ctg_nlp.desk import Desk
from ctg_nlp.errors import DecisionsError, FrameworkError
from ctg_nlp.framework import Code, Framework
from ctg_nlp.framework_file import framework_text, load_framework, read_framework
from ctg_nlp.inductive import as_decisions, find, inductive_codes, merge
from ctg_nlp.promoting import next_version, promoted
from ctg_nlp.records import Answer, Assignment, Memo, Purpose, Span
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import make_home
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import audit_log
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.web.other_page import by_dimension

from .command_line import call
from .desks import ID, OTHER, TEXT, fill, make_desk, uid

BY_HAND = """\
# top
id: a
version: "1.9"   # first
title: A
dimensions:
  - id: d   # of one line
    title: D
    kind: multi
    codes: [{id: red, label: Red}, {id: other, label: Other}]
  - id: e
    title: E
    kind: multi
    codes:
      - id: one
        label: One
      # the rest
      -
        id: other
        label: Other   # kept

  - id: f
    title: F
    kind: multi
    codes:
    - {id: only, label: Only}
# the end
"""


def name_it(desk: Desk, label: str, report: str = ID, dimension: str = "stakeholders", at: int = 25) -> str:
    memo = Memo(uid(), report, "", "", "", label, dimension, None, Span(1, at, at + 30))
    desk.write_memo(memo)
    return memo.memo_id


def test_names_are_counted_by_dimension_whatever_their_capitals_and_spaces(desk: Desk) -> None:
    ben = replace(desk, coder="ben")
    name_it(desk, "Grandparents")
    name_it(ben, " grandparents ", OTHER)
    name_it(desk, "Grandparents", OTHER, at=20)
    name_it(desk, "The police")
    name_it(desk, "Grandparents", dimension="partnership")
    found = [(c.dimension, c.label, c.reports, len(c.memos)) for c in inductive_codes(desk.store)]
    assert found == [
        ("partnership", "Grandparents", 1, 1),
        ("stakeholders", "Grandparents", 2, 3),
        ("stakeholders", "The police", 1, 1),
    ]
    assert find(desk.store, "stakeholders", "GRANDPARENTS").spellings == ("Grandparents", "grandparents")
    assert find(desk.store, "stakeholders", "the police").memos[0].quote == TEXT[25:55]


def test_what_was_undone_withdrawn_or_named_in_training_is_not_listed(desk: Desk) -> None:
    undone = name_it(desk, "Undone")
    desk.undo(ID, undone)
    name_it(desk, "Stays")
    name_it(desk, "Goes", OTHER)
    with desk.store.transaction() as db:
        report = report_store.report(db, OTHER)
        report_store.put_report(db, replace(report, withdrawn_at="2026-03-01"))
        trained = Assignment(ID, "cy", Purpose.TRAINING, 1, "2026-01-01T00:00:00+00:00", "lead")
        independence_store.assign(db, [trained])
    name_it(replace(desk, coder="cy"), "Learning")
    assert [c.label for c in inductive_codes(desk.store)] == ["Stays"]


def test_merged_codes_have_one_name_and_keep_what_they_were_called(desk: Desk) -> None:
    name_it(desk, "Grandparents")
    name_it(replace(desk, coder="ben"), "Nans and grandads", OTHER)
    name_it(desk, "The police")
    now, labels = desk.clock(), ["grandparents", "Nans and grandads"]
    assert merge(desk.store, desk.framework, "stakeholders", labels, "Grandparents", now=now, who="lead") == 1
    codes = {c.label: c for c in inductive_codes(desk.store)}
    assert set(codes) == {"Grandparents", "The police"} and codes["Grandparents"].reports == 2
    assert {m.text for m in codes["Grandparents"].memos} == {"", "(named “Nans and grandads” by ben)"}
    with desk.store.reading() as db:
        (entry,) = audit_log.entries(db, what="inductive codes merged")
    assert (entry.who, entry.subject, entry.detail) == ("lead", "stakeholders", {"memos": 1})


def test_a_name_that_nobody_gave_is_told_with_those_there_are(desk: Desk) -> None:
    name_it(desk, "Grandparents")
    with pytest.raises(DecisionsError, match="no inductive code “Aunts”; it has “Grandparents”"):
        merge(desk.store, desk.framework, "stakeholders", ["Aunts"], "Kin", now="", who="lead")
    with pytest.raises(DecisionsError, match="needs a name"):
        merge(desk.store, desk.framework, "stakeholders", ["Grandparents"], " ", now="", who="lead")


def test_a_code_is_put_into_the_file_before_other_with_all_comments_kept() -> None:
    made = promoted("a.yaml", BY_HAND, "e", Code("new", "New: one", "What it's for."))
    lines = made.text.splitlines()
    assert [line for line in BY_HAND.splitlines() if line not in lines] == ['version: "1.9"   # first']
    assert "version: '1.10'   # first" in lines
    at = lines.index("      - id: new")
    assert lines[at + 1 : at + 4] == ["        label: 'New: one'", "        definition: What it's for.", "      # the rest"]  # fmt: skip
    assert [c.id for c in made.framework.dimension("e").codes] == ["one", "new", "other"]
    assert made.edits == ({"edit": "split", "dimension": "e", "from": "other", "to": ["other", "new"]},)


@pytest.mark.parametrize(
    ("dimension", "order", "edit"),
    [("d", ["red", "new", "other"], "split"), ("f", ["only", "new"], "new")],
)
def test_a_code_is_put_into_lists_of_every_layout(dimension: str, order: list[str], edit: str) -> None:
    first = promoted("a.yaml", BY_HAND, dimension, Code("new", "New, {one}"))
    assert [c.id for c in first.framework.dimension(dimension).codes] == order
    assert [e.edit for e in first.framework.history[-1].edits] == [edit]
    again = promoted("a.yaml", first.text, dimension, Code("more", "More"), version="two")
    assert [v.version for v in again.framework.history] == ["1.10", "two"]
    assert "# the end" in again.text and "# of one line" in again.text


def test_a_code_of_linked_interventions_brings_its_pairs_as_new() -> None:
    made = promoted("ctg.yaml", framework_text("ctg"), "interventions", Code("choir", "A choir"))
    assert made.framework.version == "3"
    assert made.framework.history[-1].edits[1].to == (
        "choir__attainment",
        "choir__affective",
        "choir__other_skills",
    )
    ids = [d.id for d in load_framework("ctg").dimensions]
    assert [d.id for d in made.framework.dimensions] == ids


@pytest.mark.parametrize(
    ("dimension", "code", "said"),
    [
        ("location", "new", "is no dimension that has codes"),
        ("intervention_links", "new", "is no dimension that has codes of its own"),
        ("stakeholders", "parent", "has a code parent already"),
    ],
)
def test_a_code_that_cannot_be_put_in_is_refused_with_the_reason(
    dimension: str, code: str, said: str
) -> None:
    with pytest.raises(FrameworkError, match=said):
        promoted("ctg.yaml", framework_text("ctg"), dimension, Code(code, "X"))


def test_a_version_without_a_number_asks_for_the_next_one() -> None:
    assert [next_version(v) for v in ("9", "1.9", "2024-a3b")] == ["10", "1.10", "2024-a4b"]
    with pytest.raises(FrameworkError, match="name the next one"):
        next_version("first")


def test_a_file_in_which_one_list_serves_two_dimensions_is_not_edited() -> None:
    shared = BY_HAND.replace("codes: [{id: red", "codes: &c [{id: red").replace(
        "    codes:\n    - {id: only, label: Only}", "    codes: *c"
    )
    with pytest.raises(FrameworkError, match="f would change too"):
        promoted("a.yaml", shared, "d", Code("new", "New"))


def decided(desk: Desk, framework: Framework) -> frozenset[str]:
    """The codes of stakeholders that are decided, present or absent."""
    with desk.store.reading() as db:
        stored = tuple(decision_store.decisions(db, [ID]))
    records = [r for r in resolve(stored, framework) if r.dimension == "stakeholders"]
    return frozenset().union(*(r.present | r.absent for r in records))


def test_what_coders_named_becomes_decisions_on_the_new_code(desk: Desk, tmp_path: Path) -> None:
    name_it(desk, "Grandparents")
    name_it(desk, "Grandparents", at=20)
    code = find(desk.store, "stakeholders", "Grandparents")
    made = promoted("ctg.yaml", framework_text("ctg"), "stakeholders", Code("kin", "Grandparents"))
    assert decided(desk, desk.framework) == {"other"}
    assert decided(desk, made.framework) == frozenset()  # split: its parts are open where it was present
    lines = list(as_decisions(desk.store, code, "kin", made.framework.framework_id))
    file = tmp_path / "kin.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    done = import_decisions(desk.store, made.framework, file, now=desk.clock(), who="lead")
    assert (done.decisions, done.refused, done.unanchored) == (1, (), ())
    with desk.store.reading() as db:
        (decision,) = [d for d in decision_store.decisions(db, [ID]) if d.code == "kin"]
    assert (decision.coder, decision.answer, len(decision.evidence)) == ("ada", Answer.PRESENT, 2)
    assert decided(desk, made.framework) == {"kin"}


def test_the_page_shows_names_in_the_frameworks_order_but_not_of_reports_that_the_reader_codes_blind(
    desk: Desk,
) -> None:
    ben = replace(desk, coder="ben")
    name_it(ben, "Zeal", dimension="partnership")
    name_it(ben, "Grandparents", OTHER)
    assert [(d, [n.code.label for n in found]) for d, _, found in by_dimension(desk)] == [
        ("partnership", ["Zeal"]),
        ("stakeholders", ["Grandparents"]),
    ]
    blind = Assignment(OTHER, "ada", Purpose.AUDIT, 1, "2026-01-01T00:00:00+00:00", "lead")
    with desk.store.transaction() as db:
        independence_store.assign(db, [blind])
    assert [d for d, _, _ in by_dimension(desk)] == ["partnership"]


def test_the_command_line_lists_merges_and_promotes_and_says_what_the_switch_would_do(
    tmp_path: Path,
) -> None:
    made_home = make_home(tmp_path / "home")
    desk = make_desk(made_home, open_store(made_home.database, create=True))
    for n, report in enumerate((ID, OTHER), start=1):
        fill(desk.store, desk.framework, report, n, 0.6)
    name_it(desk, "Grandparents")
    name_it(desk, "Nans", OTHER)
    home = str(desk.home.root)
    assert "Grandparents" in call("--home", home, "inductive", "list").stdout
    merged = call(
        "--home", home, "inductive", "merge", "stakeholders", "Nans", "Grandparents", "--into", "Kin"
    )
    assert "2 passages are named “Kin” now." in merged.stdout
    (listed,) = json.loads(call("--home", home, "inductive", "list", "--json").stdout)
    assert (listed["label"], listed["reports"]) == ("Kin", 2)
    out, lines = tmp_path / "new.yaml", tmp_path / "kin.jsonl"
    said = call("--home", home, "inductive", "promote", "stakeholders", "Kin", str(out), "--decisions", str(lines)).stdout  # fmt: skip
    assert read_framework("new.yaml", out.read_text(encoding="utf-8")).dimension("stakeholders").code("kin")
    assert "To look at again: 4 codes in 2 reports." in said and "2 lines" in said
    told = "“Kin” was named 2 times, in 2 reports that count. Its table is of the 2 reports that count, 2 of"
    assert told in said
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 2
    again = call("--home", home, "inductive", "promote", "stakeholders", "Kin", str(out), code=1)
    assert "is there already" in again.stderr
    with desk.store.reading() as db:
        assert len(act_store.labelled_memos(db)) == 2


def test_the_command_for_a_label_says_the_label_to_a_shell_and_nothing_else(desk: Desk) -> None:
    label = "$(touch /tmp/x)`id` \"both\" 'ways'"
    memo = Memo(uid(), ID, "tim", desk.clock(), "", label, "stakeholders", None, Span(1, 0, 6), TEXT[:6])
    with desk.store.transaction() as db:
        act_store.put_memo(db, memo)
    ((_, _, (named,)),) = by_dimension(desk)
    assert shlex.split(named.promoting) == ["ctg", "inductive", "promote", "stakeholders", label]
    assert subprocess.run(["sh", "-c", f"printf %s {named.promoting.split(' ', 4)[4]}"], capture_output=True, check=True).stdout.decode() == label  # fmt: skip
