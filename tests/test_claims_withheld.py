"""A narrative tells nothing that the tables of its report withhold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ctg_nlp import releases
from ctg_nlp.claims import checked, ledger_lines, ledger_section, paragraphs
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.export.editions import Edition
from ctg_nlp.giving_out import as_draft, as_release
from ctg_nlp.report import Made, made
from ctg_nlp.synthesis.disclosure import Rules

from .small_project import SmallProject, framework, small_project

AIMS = {"kind": "multi", "codes": ["a", "b"]}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    """Twelve reports that have the first aim; one gives a size."""
    found = small_project(tmp_path / "home", framework(aims=AIMS, size={"kind": "number"}))
    for i in range(12):
        found.arrive(f"{i}.pdf")
        found.decide(f"{i}.pdf", "aims", codes=["a"], absent=["b"])
    found.decide("0.pdf", "size", value=17)
    yield found
    found.store.close()


def released(project: SmallProject, rules: Rules, **more) -> releases.Told:
    return releases.draft(
        project.store, project.home, "T", now=project.now(), who="ann", rules=rules, **more
    )  # fmt: skip


def report(project: SmallProject, told: releases.Told) -> Made:
    return made(project.store, project.home, Edition.PUBLISHABLE, (), as_release(project.store, told))


def all_text(found: Made) -> str:
    return repr(found.contents.sections)


def test_no_median_is_told_under_rules_or_without_its_table(project: SmallProject) -> None:
    project.home.narrative.write_text("It is [17](claim: median size).\n", encoding="utf-8")
    assert "It is 17." in all_text(report(project, released(project, Rules())))
    for told in (released(project, Rules(5)), released(project, Rules(), leave_out=("size",))):
        found = report(project, told)
        assert "17" not in repr([s for s in found.contents.sections if s.id != "methods"])
        assert "It is [c]." in all_text(found)


@pytest.mark.parametrize("text", ["[17](claim: size.manyy)", "[11 of 12](claim: aims.a)", "Size 17"])
def test_an_unsound_narrative_enters_no_report_under_rules(project: SmallProject, text: str) -> None:
    project.home.narrative.write_text(f"It is {text}.\n", encoding="utf-8")
    with pytest.raises(CtgError, match="ctg claims check"):
        report(project, released(project, Rules(5)))
    project.home = replace(project.home, disclosure_minimum=5)
    given = as_draft(project.store, project.home)
    with pytest.raises(CtgError, match="ctg claims check"):
        made(project.store, project.home, Edition.PUBLISHABLE, (), given)
    assert not made(project.store, project.home, Edition.INTERNAL).sound


def test_what_cannot_be_checked_is_blank_wherever_figures_are_withheld(project: SmallProject) -> None:
    data = dataset(project.store, project.home.framework)
    found = checked("It is [17](claim: size.manyy).", project.home, data, exact=False)
    assert paragraphs(found, project.home.framework) == {"": ("It is [c].",)}
    said = repr([*ledger_lines(found), ledger_section(found)])
    assert "17" not in said and "manyy" not in said


def test_a_release_is_reported_by_its_own_framework_after_that_was_edited(project: SmallProject) -> None:
    told = released(project, Rules())
    project.home.narrative.write_text("## Aims {#aims}\n\n[12 of 12](claim: aims.a) had it.\n")
    new = [{"version": "2", "edits": [{"edit": "new", "dimension": "aims", "to": ["z"]}]}]
    codes = {"kind": "multi", "codes": ["z", "b", "a"]}
    project.switch(framework("2", new, aims=codes, size={"kind": "number"}))
    assert report(project, told).sound
