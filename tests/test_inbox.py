"""The watched folder of `ctg serve`: what is new is read once, by whichever batch, and nothing is forgotten."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from ctg_nlp.cli.inbox import AGAIN_SECONDS, Inbox
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.clock import utc_now
from ctg_nlp.custody import erase_report, withdraw_report
from ctg_nlp.errors import HomeError
from ctg_nlp.plain import run_plain
from ctg_nlp.run_lock import running
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import run_lock as lock_store
from ctg_nlp.store.database import open_store
from ctg_nlp.store.run_lock import Holder
from ctg_nlp.store.runs import add_run
from ctg_nlp.summary import Summary

from .conftest import EXAMPLE
from .test_watching import WHOLE, Clock, clock

__all__ = ["clock"]
REPORT = EXAMPLE / "raw" / "G002 report v2 FINAL.pdf"


def watching(empty_home: Path, root: Path, folder: str) -> Home:
    settings = Path(shutil.copytree(empty_home, root)) / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('# watch = ""', f'watch = "{folder}"'), encoding="utf-8")
    (root / folder).mkdir(exist_ok=True)
    return open_home(root)


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Home:
    """A home with an empty inbox."""
    return watching(empty_home, tmp_path / "home", "inbox")


def in_inbox(home: Home, name: str) -> Path:
    assert home.watch is not None
    return home.watch / name


def watch(home: Home, clock: Clock) -> tuple[Inbox, list[str]]:
    """An inbox as after a start, and what it says."""
    said: list[str] = []
    return Inbox(home, clock, said.append), said


def settled(inbox: Inbox, clock: Clock) -> bool:
    """Whether a batch is due once what is there has stayed as it is."""
    inbox.anything_new()
    clock.pass_by(10)
    return inbox.anything_new()


def due_after_start(home: Home, clock: Clock) -> bool:
    return settled(watch(home, clock)[0], clock)


def read_all(home: Home, run_id: str = "r") -> Summary:
    return run_plain(home, home.raw, run_id=run_id, clock=utc_now)


def test_new_files_begin_one_batch_after_which_they_are_not_new(home: Home, clock: Clock) -> None:
    inbox, said = watch(home, clock)
    assert not settled(inbox, clock)
    shutil.copy(REPORT, in_inbox(home, "new.pdf"))
    assert settled(inbox, clock)
    assert [p.name for p in home.raw.iterdir()] == ["new.pdf"]
    assert inbox.anything_new()  # until one was begun
    inbox.begun()
    assert not settled(inbox, clock)
    read_all(home)
    clock.pass_by(10 * AGAIN_SECONDS)
    assert not settled(inbox, clock) and not due_after_start(home, clock)
    os.utime(home.raw / "new.pdf", ns=(1, 1))  # as after a backup was restored
    read_all(home, "again")
    assert not due_after_start(home, clock) and said == []


def test_what_was_taken_is_due_until_a_batch_has_read_it_whoever_ends_meanwhile(
    home: Home, clock: Clock
) -> None:
    inbox, _ = watch(home, clock)
    shutil.copy(REPORT, in_inbox(home, "new.pdf"))
    assert settled(inbox, clock)
    assert due_after_start(home, clock)  # ended before a batch was begun
    inbox.begun()
    assert due_after_start(home, clock)  # or before that had read it
    in_inbox(home, "new.pdf").unlink()  # it lies in the raw folder
    clock.pass_by(AGAIN_SECONDS)
    assert inbox.anything_new()


def test_a_batch_that_was_refused_is_begun_again_after_ever_longer_waits(home: Home, clock: Clock) -> None:
    inbox, _ = watch(home, clock)
    shutil.copy(REPORT, in_inbox(home, "new.pdf"))
    assert settled(inbox, clock)
    for wait in (AGAIN_SECONDS, 2 * AGAIN_SECONDS, 4 * AGAIN_SECONDS):
        inbox.begun()
        clock.pass_by(wait - 1)
        assert not inbox.anything_new()
        clock.pass_by(1)
        assert inbox.anything_new()
    inbox.begun()
    shutil.copy(EXAMPLE / "raw" / "Leadership_CTG_G018.pdf", in_inbox(home, "another.pdf"))
    assert settled(inbox, clock)  # what is new does not wait for what was refused


def test_what_a_whole_batch_could_not_read_is_not_due_for_ever(home: Home, clock: Clock) -> None:
    inbox, _ = watch(home, clock)
    shutil.copy(REPORT, in_inbox(home, "new.pdf"))
    assert settled(inbox, clock)
    store = open_store(home.database)
    with store.transaction() as db:  # one that could not open the file knows nothing of it
        add_run(db, "whole", "batch", utc_now(), utc_now(), {})
    store.close()
    assert not inbox.anything_new()


def test_one_file_that_cannot_be_taken_is_told_once_and_holds_up_no_other(home: Home, clock: Clock) -> None:
    inbox, said = watch(home, clock)
    (home.raw / "z").write_bytes(b"a file where a folder would have to be")
    in_inbox(home, "z").mkdir()
    shutil.copy(REPORT, in_inbox(home, "z/x.pdf"))
    shutil.copy(REPORT, in_inbox(home, "a.pdf"))
    assert settled(inbox, clock) and (home.raw / "a.pdf").is_file()
    for _ in range(3):
        clock.pass_by(AGAIN_SECONDS)
        assert inbox.anything_new()
    assert len(said) == 1 and "z/x.pdf was not taken, and is tried again later" in said[0]
    (home.raw / "z").unlink()
    clock.pass_by(AGAIN_SECONDS)
    assert inbox.anything_new() and (home.raw / "z/x.pdf").is_file() and len(said) == 1


def test_in_the_raw_folder_itself_what_was_read_is_not_new(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    home = watching(empty_home, tmp_path / "home", "data/raw")
    shutil.copy(REPORT, home.raw)
    (home.raw / "broken.pdf").write_bytes(WHOLE)
    assert due_after_start(home, clock)
    assert len(list(home.raw.iterdir())) == 2  # nothing is copied
    read_all(home)
    assert not due_after_start(home, clock)


def test_a_folder_in_the_raw_folder_is_watched_without_copying(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    home = watching(empty_home, tmp_path / "home", "data/raw/new")
    shutil.copy(REPORT, in_inbox(home, "a.pdf"))
    assert due_after_start(home, clock)
    assert [p.name for p in home.raw.iterdir()] == ["new"]
    read_all(home)
    assert not due_after_start(home, clock)


def test_while_a_run_is_under_way_new_files_wait_for_its_end(home: Home, clock: Clock) -> None:
    in_inbox(home, "a.pdf").write_bytes(WHOLE)
    (inbox, _), store = watch(home, clock), open_store(home.database)
    with running(store, "batch", utc_now):
        assert not settled(inbox, clock)
        clock.pass_by(1000)
        assert not inbox.anything_new()  # it lives, which is known here however silent it is
    assert inbox.anything_new()
    store.close()


def test_a_run_elsewhere_that_is_silent_does_not_hold_up_new_files_for_ever(home: Home, clock: Clock) -> None:
    in_inbox(home, "a.pdf").write_bytes(WHOLE)
    (inbox, _), store, now = watch(home, clock), open_store(home.database), utc_now()
    with store.transaction() as db:
        lock_store.take(db, Holder("other", "batch", "another-host", "another place", "17:4", now, now))
    assert not settled(inbox, clock)
    clock.pass_by(59)
    with store.transaction() as db:
        assert lock_store.beat(db, "other", now)
    assert not inbox.anything_new()
    clock.pass_by(59)
    assert not inbox.anything_new()
    clock.pass_by(1)
    assert inbox.anything_new()  # the run itself judges whether the other is gone
    store.close()


def test_a_watched_folder_that_holds_the_raw_folder_is_refused_before_anything_starts(
    empty_home: Path, tmp_path: Path, clock: Clock
) -> None:
    home = watching(empty_home, tmp_path / "home", "data")
    with pytest.raises(HomeError, match="holds the raw folder"):
        watch(home, clock)
    with patch.dict(os.environ):
        done = CliRunner().invoke(command, ["--home", str(home.root), "serve", "--show"])
    assert isinstance(done.exception, HomeError)


@pytest.mark.parametrize("folder", ["inbox", "data/raw"])
def test_an_erased_report_does_not_come_back_from_the_watched_folder_and_its_copies_are_named(
    empty_home: Path, tmp_path: Path, clock: Clock, folder: str
) -> None:
    home = watching(empty_home, tmp_path / "home", folder)
    shutil.copy(REPORT, in_inbox(home, "a.pdf"))
    assert due_after_start(home, clock)
    shutil.copy(REPORT, home.raw / "the same.pdf")
    read_all(home)
    store = open_store(home.database)
    withdraw_report(store, "a.pdf", now=utc_now(), who="me", why="asked")
    gone = erase_report(store, home, "a.pdf", now=utc_now(), who="me", why="law")
    store.close()
    copies = {"data/raw/the same.pdf"} | ({"inbox/a.pdf"} if folder == "inbox" else set())
    assert gone.path == "data/raw/a.pdf" and set(gone.copies) == copies
    if folder == "inbox":
        (home.raw / "a.pdf").unlink()
    assert not due_after_start(home, clock)
    assert (home.raw / "a.pdf").exists() == (folder == "data/raw")
