"""What is past its time by the settings is listed, and erased only after somebody said how many things that is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.aggregation import export_all
from ctg_nlp.backup import make_backup
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.cli.project import note_export
from ctg_nlp.clock import utc_now
from ctg_nlp.custody import withdraw_report
from ctg_nlp.doctor import examine
from ctg_nlp.logbook import log_of
from ctg_nlp.retention import Past, erase, past_its_time
from ctg_nlp.settings import open_home
from ctg_nlp.store.audit_log import Entry, entries, walk
from ctg_nlp.store.database import open_store
from ctg_nlp.store.decisions import erased

from .small_project import SmallProject, small_project

KINDS = ("withdrawn", "exports", "backups", "rebuilds", "logs")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[SmallProject]:
    """Two reports, tables, a backup, an export elsewhere and a release's file; limits of 30 days for all."""
    made = small_project(tmp_path / "home")
    settings = made.home.root / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    for kind, before in (*((k, "0") for k in KINDS[:-1]), ("logs", "90")):
        text = text.replace(f"# retain_{kind} = {before}", f"retain_{kind} = 30")
    settings.write_text(text, encoding="utf-8")
    made.home = open_home(made.home.root)
    for name in ("one.pdf", "two.pdf"):
        made.arrive(name)
        made.decide(name, "aims", codes=["a"])
    export_all(made.store, made.home, utc_now())
    make_backup(made.home, tmp_path / "backup.zip", now=utc_now(), who="ann")
    (tmp_path / "given.csv").write_text("1", encoding="utf-8")
    note_export(made.store, "dataset", tmp_path / "given.csv")
    frozen = made.home.coded / "releases" / "1" / "table.csv"
    frozen.parent.mkdir(parents=True)
    frozen.write_text("1", encoding="utf-8")
    yield made
    made.store.close()


def at(days: int) -> str:
    """The time so many days from now."""
    return (datetime.fromisoformat(utc_now()) + timedelta(days=days)).isoformat(timespec="microseconds")


def old(project: SmallProject, days: int = 40) -> None:
    """Make all files of data/coded look so many days old."""
    before = (datetime.fromisoformat(utc_now()) - timedelta(days=days)).timestamp()
    for path in project.home.coded.rglob("*"):
        os.utime(path, (before, before))


def withdrawn(project: SmallProject, name: str = "one.pdf", days: int = -40) -> None:
    withdraw_report(project.store, name, now=at(days), who="ann", why="asked for")


def listed(project: SmallProject, days: int = 0) -> list[Past]:
    return list(past_its_time(project.store, project.home, at(days)))


def log(project: SmallProject) -> list[Entry]:
    with project.store.reading() as db:
        assert walk(db).broken_at is None
        return list(entries(db))


def test_what_is_past_its_time_is_listed_and_nothing_else(project: SmallProject, tmp_path: Path) -> None:
    assert listed(project, 29) == []
    withdrawn(project)
    withdrawn(project, "two.pdf", -10)
    old(project)
    assert {(p.kind, p.name) for p in listed(project) if p.kind == "withdrawn"} == {("withdrawn", "one.pdf")}
    exports = {p.name for p in listed(project) if p.kind == "exports"}
    assert {"dataset", "tables.html", "decisions.jsonl"} <= exports and not any(
        "/" in name for name in exports
    )
    later = {p.kind: p for p in listed(project, 31)}
    assert set(later) == set(KINDS)
    assert later["backups"].name == str(tmp_path / "backup.zip") and not later["backups"].by_hand
    assert later["rebuilds"].by_hand and later["logs"].count > 0
    elsewhere = [p for p in listed(project, 31) if p.name == str(tmp_path / "given.csv")]
    assert [p.by_hand for p in elsewhere] == ["It lies outside data/coded: delete it there."]


def test_of_a_kind_without_a_limit_nothing_is_past_its_time(project: SmallProject) -> None:
    settings = project.home.root / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("retain_withdrawn = 30", "retain_withdrawn = 0"), encoding="utf-8")
    withdrawn(project)
    assert [p.kind for p in past_its_time(project.store, open_home(project.home.root), at(0))] == []


def test_what_was_listed_is_erased_in_the_ways_that_there_are_and_noted(
    project: SmallProject, tmp_path: Path
) -> None:
    withdrawn(project)
    old(project)
    found = listed(project, 31)
    gone = erase(project.store, project.home, found, now=at(31), who="ann")
    assert gone.counts["withdrawn"] == 1 and gone.counts["backups"] == 1 and gone.counts["logs"] > 0
    with project.store.reading() as db:
        assert erased(db) == {f"{1:064x}"}
    assert not (tmp_path / "backup.zip").exists() and (tmp_path / "given.csv").exists()
    left = [
        p.relative_to(project.home.coded).as_posix() for p in project.home.coded.rglob("*") if p.is_file()
    ]
    assert left == ["releases/1/table.csv"]
    (noted,) = [e for e in log(project) if e.what == "retention"]
    assert noted.who == "ann" and noted.detail == gone.counts
    assert [e.what for e in log(project)][-2:] == ["retention", "erasure"]
    assert "data/raw/one.pdf" in gone.left and str(tmp_path / "given.csv") in gone.left
    assert str(tmp_path / "backup.zip") not in gone.left  # it went after the report
    assert {p.kind for p in listed(project, 31) if not p.by_hand} <= {"logs"}  # of what was just done
    assert [f.what for f in examine(project.home.root, now=utc_now()) if "audit" in f.part] == []


def test_a_dataset_goes_as_a_whole_and_what_others_put_beside_it_by_its_own_time(
    project: SmallProject,
) -> None:
    old(project)
    beside = project.home.coded / "notes of ours.txt"
    beside.write_text("kept", encoding="utf-8")
    erase(project.store, project.home, listed(project), now=at(0), who="ann")
    assert not project.home.dataset.exists() and beside.read_text(encoding="utf-8") == "kept"


def test_a_file_that_took_the_place_of_a_backup_is_left_to_people(
    project: SmallProject, tmp_path: Path
) -> None:
    (tmp_path / "backup.zip").write_text("somebody's work", encoding="utf-8")
    aside = shutil.copytree(project.home.root, project.home.root.with_name("home.before-2026"))
    (found, moved) = [p for p in listed(project, 31) if p.kind == "backups"]
    assert "look at it" in found.by_hand and moved.name == str(aside) and "moved it aside" in moved.by_hand
    erase(project.store, project.home, listed(project, 31), now=at(31), who="ann")
    assert (tmp_path / "backup.zip").read_text(encoding="utf-8") == "somebody's work" and Path(aside).is_dir()


def run(project: SmallProject, *said: str, typed: str | None = None):
    return CliRunner().invoke(command, ["--home", str(project.home.root), "retention", *said], input=typed)


def test_nothing_is_erased_unless_the_number_of_things_is_said(project: SmallProject) -> None:
    withdrawn(project)
    only = ["--only", "withdrawn"]
    shown = run(project, *only)
    assert shown.exit_code == 0 and "one.pdf" in shown.stdout and "Nothing was erased" in shown.stdout
    for said, typed in (([], None), ([], "2\n"), (["--confirm", "2"], None), ([], "yes\n")):
        done = run(project, *only, "--erase", *said, typed=typed)
        assert done.exit_code == 1 and "Nothing was erased" in str(done.exception)
    with project.store.reading() as db:
        assert not erased(db)
    done = run(project, *only, "--erase", "--by", "cy", typed="1\n")
    assert done.exit_code == 0 and "Erased: 1 withdrawn" in done.stdout
    assert "Delete it yourself: data/raw/one.pdf" in done.stdout
    assert [(e.who, e.detail) for e in log(project) if e.what == "retention"] == [("cy", {"withdrawn": 1})]


def test_a_program_reads_the_list_and_says_the_number(project: SmallProject) -> None:
    withdrawn(project)
    told = json.loads(run(project, "--only", "withdrawn", "--json").stdout)
    assert [(p["kind"], p["count"]) for p in told["past"]] == [("withdrawn", 1)] and told["erased"] is None
    told = json.loads(run(project, "--only", "withdrawn", "--erase", "--confirm", "1", "--json").stdout)
    assert told["erased"]["withdrawn"] == 1 and told["left"][0] == "data/raw/one.pdf"
    assert [Path(p).name for p in told["left"][1:]] == ["backup.zip", "given.csv"]  # they may hold it


def test_where_nothing_is_set_the_settings_are_named(tmp_path: Path) -> None:
    made = small_project(tmp_path / "home")
    assert "No times are set" in run(made, "--only", "backups").stdout
    assert "Nothing is past its time" in run(made).stdout
    made.store.close()


def test_the_log_of_a_home_keeps_what_is_within_its_time(project: SmallProject) -> None:
    before = len(log_of(project.home).file.path.read_text(encoding="utf-8").splitlines())
    erase(project.store, project.home, listed(project), now=at(0), who="ann")
    assert len(log_of(project.home).file.path.read_text(encoding="utf-8").splitlines()) == before + 1


def test_a_store_that_was_opened_anew_lists_the_same(project: SmallProject) -> None:
    withdrawn(project)
    store = open_store(project.home.database)
    assert past_its_time(store, project.home, at(0)) == tuple(listed(project))
    store.close()
