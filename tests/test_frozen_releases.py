"""What was frozen with a release stays as it was, is seen to be so, and loses only what an erasure must take."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from ctg_nlp import releases
from ctg_nlp.cli.main import ctg as program
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import CtgError, StoreError
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.contents_json import contents_from, json_of_contents
from ctg_nlp.records import Dataset, ReleaseState
from ctg_nlp.release_making import breakdowns
from ctg_nlp.releases import Told
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.disclosure import Rules

from .small_project import SmallProject, framework, small_project

PHASE = {"kind": "single", "codes": ["early", "late"]}
PLACE = {"kind": "text", "fact": "local_authority"}
SECRET = "Jane Doe of Little Wobbling"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    made = filled(small_project(tmp_path / "home", framework(phase=PHASE, place=PLACE)))
    yield made
    made.store.close()


def filled(project: SmallProject) -> SmallProject:
    """Six reports, of which the first names a place that no other does."""
    for i in range(6):
        project.arrive(f"{i}.pdf", cohort=str(1 + i % 2))
        project.decide(f"{i}.pdf", "phase", codes=["early" if i else "late"])
        project.decide(f"{i}.pdf", "place", value="Leeds" if i else SECRET)
    return project


def drafted(project: SmallProject, title: str = "Spring", **more) -> Told:
    rules = more.pop("rules", Rules())
    return releases.draft(
        project.store, project.home, title, now=project.now(), who="ann", rules=rules, **more
    )


def publish(project: SmallProject, told: Told) -> Told:
    for act, who in (("assure", "bea"), ("approve", "cy"), ("publish", "cy")):
        more = {"despite": "a test"} if act == "approve" else {}
        name = told.release.release_id
        told = getattr(releases, act)(project.store, project.home, name, now=project.now(), who=who, **more)
    return told


def published(project: SmallProject, **more) -> Told:
    return publish(project, drafted(project, **more))


def erase(project: SmallProject, name: str) -> None:
    withdraw_report(project.store, name, now=project.now(), who="lead", why="asked")
    erase_report(project.store, project.home, name, now=project.now(), who="lead", why="law")


def call(project: SmallProject, *words: str) -> Result:
    return CliRunner().invoke(program, ["--home", str(project.home.root), *words])


def report_of(project: SmallProject) -> Contents:
    return releases.report_of(project.store, releases.told_of(project.store, "1"))


def tampered(project: SmallProject, *statements: str) -> None:
    """Somebody who opens the database by other means, and takes the triggers away first."""
    db = sqlite3.connect(project.home.root / "ctg.sqlite")
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert db.execute(statement).rowcount
    db.commit()
    db.close()


def verified(project: SmallProject) -> tuple[str, ...]:
    return releases.verify(project.store, project.home, "1")


STATES = "UPDATE rebuild_report SET states = x'0102' WHERE rowid = (SELECT max(rowid) FROM rebuild_report)"


def test_data_that_was_changed_without_an_erasure_is_not_taken_for_one(project: SmallProject) -> None:
    published(project)
    tampered(project, STATES)
    said = call(project, "release", "rebuild", "1")
    assert said.exit_code == 1 and "no erasure explains it" in str(said.exception)
    assert "come out the same" not in said.output


def test_a_real_erasure_hides_no_change_of_another_report(project: SmallProject) -> None:
    published(project)
    erase(project, "0.pdf")
    assert releases.remake(project.store, "1").erased == 1
    tampered(project, STATES)
    with pytest.raises(CtgError, match="no erasure explains it"):
        releases.remake(project.store, "1")


def test_an_erasure_after_a_change_does_not_make_it_good(project: SmallProject) -> None:
    published(project)
    tampered(project, STATES)
    erase(project, "0.pdf")
    with pytest.raises(CtgError, match="no erasure explains it"):
        releases.remake(project.store, "1")


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE rebuild SET data_hash = 'x'",
        "UPDATE rebuild SET cells = '[]'",
        "DELETE FROM rebuild",
        "UPDATE rebuild_report SET counted = false",
        "DELETE FROM rebuild_report",
    ],
)
def test_the_database_refuses_to_change_a_kept_rebuild(tmp_path: Path, any_store: Store, act: str) -> None:
    bare = small_project(tmp_path / "home", framework(phase=PHASE, place=PLACE))
    bare.store.close()
    project = filled(SmallProject(bare.home, any_store))
    drafted(project)
    erase(project, "1.pdf")
    with pytest.raises(StoreError, match="kept as they were"), any_store.transaction() as db:
        db.execute(text(act))


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE release_table SET verdict = 'good'",
        "UPDATE release_table SET shown = '{}'",
        "DELETE FROM release_table",
        "UPDATE release_report SET release_id = 'x'",
        "DELETE FROM release_report",
        "UPDATE release_file SET sha256 = 'x'",
        "DELETE FROM release_file",
    ],
)
def test_an_erasure_opens_a_release_for_nothing_else(tmp_path: Path, any_store: Store, act: str) -> None:
    bare = small_project(tmp_path / "home", framework(phase=PHASE, place=PLACE))
    bare.store.close()
    project = filled(SmallProject(bare.home, any_store))
    told = drafted(project)
    releases.write_reports(any_store, project.home, told, ["csv"], project.now())
    erase(project, "1.pdf")
    with pytest.raises(StoreError, match="frozen"), any_store.transaction() as db:
        db.execute(text(act))


def test_the_words_of_an_erased_report_are_nowhere_and_its_numbers_stay(
    tmp_path: Path, any_store: Store
) -> None:
    bare = small_project(tmp_path / "home", framework(phase=PHASE, place=PLACE))
    bare.store.close()
    project = filled(SmallProject(bare.home, any_store))
    project.home.narrative.write_text(f"## Places {{#place}}\n\n{SECRET} is nice.\n", encoding="utf-8")
    told = drafted(project, by=("place",))
    releases.write_reports(any_store, project.home, told, ["html", "csv"], project.now())
    internal = project.home.coded / "report" / "internal.html"
    internal.parent.mkdir(parents=True)
    internal.write_text(SECRET, encoding="utf-8")
    assert "Wobbling" in rows_of(any_store)
    erase(project, "0.pdf")
    assert "Wobbling" not in rows_of(any_store)
    assert not [p for p in project.home.coded.rglob("*") if p.is_file() and b"Wobbling" in p.read_bytes()]
    assert verified(project) == ()
    (place,) = (t for t in releases.told_of(any_store, "1").shown if t.id == "place")
    assert {(r.label, r.cells[0].n) for r in place.rows} >= {("Another place", "1"), ("Leeds", "5")}


def test_a_word_that_another_report_said_too_stays(project: SmallProject) -> None:
    told = published(project)
    erase(project, "1.pdf")
    assert releases.told_of(project.store, "1").shown == told.shown


def rows_of(store: Store) -> str:
    """All that the tables of rebuilds and releases hold."""
    names = ("rebuild", "rebuild_report", "release", "release_table", "release_report", "release_event")
    with store.reading() as db:
        return "".join(str(row) for name in names for row in db.execute(text(f"SELECT * FROM {name}")))


def test_a_forged_file_is_noticed_though_the_manifest_was_changed_with_it(project: SmallProject) -> None:
    folder = releases.folder_of(project.home, published(project).release)
    table = next(folder.glob("*phase.csv"))
    table.write_text(table.read_text().replace("5,83.3", "2,33.3"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["checksums"][table.name] = hashlib.sha256(table.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "99 forged.csv").write_text("x")
    assert verified(project) == tuple(sorted((table.name, "manifest.json", "99 forged.csv")))


def test_a_changed_report_is_noticed_in_each_form(project: SmallProject) -> None:
    told = published(project)
    paths = releases.write_reports(
        project.store, project.home, told, ["html", "docx", "xlsx", "csv"], project.now()
    )
    assert verified(project) == ()
    for path in paths:
        path.write_bytes(path.read_bytes() + b" ")
    assert verified(project) == tuple(sorted(f"report/{p.name}" for p in paths))


def test_a_report_changed_in_the_database_is_noticed(project: SmallProject) -> None:
    published(project)
    tampered(project, "UPDATE release_report SET contents = replace(contents, 'Early', 'Never')")
    assert verified(project) == ("the report in the database",)


def test_the_report_of_a_release_says_what_it_said_whatever_comes_goes_or_is_renamed(
    project: SmallProject,
) -> None:
    project.home.narrative.write_text("[5 of 6](claim: phase.early) were early.\n", encoding="utf-8")
    published(project)
    before = report_of(project)
    assert any("5 of 6 were early." in s.paragraphs for s in before.sections)
    project.arrive("new.pdf")
    project.decide("new.pdf", "phase", codes=["late"])
    project.home.narrative.write_text("[99 of 6](claim: phase.early) were early.\n", encoding="utf-8")
    edits = [{"edit": "rename", "dimension": "phase", "from": "early", "to": "soon"}]
    renamed = {"kind": "single", "codes": ["soon", "late"]}
    erase(project, "1.pdf")
    project.switch(framework("2", [{"version": "2", "edits": edits}], phase=renamed, place=PLACE))
    assert report_of(project) == before
    said = call(project, "report", "--release", "1")
    assert said.exit_code == 0 and "99 of 6" not in next(project.home.coded.rglob("*.html")).read_text()


def test_no_release_is_drafted_with_a_narrative_that_does_not_hold(project: SmallProject) -> None:
    project.home.narrative.write_text("[99 of 6](claim: phase.early) were early.\n", encoding="utf-8")
    with pytest.raises(CtgError, match="ctg claims check"):
        drafted(project)
    assert releases.all_releases(project.store) == () and not (project.home.coded / "releases").exists()


def test_what_a_report_holds_comes_back_from_its_json(project: SmallProject) -> None:
    published(project)
    contents = report_of(project)
    assert contents_from(json_of_contents(contents)) == contents


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--edition", "internal"), "publishable report alone"),
        (("--gap-map", "phase/phase"), "frozen with its draft"),
    ],
)
def test_what_the_report_of_a_release_cannot_be_is_refused(
    project: SmallProject, words: tuple[str, ...], why: str
) -> None:
    published(project)
    said = call(project, "report", "--release", "1", *words)
    assert said.exit_code == 1 and why in str(said.exception) and not list(project.home.coded.rglob("*.html"))


def test_a_release_that_was_withdrawn_stays_so_when_its_correction_is_published(
    project: SmallProject,
) -> None:
    published(project)
    project.decide("1.pdf", "phase", codes=["late"])
    correction = releases.correct(
        project.store, project.home, "1", now=project.now(), who="ann", why="a mistake"
    )
    releases.withdraw(project.store, project.home, "1", now=project.now(), who="cy", why="wrong")
    assert publish(project, correction).state is ReleaseState.PUBLISHED
    assert releases.told_of(project.store, "1").state is ReleaseState.WITHDRAWN


def test_only_a_draft_is_said_not_to_be_published(project: SmallProject) -> None:
    told = drafted(project)
    table = next(releases.folder_of(project.home, told.release).glob("*phase.csv"))
    assert table.read_text().splitlines()[0] == "DRAFT: not published"
    publish(project, told)
    releases.withdraw(project.store, project.home, "1", now=project.now(), who="cy", why="wrong")
    assert table.read_text().splitlines()[0] == "WITHDRAWN"


def test_the_files_name_nobody_and_give_no_reasons(project: SmallProject) -> None:
    told = drafted(project, why="Zoe wanted it")
    for act, who in (("assure", "Beatrice"), ("approve", "Cynthia")):
        more = {"despite": "Zoe wanted it"} if act == "approve" else {}
        getattr(releases, act)(project.store, project.home, "1", now=project.now(), who=who, **more)
    releases.write_reports(project.store, project.home, told, ["html"], project.now())
    folder = releases.folder_of(project.home, told.release)
    said = "".join(p.read_text(encoding="utf-8").lower() for p in folder.rglob("*") if p.is_file())
    assert not [name for name in ("beatrice", "cynthia", "zoe") if name in said]


def test_the_model_of_a_release_is_that_of_its_draft_not_of_an_older_rebuild(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = drafted(project)
    monkeypatch.setattr("ctg_nlp.store.suggestions.last_model", lambda *_: "classifier-2")
    second = drafted(project)
    assert second.release.rebuild_id == first.release.rebuild_id and first.release.model_id == ""
    assert second.release.model_id == "classifier-2"


def test_a_release_is_broken_down_by_all_that_tables_are_and_its_report_shows_it(
    project: SmallProject,
) -> None:
    said = call(project, "release", "draft", "T", "--who", "ann", "--by", "cohort", "--by", "phase")
    assert said.exit_code == 0, said.output
    shown = {t.id: t for t in releases.told_of(project.store, "1").shown}
    assert {"phase by cohort", "place by phase"} <= shown.keys()
    sections = {s.id: [t.id for t in s.tables] for s in report_of(project).sections}
    assert sections["by-phase"] == ["place by phase"] and "phase by cohort" in sections["cohorts"]
    assert releases.remake(project.store, "1").different == ()
    with pytest.raises(CtgError, match="there are phase"):
        drafted(project, by=("nonsense",))


def test_a_release_is_broken_down_by_region_but_not_with_a_minimum(project: SmallProject) -> None:
    data = dataset(project.store, project.home.framework)
    known = Dataset(data.framework_id, data.reports, data.silent, (("Leeds", "North"),))
    names = breakdowns(project.home.framework, known, ("region", "Cohort", "cohort"), Rules())
    assert names == ("region", "cohort")
    with pytest.raises(CtgError, match="by region"):
        breakdowns(project.home.framework, known, ("region",), Rules(3))


def test_a_place_that_only_an_erased_report_named_leaves_the_regions_of_the_rebuilds(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions = (("Leeds", "North"), (SECRET, "North"))
    monkeypatch.setattr("ctg_nlp.dataset._Places.regions", lambda _: regions)
    published(project)
    assert "Wobbling" in rows_of(project.store)
    erase(project, "0.pdf")
    said = rows_of(project.store)
    assert "Wobbling" not in said and "Leeds" in said
    assert releases.remake(project.store, "1").erased == 1 and verified(project) == ()
