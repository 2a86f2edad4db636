"""The methods appendix: every sentence is so, also where a thing was not done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctg_nlp.desk import Doing
from ctg_nlp.export.contents import Section
from ctg_nlp.export.editions import Edition
from ctg_nlp.framework_file import load_framework
from ctg_nlp.methods import methods_section
from ctg_nlp.records import Answer, Draw
from ctg_nlp.review.estimate import Method
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store.database import Store

from .desks import ID, MODEL, OTHER, fill, make_desk, uid

NO_RESAMPLES = Method(resamples=0)
OTHER_FRAMEWORK = """
id: shops
version: "1"
title: Shops
dimensions:
- id: sells
  title: What is sold
  kind: multi
  codes:
  - {id: bread, label: Bread, definition: Bread is sold.}
  - {id: milk, label: Milk, definition: Milk is sold.}
"""


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def section(store: Store, home: Home, edition: Edition = Edition.PUBLISHABLE) -> Section:
    return methods_section(store, home, edition, method=NO_RESAMPLES)


def cells(found: Section, table: str) -> dict[str, list[str]]:
    (chosen,) = (t for t in found.tables if t.id == f"methods {table}")
    return {r.label: [c.n for c in r.cells] for r in chosen.rows}


def test_what_was_not_done_is_said(store: Store, home: Home) -> None:
    said = section(store, home).paragraphs
    for sentence in (
        "No register says which groups were expected to report, so there is no response rate.",
        "Nobody has decided anything yet.",
        "No report was coded by two people independently, so nothing can be said of agreement.",
        "No audit sample was drawn.",
        "No disagreement was adjudicated on the review page.",
        "No decision was made with suggestions in view.",
        "No model proposed anything.",
        "No cell was withheld or rounded.",
    ):
        assert said.count(sentence) == 1
    assert section(store, home).tables == ()


def test_overrides_are_counted_both_ways_and_agreement_is_of_blind_answers_alone(
    store: Store, home: Home
) -> None:
    fill(store, home.framework, ID, 1, 0.6)  # every code is suggested
    fill(store, home.framework, OTHER, 2, 0.4)  # none is
    ada, ben = make_desk(home, store), make_desk(home, store, "ben")
    ada.do(ID, Doing(uid(), "stakeholders", "pupils", Answer.ABSENT, seconds=4.0))
    ada.do(ID, Doing(uid(), "stakeholders", "parent", Answer.PRESENT, seconds=6.0))
    ada.do(OTHER, Doing(uid(), "stakeholders", "parent", Answer.PRESENT, seconds=8.0))
    ben.do(ID, Doing(uid(), "target_group", "yes", Answer.PRESENT, assisted=False))
    found = section(store, home)
    assert cells(found, "overrides") == {"Stakeholders involved": ["3", "1", "1", "1", "66.7"]}
    said = " ".join(found.paragraphs)
    assert "2 coders made" in said
    assert f"Codes were proposed by: {MODEL} for 2 reports." in said
    assert "The card of classifier-1+y is not kept here any more" in said
    assert "no more than 6.0 seconds" in said


def test_only_the_internal_edition_names_coders(store: Store, home: Home) -> None:
    fill(store, home.framework, ID, 1, 0.6)
    make_desk(home, store, "ada").do(
        ID, Doing(uid(), "stakeholders", "pupils", Answer.PRESENT, assisted=False)
    )
    assert "ada" in repr(section(store, home, Edition.INTERNAL))
    assert "ada" not in repr(section(store, home))


def test_the_audit_sample_is_told_with_its_size_and_seed(store: Store, home: Home) -> None:
    with store.transaction() as db:
        independence_store.add_draw(db, Draw(1, 7, 100, 20, "2026-01-02T00:00:00+00:00", "lead"), ())
    said = section(store, home).paragraphs
    assert any("in 1 draw: 20 of 100 (seed 7, 2026-01-02)" in s for s in said)


def test_it_is_told_of_any_framework(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "shops.yaml"
    path.write_text(OTHER_FRAMEWORK, encoding="utf-8")
    home = make_home(tmp_path / "home", str(path))
    fill(store, load_framework(path), ID, 1, 0.6)
    for coder in ("ada", "ben"):
        desk = make_desk(home, store, coder)
        for code, answer in (("bread", Answer.PRESENT), ("milk", Answer.ABSENT)):
            desk.do(ID, Doing(uid(), "sells", code, answer, assisted=False))
    found = section(store, home)
    assert cells(found, "agreement")["What is sold"][:2] == ["1", "100.0"]
    assert any(
        "1 of 1 (100.0 per cent) of the reports with independent answers" in s for s in found.paragraphs
    )
