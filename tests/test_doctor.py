"""`ctg doctor`: nothing is found in a sound project, and each fault is found with its cure."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from ctg_nlp.backup import make_backup
from ctg_nlp.backup_file import RESTORING
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.clock import utc_now
from ctg_nlp.doctor import examine
from ctg_nlp.doctor_files import Finding
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.review.queue import tally
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import known_schemas, open_store, upgrade

from .review_home import CODED, ReviewHome
from .small_project import framework, small_project


@pytest.fixture
def home(review_home: ReviewHome) -> Iterator[ReviewHome]:
    yield review_home


def found(home: ReviewHome, **more: bool) -> tuple[Finding, ...]:
    return examine(home.root, now=utc_now(), **more)


def said(home: ReviewHome, **more: bool) -> str:
    return "\n".join(f"{f.part}: {f.what} {f.cure}" for f in found(home, **more))


def change(home: ReviewHome, *statements: str) -> None:
    with sqlite3.connect(home.root / "ctg.sqlite") as db:
        for statement in statements:
            db.execute(statement)


def test_a_sound_project_has_no_findings_also_when_every_file_is_read_again(home: ReviewHome) -> None:
    assert found(home, verify=True) == ()
    done = CliRunner().invoke(command, ["--home", str(home.root), "doctor"])
    assert done.exit_code == 0 and "All is well." in done.output


def test_a_project_on_postgresql_is_looked_at_likewise(
    tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    url = new_address("postgresql")
    project = small_project(tmp_path / "home", url=url)
    project.arrive("one.pdf")
    (project.home.raw / "one.pdf").write_bytes(b"x")
    settings = project.home.root / "ctg.toml"
    settings.write_text(f'database = "{url}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    assert [f.part for f in examine(project.home.root, now=project.now())] == ["files"]  # never submitted
    with project.store.transaction() as db:
        db.execute(text("ALTER TABLE decision DISABLE TRIGGER decision_append_only"))
    findings = examine(project.home.root, now=project.now())
    assert "decision_append_only" in findings[0].what and findings[0].part == "database"
    project.store.close()


def status(home: ReviewHome) -> str:
    return CliRunner().invoke(command, ["--home", str(home.root), "status"]).output


def test_the_status_hints_at_the_doctor_where_submitted_files_are_missing(home: ReviewHome) -> None:
    assert "doctor" not in status(home)
    gone = home.home.raw / CODED[0]
    gone.rename(home.home.raw / "another name.pdf")
    line = f"The submitted file of 1 report is missing: {gone.name}. What to do: ctg"
    assert f"{line} --home {home.root} doctor" in status(home).splitlines()


def test_the_status_hints_at_the_doctor_where_the_database_is_damaged(home: ReviewHome) -> None:
    file = home.root / "ctg.sqlite"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'memo'").fetchone()
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as raw:
        raw.seek((page[0] - 1) * size)
        raw.write(b"\xff" * size)
    assert "The database is damaged (" in status(home).splitlines()[0]
    assert "doctor" in status(home).splitlines()[0]


def test_a_submitted_file_that_is_gone_or_changed_is_named_with_where_to_put_it(home: ReviewHome) -> None:
    gone, changed = (home.home.raw / name for name in CODED[:2])
    gone.unlink()
    changed.write_bytes(changed.read_bytes() + b"\n")
    text_ = said(home)
    assert (
        f"The file of {gone.name}" in text_ and f"Put it back from a backup, as data/raw/{gone.name}" in text_
    )
    assert f"The file of {changed.name}" in text_ and "holds something else now" in text_


def test_a_file_that_was_changed_behind_its_time_is_found_when_all_are_read(home: ReviewHome) -> None:
    file = home.home.raw / CODED[0]
    stat, content = file.stat(), bytearray(file.read_bytes())
    content[100] ^= 0xFF
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert found(home) == ()
    assert "holds something else now" in said(home, verify=True)


def test_counts_that_are_not_what_the_decisions_come_to_are_found_and_counted_anew(home: ReviewHome) -> None:
    change(home, "UPDATE tally SET open = open + 1 WHERE rowid = 1")
    change(
        home,
        f"UPDATE coded_report SET states = zeroblob(length(states)) WHERE report_id = '{home.ids[CODED[0]]}'",
    )
    assert "tables: What is counted of" in said(home) and "ctg doctor --mend" in said(home)
    assert [f.mended for f in found(home, mend=True)] == [True]
    assert found(home) == ()


def test_what_is_left_is_the_same_in_whatever_order_a_database_gives_the_scores(ctg: Framework) -> None:
    scores = [(d.id, c.id, 1 / (3 + n)) for d in ctg.stage("map") for n, c in enumerate(d.codes)]
    orders = [scores, scores[::-1], sorted(scores, key=lambda s: s[2]), sorted(scores, key=lambda s: s[1])]
    assert len({tally("r", ctg, (), order, model_id="", decided_at="").uncertainty for order in orders}) == 1


def test_leftovers_of_killed_programs_are_deleted_but_not_what_may_still_be_written(home: ReviewHome) -> None:
    old, new = (home.home.coded / name for name in (".tables.csv.abc_1234", ".tables.csv.xyz98765"))
    old.write_text("half", encoding="utf-8")
    new.write_text("half", encoding="utf-8")
    mine = home.home.coded / ".htaccess"
    mine.write_text("mine", encoding="utf-8")
    os.utime(mine, (1e9, 1e9))
    os.utime(old, (1e9, 1e9))
    assert "1 unfinished files were left behind (data/coded/.tables.csv.abc_1234)" in said(home)
    assert [f.mended for f in found(home, mend=True)] == [True]
    assert not old.exists() and new.exists() and mine.exists()


def test_what_a_killed_restore_or_backup_left_beside_is_found_and_deleted(
    home: ReviewHome, tmp_path: Path
) -> None:
    make_backup(home.home, tmp_path / "backups" / "b.zip", now=utc_now(), who="ann")
    beside = home.root.with_name(f".{home.root.name}{RESTORING}abcd1234")
    left = [beside / "data" / "one.pdf", tmp_path / "backups" / ".b.zip.0a1b2c3d"]
    left.append(tmp_path / "backups" / ".b.zip.abc_1234" / "part")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"confidential")
    assert found(home) == ()  # they may still be written
    for path in (
        p for top in (beside, *(tmp_path / "backups").glob(".b.zip.*")) for p in (*top.rglob("*"), top)
    ):
        os.utime(path, (1e9, 1e9))
    assert "3 unfinished files were left behind" in said(home)
    assert [f.mended for f in found(home, mend=True)] == [True]
    assert not beside.exists() and [p.name for p in (tmp_path / "backups").iterdir()] == ["b.zip"]


def test_the_kept_text_of_a_framework_that_was_changed_or_lost_is_found(home: ReviewHome) -> None:
    earlier = load_framework("ctg").framework_id.replace("@", "@0.", 1)
    change(home, f"INSERT INTO framework SELECT '{earlier}', source, stored_at FROM framework")
    assert f"framework: The kept text of {earlier} was changed in the database" in said(home)
    change(home, f"DELETE FROM framework WHERE framework_id = '{earlier}'")
    change(home, "UPDATE framework SET source = replace(source, 'Leadership', 'Other')")
    assert "framework: The kept text of" in said(home) and "was changed in the database" in said(home)
    change(home, "DELETE FROM proposed", "DELETE FROM framework")
    assert "whose text is not in the database" in said(home)


def test_examples_that_a_framework_names_and_that_are_not_there_are_found(tmp_path: Path) -> None:
    project = small_project(tmp_path / "home", {**framework(), "examples": "gone.jsonl"})
    project.store.close()
    assert (
        "gone.jsonl, the examples of small, cannot be read"
        in examine(project.home.root, now=utc_now())[0].what
    )


def test_a_clock_that_is_behind_what_was_stored_is_found(home: ReviewHome) -> None:
    (finding,) = examine(home.root, now="2026-01-01T00:00:00.000000+00:00")
    assert finding.part == "clock" and "Set the clock of this machine" in finding.cure


def test_a_group_of_which_two_reports_count_is_found(home: ReviewHome) -> None:
    a, b = home.ids[CODED[0]], home.ids[CODED[1]]
    change(home, f"UPDATE report SET group_id = (SELECT group_id FROM report WHERE report_id = '{a}') "
                 f"WHERE report_id = '{b}'")  # fmt: skip
    assert "2 reports of the group" in said(home)


def test_a_damaged_database_ends_the_examination_with_the_way_back(home: ReviewHome) -> None:
    path = home.root / "ctg.sqlite"
    for beside in home.root.glob("ctg.sqlite-*"):
        beside.unlink()
    content = bytearray(path.read_bytes())
    content[8192:40960] = bytes(32768)
    path.write_bytes(content)
    assert "database" in said(home) and "ctg restore FILE" in said(home)


def test_a_database_of_an_earlier_schema_is_named_with_the_order_of_steps(home: ReviewHome) -> None:
    (home.root / "ctg.sqlite").unlink()
    for beside in home.root.glob("ctg.sqlite-*"):
        beside.unlink()
    upgrade(home.home.database, known_schemas()[0])
    assert "Back it up (ctg backup FILE), then bring it up to date with: ctg db upgrade" in said(home)


def test_settings_that_cannot_be_read_are_the_only_finding(home: ReviewHome) -> None:
    (home.root / "ctg.toml").write_text("framework = ", encoding="utf-8")
    assert [f.part for f in found(home)] == ["settings"]


def test_faults_end_with_their_exit_code_and_without_a_traceback(home: ReviewHome) -> None:
    (home.home.raw / CODED[0]).unlink()
    done = CliRunner().invoke(command, ["--home", str(home.root), "doctor", "--json"])
    assert getattr(done.exception, "exit_code", None) == 15
    open_store(open_home(home.root).database).close()
