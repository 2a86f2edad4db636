"""`ctg restore`: what comes back is what was there, for whom it was, and nothing that is used is replaced."""

from __future__ import annotations

import fcntl
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from ctg_nlp.backup_file import BackupFile
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.errors import HomeError, StoreError
from ctg_nlp.in_use import serve_lock
from ctg_nlp.pseudonyms import pseudonym_key
from ctg_nlp.restore import restore
from ctg_nlp.run_lock import running
from ctg_nlp.settings import open_home
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import open_store

from .backups import NOW, back_up, changed_backup, files_of, on_database, rows_of
from .backups import project as project
from .review_home import ReviewHome
from .small_project import SmallProject, small_project
from .test_faults import small_disk as small_disk


def test_a_home_comes_back_with_all_its_files_and_rows(review_home: ReviewHome, tmp_path: Path) -> None:
    home = review_home.home
    file = back_up(home, tmp_path / "all.zip")
    done = restore(file, tmp_path / "again", now=NOW, who="ann")
    assert rows_of(open_home(done.home).database) == rows_of(home.database)
    assert files_of(done.home) == files_of(home.root)
    assert file.stat().st_mode & 0o077 == 0  # it holds what is confidential
    with open_store(open_home(done.home).database).reading() as db:
        assert [e.what for e in entries(db)][-2:] == ["export", "backup restored"]


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


def test_who_restores_over_a_database_that_cannot_be_read_is_told_that_erasures_are_unknown(
    project: SmallProject, tmp_path: Path
) -> None:
    file = back_up(project.home, tmp_path / "b")
    project.store.close()
    (project.home.root / "ctg.sqlite").write_bytes(b"no database any more" * 500)
    done = CliRunner().invoke(command, ["restore", str(file), str(project.home.root), "--replace"])
    assert done.exit_code == 0, done.output
    assert "nobody can tell which reports were erased since" in done.output


def test_log_ins_of_the_time_of_the_backup_do_not_come_back(project: SmallProject, tmp_path: Path) -> None:
    with sqlite3.connect(project.home.root / "ctg.sqlite") as db:
        db.execute("INSERT INTO person VALUES ('ann', 'lead', 'x', 1, 0, 't', 'a')")
        db.execute("INSERT INTO session VALUES (?, 'ann', 't', 't')", ("a" * 64,))
    done = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann")
    with sqlite3.connect(done.home / "ctg.sqlite") as db:
        assert db.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM person").fetchone() == (1,)


def test_nobody_may_do_more_in_a_restored_home_than_in_the_one_before(
    project: SmallProject, tmp_path: Path
) -> None:
    root = project.home.root
    key = pseudonym_key(root)
    (root / "data" / "passwords.txt").write_text("secret", encoding="utf-8")
    private = root / "data" / "private"
    private.mkdir()
    (private / "notes.txt").write_text("x", encoding="utf-8")
    for path, mode in (("data/passwords.txt", 0o600), ("data/private", 0o700), ("ctg.toml", 0o440)):
        (root / path).chmod(mode)
    again = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann").home
    kept = (
        "data/passwords.txt",
        "data/private",
        "data/private/notes.txt",
        "ctg.toml",
        "ctg.sqlite",
        "data/raw",
    )
    mode = {p: [stat.S_IMODE((r / p).stat().st_mode) for r in (root, again)] for p in kept}
    assert all(before == after for before, after in mode.values()), mode
    assert stat.S_IMODE(again.stat().st_mode) == 0o700
    assert pseudonym_key(again) == key  # which is refused where others could read it


def test_who_may_enter_a_home_that_is_replaced_stays_as_it_was(project: SmallProject, tmp_path: Path) -> None:
    project.store.close()
    file = back_up(project.home, tmp_path / "b")
    project.home.root.chmod(0o750)
    done = restore(file, project.home.root, now=NOW, who="ann", replace=True)
    assert stat.S_IMODE(done.home.stat().st_mode) == 0o750


def test_files_of_an_earlier_backup_which_tells_no_rights_are_their_owners_alone(
    project: SmallProject, tmp_path: Path
) -> None:
    def forget(manifest: dict[str, Any]) -> dict[str, bytes]:
        manifest.pop("modes")
        return {}

    file = changed_backup(back_up(project.home, tmp_path / "b"), tmp_path / "old", forget)
    root = restore(file, tmp_path / "again", now=NOW, who="ann").home
    assert all(not p.stat().st_mode & 0o077 for p in root.rglob("*") if p.is_file())


def test_a_home_that_serve_or_a_run_uses_is_not_replaced(project: SmallProject, tmp_path: Path) -> None:
    root, file = project.home.root, back_up(project.home, tmp_path / "b")
    lock = serve_lock(root)
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        project.store.close()
        with pytest.raises(StoreError, match="ctg serve serves it"):
            restore(file, root, now=NOW, who="ann", replace=True)
    with running(project.store, "batch", lambda: NOW), pytest.raises(StoreError, match="A batch begun at"):
        restore(file, root, now=NOW, who="ann", replace=True)
    project.store.close()
    assert restore(file, root, now=NOW, who="ann", replace=True).moved is not None


def test_a_home_on_any_other_database_that_is_in_use_is_not_replaced_either(
    tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    for kind in ("sqlite", "postgresql"):
        project = on_database(tmp_path / kind, new_address(kind))
        file = back_up(open_home(project.home.root), tmp_path / f"{kind}.zip")
        with project.store.reading(), pytest.raises(StoreError, match="is in use: stop the review page"):
            restore(file, project.home.root, now=NOW, who="ann", replace=True)
        project.store.close()
        assert restore(file, project.home.root, now=NOW, who="ann", replace=True).moved is not None


def test_a_home_that_is_put_in_use_while_the_new_one_is_made_is_not_replaced(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, before = back_up(project.home, tmp_path / "b"), files_of(project.home.root)
    project.store.close()
    extract, opened = BackupFile.extract, []

    def extract_and_open(self: BackupFile, name: str, folder: Path, below: str) -> Path:
        if not opened:  # the first check is over by now
            opened.append(project.store.engine.connect().execution_options(ctg_reads=True))
            opened[0].execute(text("SELECT count(*) FROM report"))
            opened[0].rollback()
        return extract(self, name, folder, below)

    monkeypatch.setattr(BackupFile, "extract", extract_and_open)
    with pytest.raises(StoreError, match="is in use"):
        restore(file, project.home.root, now=NOW, who="ann", replace=True)
    assert opened and files_of(project.home.root) == before and not list(tmp_path.glob("*before*"))
    opened[0].close()


def test_an_sqlite_file_that_was_left_when_a_project_moved_does_not_stop_its_restoring(
    tmp_path: Path, new_address: Callable[[str], str]
) -> None:
    project = on_database(tmp_path / "home", new_address("postgresql"))
    open_store(f"sqlite:///{project.home.root / 'ctg.sqlite'}", create=True).close()
    done = restore(back_up(project.home, tmp_path / "b"), tmp_path / "again", now=NOW, who="ann")
    assert rows_of(open_home(done.home).database) == rows_of(project.home.database)
    assert (done.home / "unused.sqlite").is_file()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_a_failed_restoring_had_filled_is_empty_again(
    kind: str, project: SmallProject, tmp_path: Path, new_address: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    file, target = back_up(project.home, tmp_path / "b"), new_address(kind)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(HomeError, match="Nothing was replaced"):
        broken.setattr("ctg_nlp.restore._take_place", fail)
        restore(file, tmp_path / "again", now=NOW, who="ann", database=target)
    assert kind != "sqlite" or not Path(target.removeprefix("sqlite:///")).exists()
    done = restore(file, tmp_path / "again", now=NOW, who="ann", database=target)
    assert rows_of(target) == rows_of(project.home.database) and done.home.is_dir()


def test_a_new_database_that_has_its_tables_already_keeps_them_when_restoring_fails(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, target = back_up(project.home, tmp_path / "b"), f"sqlite:///{tmp_path / 'new.sqlite'}"
    open_store(target, create=True).close()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(HomeError, match="Nothing was replaced"):
        broken.setattr("ctg_nlp.restore._take_place", fail)
        restore(file, tmp_path / "again", now=NOW, who="ann", database=target)
    restore(file, tmp_path / "again", now=NOW, who="ann", database=target)
    assert rows_of(target) == rows_of(project.home.database)
