"""`ctg backup` and `ctg restore`: what comes back is what was there, and nothing is replaced by something broken."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.backup import make_backup
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.errors import HomeError, StoreError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.restore import restore
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.copying import sums
from ctg_nlp.store.database import known_schemas, open_any, open_store

from .filled_schema import fill_schema
from .review_home import ReviewHome
from .small_project import SmallProject, small_project

NOW = "2026-03-01T12:00:00.000000+00:00"
LOG = {"audit_log", "audit_head"}  # to which the restoring itself is added


def back_up(home: Home, path: Path, **more: bool) -> Path:
    made = make_backup(home, path, now=NOW, who="ann", **more)
    assert made.left_out == ()
    return made.path


def rows_of(url: str) -> dict[str, object]:
    store, _ = open_any(url)
    with store.snapshot() as db:
        found = {name: said for name, said in sums(db).items() if name not in {*LOG, "session"}}
    store.close()
    return found


def files_of(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in root.rglob("*")
        if p.is_file() and not p.name.startswith("ctg.sqlite") and p.parent.name != "logs"
    }


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    made = small_project(tmp_path / "home")
    made.arrive("one.pdf")
    made.decide("one.pdf", "aims", codes=["a"])
    return made


def test_a_home_comes_back_with_all_its_files_and_rows(review_home: ReviewHome, tmp_path: Path) -> None:
    home = review_home.home
    file = back_up(home, tmp_path / "all.zip")
    done = restore(file, tmp_path / "again", now=NOW, who="ann")
    assert rows_of(open_home(done.home).database) == rows_of(home.database)
    assert files_of(done.home) == files_of(home.root)
    assert file.stat().st_mode & 0o077 == 0  # it holds what is confidential
    with open_store(open_home(done.home).database).reading() as db:
        assert [e.what for e in entries(db)][-2:] == ["export", "backup restored"]


def test_submitted_files_can_be_left_out(review_home: ReviewHome, tmp_path: Path) -> None:
    done = restore(
        back_up(review_home.home, tmp_path / "b", raw=False), tmp_path / "again", now=NOW, who="ann"
    )
    assert list(open_home(done.home).raw.iterdir()) == []


def test_a_framework_from_elsewhere_comes_along(tmp_path: Path) -> None:
    project = small_project(tmp_path / "home")
    elsewhere = tmp_path / "elsewhere" / "framework.yaml"
    elsewhere.parent.mkdir()
    shutil.move(project.home.root / "framework.yaml", elsewhere)
    settings = project.home.root / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('"framework.yaml"', json.dumps(str(elsewhere))), encoding="utf-8")
    file = back_up(open_home(project.home.root), tmp_path / "b")
    shutil.rmtree(elsewhere.parent)
    done = restore(file, tmp_path / "again", now=NOW, who="ann")
    assert open_home(done.home).framework == project.home.framework


@pytest.mark.parametrize("there", ["sqlite", "postgresql"])
def test_a_project_on_postgresql_comes_back_on_either(
    there: str, tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    url = new_address("postgresql")
    project = small_project(tmp_path / "home", url=url)
    project.arrive("one.pdf")
    project.decide("one.pdf", "aims", codes=["a"])
    settings = project.home.root / "ctg.toml"
    settings.write_text(f'database = "{url}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    file = back_up(open_home(project.home.root), tmp_path / "b")
    target = new_address(there) if there == "postgresql" else ""
    done = restore(file, tmp_path / "again", now=NOW, who="ann", database=target)
    home = open_home(done.home)
    assert home.database == (target or f"sqlite:///{done.home / 'ctg.sqlite'}")
    assert rows_of(home.database) == rows_of(url)


@pytest.mark.parametrize("schema", [known_schemas()[0], known_schemas()[-2]])
def test_a_database_that_waits_for_its_upgrade_is_backed_up_as_it_is(
    schema: str, project: SmallProject, tmp_path: Path, ctg: Framework
) -> None:
    project.store.close()
    for left in project.home.root.glob("ctg.sqlite*"):
        left.unlink()
    fill_schema(project.home.database, schema, ctg, framework_text("ctg"))
    done = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann")
    assert done.schema == schema
    open_store(open_home(done.home).database).close()  # it has this version's schema now


def test_a_backup_made_while_others_write_is_of_one_moment(project: SmallProject, tmp_path: Path) -> None:
    stop = threading.Event()

    def decide() -> None:
        while not stop.is_set():
            project.decide("one.pdf", "aims", codes=["b"])

    writer = threading.Thread(target=decide)
    writer.start()
    try:
        files = [back_up(project.home, tmp_path / f"{n}.zip") for n in range(2)]
    finally:
        stop.set()
        writer.join()
    for n, file in enumerate(files):
        root = restore(file, tmp_path / f"again{n}", now=NOW, who="ann").home
        with sqlite3.connect(root / "ctg.sqlite") as db:
            imports, decisions, logged = (
                db.execute(f"SELECT count(*) FROM {said}").fetchone()[0]
                for said in ("decision_import", "decision", "audit_log WHERE what LIKE '%import%'")
            )
        assert imports * 3 == decisions and imports == logged > 0  # an import decides on three codes


def test_a_backup_is_not_put_into_the_project_itself(project: SmallProject) -> None:
    with pytest.raises(HomeError, match="lies in the project itself"):
        make_backup(project.home, project.home.root / "b.zip", now=NOW, who="ann")


def test_a_backup_that_cannot_be_completed_leaves_the_one_before(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = back_up(project.home, tmp_path / "b")
    before = file.read_bytes()

    def full(*_: object, **_more: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ctg_nlp.backup.put_file", full)
    with pytest.raises(HomeError, match="cannot be written: No space left on device"):
        make_backup(project.home, file, now=NOW, who="ann")
    assert file.read_bytes() == before and list(tmp_path.glob(".b*")) == []


def test_a_file_that_goes_on_changing_is_left_out_and_named(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = project.home.raw / "arriving.pdf"
    growing.write_bytes(b"%PDF")
    copied = shutil.copyfile

    def copy_and_grow(source: Path, target: Path) -> None:
        copied(source, target)
        if source == growing:
            with growing.open("ab") as file:
                file.write(b"more")

    monkeypatch.setattr("ctg_nlp.backup.shutil.copyfile", copy_and_grow)
    made = CliRunner().invoke(command, ["--home", str(project.home.root), "backup", str(tmp_path / "b")])
    assert getattr(made.exception, "exit_code", 0) == 10
    assert "data/raw/arriving.pdf: it was being changed all the while" in str(made.exception)


@pytest.mark.parametrize("damage", ["cut", "changed", "added", "outside", "no zip"])
def test_a_damaged_backup_replaces_nothing(damage: str, project: SmallProject, tmp_path: Path) -> None:
    file = back_up(project.home, tmp_path / "b")
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        at = content.index(b"database.sqlite") + 400
        content[at] ^= 0xFF
        file.write_bytes(content)
    elif damage == "no zip":
        file.write_bytes(b"this is no backup")
    else:
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("home/added.txt" if damage == "added" else "../outside.txt", "x")
    before = files_of(project.home.root)
    project.store.close()
    with pytest.raises(HomeError, match="damaged|no backup"):
        restore(file, project.home.root, now=NOW, who="ann", replace=True)
    assert files_of(project.home.root) == before and not (tmp_path.parent / "outside.txt").exists()
    assert not list(tmp_path.glob(".home*")) and not list(tmp_path.glob("home.before*"))


def test_a_home_is_replaced_only_when_asked_and_then_kept_aside(
    project: SmallProject, tmp_path: Path
) -> None:
    file = back_up(project.home, tmp_path / "b")
    project.decide("one.pdf", "aims", codes=["b"])
    project.store.close()
    with pytest.raises(HomeError, match="nothing was changed.*--replace"):
        restore(file, project.home.root, now=NOW, who="ann")
    after = rows_of(project.home.database)
    done = restore(file, project.home.root, now=NOW, who="ann", replace=True)
    assert done.moved is not None and rows_of(f"sqlite:///{done.moved / 'ctg.sqlite'}") == after
    assert rows_of(project.home.database) != after


def test_a_home_that_is_in_use_is_not_replaced(project: SmallProject, tmp_path: Path) -> None:
    file = back_up(project.home, tmp_path / "b")
    with project.store.reading(), pytest.raises(StoreError, match="is in use: stop the review page"):
        restore(file, project.home.root, now=NOW, who="ann", replace=True)


def test_who_restores_is_told_of_reports_that_were_erased_since(
    project: SmallProject, tmp_path: Path
) -> None:
    file = back_up(project.home, tmp_path / "b")
    withdraw_report(project.store, "one.pdf", now=NOW, who="ann", why="asked")
    erased = erase_report(project.store, project.home, "one.pdf", now=NOW, who="ann", why="asked")
    project.store.close()
    done = CliRunner().invoke(command, ["restore", str(file), str(project.home.root), "--replace"])
    assert done.exit_code == 0, done.output
    assert "1 reports that were erased since" in done.output and erased.report_id[:12] in done.output


def test_log_ins_of_the_time_of_the_backup_do_not_come_back(project: SmallProject, tmp_path: Path) -> None:
    with sqlite3.connect(project.home.root / "ctg.sqlite") as db:
        db.execute("INSERT INTO person VALUES ('ann', 'lead', 'x', 1, 0, 't', 'a')")
        db.execute("INSERT INTO session VALUES (?, 'ann', 't', 't')", ("a" * 64,))
    done = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann")
    with sqlite3.connect(done.home / "ctg.sqlite") as db:
        assert db.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM person").fetchone() == (1,)


def test_a_backup_can_be_checked_without_restoring(project: SmallProject, tmp_path: Path) -> None:
    file = back_up(project.home, tmp_path / "b")
    said = CliRunner().invoke(command, ["restore", str(file), "--check"])
    assert said.exit_code == 0 and "is whole" in said.output
