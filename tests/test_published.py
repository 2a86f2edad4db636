"""What is published is looked at beside what was published before, and names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp import releases
from ctg_nlp.cli.main import ctg as program
from ctg_nlp.export.editions import Edition
from ctg_nlp.giving_out import as_draft, as_release
from ctg_nlp.report import made
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.shown import ShownTable

from .small_project import SmallProject, framework, small_project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    found = small_project(tmp_path / "home", framework(phase={"kind": "single", "codes": ["early", "late"]}))
    for i in range(20):
        found.arrive(f"{i}.pdf")
        found.decide(f"{i}.pdf", "phase", codes=["early" if i % 2 else "late"])
    yield found
    found.store.close()


def draft(project: SmallProject) -> releases.Told:
    return releases.draft(
        project.store,
        project.home,
        "T",
        now=project.now(),
        who="annabel",
        rules=Rules(5),
        why="for Bartholomew",
    )


def publish(project: SmallProject) -> releases.Told:
    told = draft(project)
    for act, who in (("assure", "beatrice"), ("approve", "cyril"), ("publish", "cyril")):
        why = {"why": "asked for by Bartholomew"}
        told = getattr(releases, act)(
            project.store, project.home, told.release.release_id, now=project.now(), who=who, **why
        )
    return told


def one_more(project: SmallProject) -> None:
    project.arrive("new.pdf")
    project.decide("new.pdf", "phase", codes=["early"])


def counts(table: ShownTable) -> dict[str, str]:
    return {r.id: r.cells[0].n for r in table.rows}


def rename_all(project: SmallProject) -> None:
    edits = [
        {"edit": "rename", "dimension": "phase", "from": old, "to": new}
        for old, new in (("early", "soon"), ("late", "later"))
    ]
    phase = {"kind": "single", "codes": ["soon", "later"]}
    project.switch(framework("2", [{"version": "2", "edits": edits}], phase=phase))


def test_rows_that_were_renamed_are_compared_with_what_was_published(project: SmallProject) -> None:
    publish(project)
    one_more(project)
    rename_all(project)
    told = draft(project)
    assert counts(told.shown[0])["soon"] == "[c]"
    assert releases.remake(project.store, told.release.release_id).different == ()


def test_a_publishable_draft_is_compared_with_releases_too(project: SmallProject) -> None:
    publish(project)
    project.home = replace(project.home, disclosure_minimum=5)
    for change in (one_more, rename_all):
        change(project)
        project.home = replace(project.home, disclosure_minimum=5)
        given = as_draft(project.store, project.home)
        assert given.tables and "11" not in counts(given.tables["phase"]).values()


def test_what_is_published_names_nobody_and_holds_no_reason(project: SmallProject) -> None:
    told = publish(project)
    folder = releases.folder_of(project.home, told.release)
    report = made(project.store, project.home, Edition.PUBLISHABLE, (), as_release(project.store, told))
    said = repr(report.contents) + "".join(p.read_text(encoding="utf-8") for p in folder.iterdir())
    for name in ("annabel", "beatrice", "cyril", "Bartholomew"):
        assert name not in said
    assert ("Approved", told.events[2].time[:10]) in report.contents.facts
    assert [e.who for e in told.events] == ["annabel", "beatrice", "cyril", "cyril"]


def test_less_than_the_settings_withhold_needs_a_reason_and_is_told(project: SmallProject) -> None:
    with (project.home.root / "ctg.toml").open("a", encoding="utf-8") as settings:
        settings.write("\ndisclosure_minimum = 5\n")

    def ctg(*said: str) -> tuple[int, str]:
        done = CliRunner().invoke(program, ["--home", str(project.home.root), "release", *said])
        return done.exit_code, f"{done.output}{done.exception or ''}"

    code, said = ctg("draft", "T", "--who", "ann", "--minimum", "0")
    assert code == 1 and "Counts from 1 to 4" in said and "--why" in said
    assert ctg("draft", "T", "--who", "ann", "--minimum", "0", "--why", "all groups agreed")[0] == 0
    assert "Nothing is withheld or rounded." in ctg("show", "1")[1]
    assert ctg("draft", "T", "--who", "ann")[0] == 0
    assert "Counts from 1 to 4, or of all but so many, are withheld" in ctg("show", "2")[1]
