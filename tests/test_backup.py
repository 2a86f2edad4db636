"""`ctg backup`: all that belongs to a project is in the file, and what is not is told."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from ctg_nlp import backup_files
from ctg_nlp.backup import make_backup
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.errors import HomeError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text, load_examples
from ctg_nlp.records import Submission
from ctg_nlp.restore import check_backup, restore
from ctg_nlp.settings import open_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import known_schemas, open_store
from ctg_nlp.submissions import scan

from .backups import NOW, back_up, on_database
from .backups import project as project
from .filled_schema import fill_schema
from .review_home import ReviewHome
from .small_project import SmallProject, framework, small_project
from .test_faults import Filled
from .test_faults import small_disk as small_disk


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
    said = settings.read_text(encoding="utf-8")
    settings.write_text(said.replace('"framework.yaml"', json.dumps(str(elsewhere))), encoding="utf-8")
    file = back_up(open_home(project.home.root), tmp_path / "b")
    shutil.rmtree(elsewhere.parent)
    done = restore(file, tmp_path / "again", now=NOW, who="ann")
    assert open_home(done.home).framework == project.home.framework


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


def test_a_full_disk_ends_a_backup_and_leaves_the_one_before(
    project: SmallProject, tmp_path: Path, small_disk: Path
) -> None:
    file = back_up(project.home, small_disk / "b")
    before = file.read_bytes()
    (project.home.raw / "large.pdf").write_bytes(random.Random(1).randbytes(4_000_000))
    with (
        Filled(small_disk, left=3_000_000),  # there is room for the database, and not for that file
        pytest.raises(HomeError, match="cannot be written: (No space left on device|File too large)"),
    ):
        make_backup(project.home, file, now=NOW, who="ann")
    assert file.read_bytes() == before and list(small_disk.glob(".b*")) == []


def test_a_file_that_goes_on_changing_is_left_out_and_named(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = project.home.raw / "arriving.pdf"
    growing.write_bytes(b"%PDF")

    def read_and_grow(file: IO[bytes], most: int) -> bytes:
        said = file.read(most)
        if file.name == str(growing) and said:
            with growing.open("ab") as more:
                more.write(b"more")
        return said

    monkeypatch.setattr(backup_files, "_read", read_and_grow)
    made = CliRunner().invoke(command, ["--home", str(project.home.root), "backup", str(tmp_path / "b")])
    assert getattr(made.exception, "exit_code", 0) == 10
    assert "data/raw/arriving.pdf: it was being changed all the while" in str(made.exception)


def test_what_lies_in_linked_folders_is_backed_up_as_it_is_read(
    project: SmallProject, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    (share / "sub").mkdir(parents=True)
    (share / "sub" / "two.pdf").write_bytes(b"%PDF two")
    (share / "round").symlink_to(share)
    (project.home.raw / "linked").symlink_to(share)
    (project.home.root / "exports").symlink_to(share / "sub")
    read = {f.path for f in scan(project.home.root, project.home.raw, ()).files}
    done = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann")
    assert read == {"data/raw/linked/sub/two.pdf"}
    assert (done.home / "data/raw/linked/sub/two.pdf").read_bytes() == b"%PDF two"


def test_folders_and_links_that_cannot_be_followed_are_named(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = project.home.raw / "closed"
    closed.mkdir()
    (project.home.raw / "nowhere.pdf").symlink_to(tmp_path / "gone.pdf")
    listed = os.scandir

    def refused(folder: Any) -> Any:  # root may look into any folder
        if str(folder) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", refused)
    made = make_backup(project.home, tmp_path / "b", now=NOW, who="ann")
    assert made.left_out == (
        ("data/raw/nowhere.pdf", "it is a link that leads nowhere"),
        ("data/raw/closed/", "the folder cannot be opened: Permission denied"),
    )


def test_a_backup_tells_of_reports_whose_file_is_not_there(project: SmallProject, tmp_path: Path) -> None:
    there, gone = project.arrive("there.pdf"), project.arrive("gone.pdf")
    with project.store.transaction() as db:
        for report_id, name in ((there, "there.pdf"), (gone, "gone.pdf")):
            report_store.put_submission(db, Submission(f"data/raw/{name}", report_id, 1, 1, NOW))
    (project.home.raw / "there.pdf").write_bytes(b"%PDF")
    assert make_backup(project.home, tmp_path / "b", now=NOW, who="ann").gone == (gone,)
    assert make_backup(project.home, tmp_path / "c", now=NOW, who="ann", raw=False).gone == ()


def test_a_backup_can_be_checked_without_restoring(project: SmallProject, tmp_path: Path) -> None:
    file = back_up(project.home, tmp_path / "b")
    said = CliRunner().invoke(command, ["restore", str(file), "--check"])
    assert said.exit_code == 0 and "is whole" in said.output
    again = make_backup(project.home, tmp_path / "c", now=NOW, who="ann")
    assert check_backup(again.path) == (NOW, again.files, again.rows)  # both commands count alike
    restored = restore(again.path, tmp_path / "back", now=NOW, who="ann")
    assert (restored.files, restored.rows) == (again.files, again.rows)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_tables_and_columns_that_are_none_of_ours_are_named_and_stop_no_restoring(
    kind: str, tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    project = on_database(tmp_path / "home", new_address(kind))
    with project.store.transaction() as db:
        db.execute(text("CREATE TABLE visits (at TIMESTAMP)"))
        db.execute(text("INSERT INTO visits VALUES (CURRENT_TIMESTAMP)"))
        db.execute(text("ALTER TABLE report ADD COLUMN seen TIMESTAMP"))
    made = make_backup(project.home, tmp_path / "b", now=NOW, who="ann")
    assert made.strange == ("report.seen", "visits")
    for number, target in enumerate(("", new_address("sqlite"))):
        done = restore(tmp_path / "b", tmp_path / f"again{number}", now=NOW, who="ann", database=target)
        found = open_home(done.home)
        with open_store(found.database).reading() as db:
            assert [r.name for r in report_store.reports(db)] == ["one.pdf"]


@pytest.mark.parametrize("examples", ["sub/examples.jsonl", "../shared/examples.jsonl"])
def test_examples_of_a_framework_from_elsewhere_come_back_where_it_looks_for_them(
    examples: str, tmp_path: Path
) -> None:
    project = small_project(tmp_path / "home")
    elsewhere = tmp_path / "elsewhere" / "frameworks" / "framework.yaml"
    file = elsewhere.parent / examples
    for folder in (elsewhere.parent, file.parent.resolve()):
        folder.mkdir(parents=True, exist_ok=True)
    file.write_text('{"dimension": "aims", "codes": ["a"], "text": "We aimed."}\n', encoding="utf-8")
    elsewhere.write_text(json.dumps({**framework(), "examples": examples}), encoding="utf-8")
    settings = project.home.root / "ctg.toml"
    said = settings.read_text(encoding="utf-8")
    settings.write_text(said.replace('"framework.yaml"', json.dumps(str(elsewhere))), encoding="utf-8")
    backup = back_up(open_home(project.home.root), tmp_path / "b")
    shutil.rmtree(tmp_path / "elsewhere")
    home = open_home(restore(backup, tmp_path / "again", now=NOW, who="ann").home)
    assert [e.text for e in load_examples(home.framework_source, home.framework)] == ["We aimed."]


def test_examples_that_cannot_come_along_are_named(tmp_path: Path) -> None:
    project = small_project(tmp_path / "home", {**framework(), "examples": "../outside.jsonl"})
    (tmp_path / "outside.jsonl").write_text("", encoding="utf-8")
    made = make_backup(project.home, tmp_path / "b", now=NOW, who="ann")
    assert made.left_out == (
        (str(tmp_path / "outside.jsonl"), "the framework names it, and it lies outside the project"),
    )
    (tmp_path / "outside.jsonl").unlink()
    (_, why), *_ = make_backup(project.home, tmp_path / "b", now=NOW, who="ann").left_out
    assert why == "the framework names it, and it is not there"


def test_a_backup_into_a_folder_that_the_project_links_to_is_refused(
    project: SmallProject, tmp_path: Path
) -> None:
    (tmp_path / "backups").mkdir()
    (project.home.root / "backups").symlink_to(tmp_path / "backups")
    with pytest.raises(HomeError, match="lies in the project itself"):
        make_backup(project.home, tmp_path / "backups" / "b.zip", now=NOW, who="ann")


def test_the_audit_log_notes_where_a_backup_was_written(project: SmallProject, tmp_path: Path) -> None:
    back_up(project.home, tmp_path / "b")
    with project.store.reading() as db:
        assert [e.detail for e in entries(db, what="export")] == [{"file": str(tmp_path / "b")}]
