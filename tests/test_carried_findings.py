"""Findings, quotations and inductive codes of an older version of the framework, read by the one of now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ctg_nlp.banking import bank
from ctg_nlp.carried_findings import findings_now, quote_now
from ctg_nlp.dataset import dataset
from ctg_nlp.desk import Desk
from ctg_nlp.effects import effects
from ctg_nlp.finding_files import (
    exported_findings,
    exported_quotes,
    import_findings,
    import_quotes,
)
from ctg_nlp.findings import Writing, write
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.records import Finding, FindingKind, FindingSource, Memo, Span
from ctg_nlp.selecting import decide
from ctg_nlp.solutions import solution_tables
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import quotations as quote_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.themes import passages_of

from .desks import TEXT, fill, uid
from .sampling_desk import FRAMEWORK, IDS, code_map, river_desk, saying

A = IDS[0]
PLANNED = FindingSource(A, 1, 0, 24, TEXT[:24])
RENAMED = """
history:
  - {version: '3'}
  - version: '4'
    edits:
      - {edit: rename, dimension: threats, from: dams, to: weirs}
      - {edit: rename dimension, from: threats, to: harms}
"""


def later(history: str, *changes: tuple[str, str]) -> Framework:
    text = FRAMEWORK.replace("version: '3'", f"version: '4'{history.rstrip()}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_framework("rivers.yaml", text)


def renamed() -> Framework:
    return later(RENAMED, ("id: threats", "id: harms"), ("id: dams, label: Dams", "id: weirs, label: Weirs"))


@pytest.fixture
def rivers(store: Store, tmp_path: Path) -> Desk:
    """A desk at version 3 of a framework; a solution and a quotation stand on a code."""
    desk = river_desk(store, tmp_path)
    wanted = Writing(uid(), "threats", "threats", "dams", FindingKind.SOLUTION, "Take it down.", (PLANNED,))
    write(store, desk.framework, wanted, now=desk.clock(), who="ada")
    bank(store, desk.framework, PLANNED, "threats", "dams", now=desk.clock(), who="ada")
    return desk


def now(desk: Desk, framework: Framework) -> Finding:
    with desk.store.reading() as db:
        return findings_now(db, framework)[0]


def test_what_stands_on_a_renamed_code_of_a_renamed_dimension_goes_with_it(rivers: Desk) -> None:
    new = renamed()
    found = now(rivers, new)
    assert (found.question, found.dimension, found.code) == ("harms", "harms", "weirs")
    (table,) = solution_tables(rivers.store, new)
    assert [(p.code, p.label) for p in table.problems] == [("weirs", "Weirs")]
    with rivers.store.reading() as db:
        quote = quote_store.quotation(db, 1)
    assert quote is not None and quote_now(quote, new).code == "weirs"


def test_a_statement_of_an_older_version_is_changed_under_the_one_of_now(rivers: Desk) -> None:
    new, before = renamed(), now(rivers, rivers.framework)
    wanted = Writing(before.finding_id, "harms", "harms", "weirs", before.kind, "By hand.", before.sources, 1)
    made = write(rivers.store, new, wanted, now=rivers.clock(), who="ada")
    assert made.version == 2 and now(rivers, new) == made


def test_what_stands_on_a_split_code_stands_on_its_dimension_and_that_is_told_before(rivers: Desk) -> None:
    new = later(
        "\nhistory:\n  - {version: '3'}\n  - {version: '4', edits: [{edit: split, dimension: threats, from: dams, to: [old, young]}]}",
        ("      - {id: dams, label: Dams}", "      - {id: old, label: Old}\n      - {id: young, label: Young}"),
    )  # fmt: skip
    assert (now(rivers, new).dimension, now(rivers, new).code) == ("threats", None)
    told = " ".join(effects(rivers.store, rivers.framework, new).orphaned)
    assert "“Take it down.”: threats.dams is no code any more" in told and "Quotation 1: threats.dams" in told


def test_a_name_that_a_new_code_took_over_carries_nothing_of_the_old_one(rivers: Desk) -> None:
    new = later(
        "\nhistory:\n  - {version: '3'}\n  - {version: '4', edits: [{edit: rename, dimension: threats, from: dams, to: weirs}, {edit: new, dimension: threats, to: dams}]}",
        ("{id: dams, label: Dams}", "{id: weirs, label: Weirs}\n      - {id: dams, label: Beaver dams}"),
    )  # fmt: skip
    assert now(rivers, new).code == "weirs"
    wanted = Writing(uid(), "threats", "threats", "dams", FindingKind.FINDING, "Beavers build.")
    write(rivers.store, new, wanted, now=rivers.clock(), who="ada")
    with rivers.store.reading() as db:
        assert [f.code for f in findings_now(db, new)] == ["weirs", "dams"]


def test_decisions_of_a_filter_whose_id_is_gone_are_told_before_a_switch(rivers: Desk) -> None:
    code_map(rivers, A)
    decide(rivers, A, saying("quality", "fair"))
    decide(rivers, A, saying("depth", "pass"))
    new = later("", ("{id: depth, label", "{id: depth_of_it, label"))
    assert effects(rivers.store, rivers.framework, new).orphaned == (
        "The filter depth is no more: 1 decision on it would count no more. Filters have no history: keep the "
        "id of one whose name changes.",
    )
    assert effects(rivers.store, rivers.framework, renamed()).orphaned == ()


def test_a_file_of_an_older_version_is_taken_in_under_the_names_of_now(rivers: Desk, tmp_path: Path) -> None:
    new, file = renamed(), tmp_path / "lines.jsonl"
    other = open_store(f"sqlite:///{tmp_path / 'other.sqlite'}", create=True)
    fill(other, new, A, 1, 0.6)
    for exported, taken_in in ((exported_findings, import_findings), (exported_quotes, import_quotes)):
        file.write_text("\n".join(map(json.dumps, exported(rivers.store))), encoding="utf-8")
        done = taken_in(other, new, file, now=rivers.clock(), who="ada")
        assert (done.taken, done.refused) == (1, ())
    with other.reading() as db:
        assert [(f.dimension, f.code) for f in findings_now(db, new)] == [("harms", "weirs")]
        assert quote_store.quotations(db)[0].code == "weirs"
    other.close()


def test_inductive_codes_of_a_renamed_dimension_are_listed_with_it(rivers: Desk) -> None:
    new = renamed()
    memo = Memo(uid(), A, "ann", rivers.clock(), "", "Boats", "threats", None, Span(1, 0, 24), TEXT[:24])
    with rivers.store.transaction() as db:
        act_store.put_memo(db, memo)
    columns = Columns(new, dataset(rivers.store, new))
    dimension = new.dimension("harms")
    assert dimension is not None
    with rivers.store.reading() as db:
        assert passages_of(db, columns, dimension, lambda _: True).by_label == {"Boats": (PLANNED,)}
