"""The record for transparency and the threat model say what is so: figures as measured, tests that exist."""

from __future__ import annotations

import re

import pytest

from bench.transparency import FIGURE, PAGE, RESULTS, TEMPLATE, found, page, results, written

from .conftest import ROOT

THREATS = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
TYPED = TEMPLATE.read_text(encoding="utf-8")


def test_the_record_has_the_figures_that_were_measured() -> None:
    again = "write it anew: python -m bench.transparency"
    assert PAGE.read_text(encoding="utf-8") == page(TYPED, results()), again


def test_no_figure_of_the_record_is_typed_by_hand() -> None:
    rest = FIGURE.sub("", TYPED)
    rest = re.sub(r"^## \d+\.|^\d+\. |version\n3\.0|95 % intervals", "", rest, flags=re.MULTILINE)
    assert re.findall(r"\d[\d.,]*", re.sub(r"F1", "", rest)) == []


def test_a_figure_that_changes_changes_the_record() -> None:
    kept = results()
    kept["learning"]["B"]["micro_f1"] = 0.1234
    assert "| 0.12 |" in page(TYPED, kept) and "| 0.12 |" not in PAGE.read_text(encoding="utf-8")
    with pytest.raises(KeyError):
        page("{{learning.all.nothing}}", results())
    with pytest.raises(ValueError, match="no form"):
        page("{{learning.all.micro_f1}}", results())


def test_figures_are_rounded_as_people_do_and_lists_are_read() -> None:
    assert [written(0.125, "2"), written(0.845, "2"), written(0.0835, "%"), written(12345, None)] == [
        "0.13", "0.85", "8 %", "12,345",
    ]  # fmt: skip
    assert (
        found({"a": [{"b": 2}, {"b": 1}]}, "a.b") == [2, 1] and written([0.96, 0.9575], "least%") == "95.8 %"
    )


def test_the_record_rests_on_results_that_are_kept() -> None:
    asked = {m[1].split(".")[0] for m in FIGURE.finditer(TYPED) if "." in m[1]}
    assert asked <= {p.stem for p in RESULTS.glob("*.json")} and len(asked) >= 4


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", THREATS))
    there = {
        name
        for file in (ROOT / "tests").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 50 and named - there == set()


def test_every_attack_has_a_defence_and_a_test_or_is_told_as_a_limit() -> None:
    table = THREATS.split("## Attacks and defences")[1].split("## Limits")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    for row in rows:
        if not row[0].startswith(("**", "---")):
            assert len(row) == 3 and "`test_" in row[2], row


def test_nothing_in_the_program_unpickles() -> None:
    for file in [*(ROOT / "ctg_nlp").rglob("*.py"), *(ROOT / "flows").glob("*.py")]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(import|from) (pickle|joblib|dill|cloudpickle|shelve|marshal)\b", text, re.MULTILINE
        ), file
        assert "allow_pickle=True" not in text, file
