"""What is behind numbers is read as the numbers were, also after the framework has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctg_nlp.export.drilldown import Behind
from ctg_nlp.export.editions import Edition
from ctg_nlp.report import made, what_is_behind

from .small_project import SmallProject, framework, small_project


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    found = small_project(tmp_path / "home", framework(aims={"kind": "multi", "codes": ["a", "b", "c"]}))
    for name in ("one.pdf", "two.pdf"):
        found.arrive(name)
        found.decide(name, "aims", codes=["a", "b"])
    yield found
    found.store.close()


def behind(project: SmallProject) -> Behind:
    return what_is_behind(project.store, project.home, made(project.store, project.home, Edition.INTERNAL), 0)


def opened(found: Behind) -> dict[str, list[str]]:
    """Who said what behind each number that counts something."""
    return {
        cell.title: [
            f"{s.who} {s.answer}"
            for r in cell.reports
            for q in cell.questions
            for s in found.said.get((r, q), ())
        ]
        for cell in found.cells.values()
        if cell.reports
    }


def test_numbers_open_with_their_answers_after_codes_and_dimensions_were_renamed_and_merged(
    project: SmallProject,
) -> None:
    assert opened(behind(project)) == {"Aims: A": ["ann present"] * 2, "Aims: B": ["ann present"] * 2}
    edits = [
        {"edit": "rename", "dimension": "aims", "from": "a", "to": "alpha"},
        {"edit": "merge", "dimension": "aims", "from": ["b", "c"], "to": "rest"},
        {"edit": "rename dimension", "from": "aims", "to": "goals"},
    ]
    goals = {"kind": "multi", "codes": ["alpha", "rest"]}
    project.switch(framework("2", [{"version": "2", "edits": edits}], goals=goals))
    assert opened(behind(project)) == {
        "Goals: Alpha": ["ann present"] * 2,
        "Goals: Rest": ["ann present"] * 2,
    }
