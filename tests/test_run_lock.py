"""One run at a time: refused while another lives, taken over once it is gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from ctg_nlp import run_lock
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.clock import new_run_id, utc_now
from ctg_nlp.desk import Desk
from ctg_nlp.errors import AlreadyRunning, RunIncomplete
from ctg_nlp.plain import run_plain
from ctg_nlp.run_lock import running, running_now
from ctg_nlp.settings import make_home, open_home
from ctg_nlp.store import run_lock as lock_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.run_lock import Holder
from ctg_nlp.web.app import create_app

from .test_flows import RUN, home_with

HOLD = """
import sys, time
from ctg_nlp.clock import utc_now
from ctg_nlp.run_lock import running
from ctg_nlp.store.database import open_store
with running(open_store(sys.argv[1]), "batch", utc_now):
    print("held", flush=True)
    time.sleep(60)
"""


def elsewhere(beat_at: str, beats: int = 3) -> Holder:
    return Holder("other", "batch", "another-host", "another place", "17:4", beat_at, beat_at, beats)


def hold(store: Store, holder: Holder) -> None:
    with store.transaction() as db:
        assert lock_store.take(db, holder)


def url_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def test_a_second_run_is_refused_and_told_which_is_under_way(any_store: Store) -> None:
    refused = pytest.raises(AlreadyRunning, match="A batch begun at .* UTC by process")
    with running(any_store, "batch", utc_now), refused, running(any_store, "training", utc_now):
        pytest.fail("two at once")
    with running(any_store, "training", utc_now) as run:  # the first has ended
        assert run.took_over == ""
    assert running_now(any_store) is None


def test_of_many_that_begin_at_the_same_moment_one_runs(any_store: Store) -> None:
    ran, refused, begin, done = [], [], threading.Barrier(6), threading.Event()

    def attempt() -> None:
        begin.wait()
        try:
            with running(any_store, "batch", utc_now):
                ran.append(1)
                done.wait(20)
        except AlreadyRunning:
            refused.append(1)
            if len(refused) == 5:
                done.set()

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (len(ran), len(refused)) == (1, 5)


def test_a_run_that_was_killed_is_taken_over_at_once_and_this_is_told(any_store: Store) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, url_of(any_store)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with pytest.raises(AlreadyRunning, match=f"process {other.pid} "), running(any_store, "batch", utc_now):
        pytest.fail("it lives")
    other.send_signal(signal.SIGKILL)  # not waited for: it lies there as a zombie, which is gone too
    time.sleep(0.2)
    assert running_now(any_store) is None
    with running(any_store, "batch", utc_now) as run:
        assert "ended without notice" in run.took_over and f"process {other.pid} " in run.took_over
    other.wait()


def test_a_process_of_the_same_number_is_not_the_run_that_had_it(store: Store) -> None:
    mine = run_lock._me("batch", utc_now())
    hold(store, replace(mine, owner="before", process=f"{os.getpid()}:12"))
    with running(store, "batch", utc_now) as run:
        assert "ended without notice" in run.took_over


@pytest.mark.parametrize("told", ["", "hidden"], ids=["the system tells no times", "processes are hidden"])
def test_a_run_whose_process_cannot_be_asked_is_known_by_its_signs_of_life(
    store: Store, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    mine = run_lock._me("batch", utc_now())
    number = mine.process.partition(":")[0]
    monkeypatch.setattr(run_lock, "_began", lambda _: "")
    held = replace(mine, owner="before", process=f"{number}:{told and 12}")
    hold(store, held)
    with pytest.raises(AlreadyRunning), running(store, "batch", utc_now):
        pytest.fail("it may live")
    assert running_now(store) == held
    with running(store, "batch", lambda: "2199-01-01T00:00:00+00:00", pause=lambda _: None) as run:
        assert "ended without notice" in run.took_over


def test_a_run_on_another_machine_is_refused_while_its_signs_are_fresh(store: Store) -> None:
    hold(store, elsewhere(utc_now()))
    with pytest.raises(AlreadyRunning, match="on another-host"), running(store, "batch", utc_now):
        pytest.fail("it may live")


@pytest.mark.parametrize("beat_at", ["2001-01-01T00:00:00+00:00", "2199-01-01T00:00:00+00:00"])
def test_clocks_that_differ_do_not_end_a_run_elsewhere_that_gives_signs(store: Store, beat_at: str) -> None:
    hold(store, elsewhere(beat_at))

    def meanwhile(_: float) -> None:
        with store.transaction() as db:
            assert lock_store.beat(db, "other", beat_at)

    with pytest.raises(AlreadyRunning), running(store, "batch", utc_now, pause=meanwhile):
        pytest.fail("it lives")


@pytest.mark.parametrize("beat_at", ["2001-01-01T00:00:00+00:00", "2199-01-01T00:00:00+00:00"])
def test_a_run_elsewhere_that_gives_no_sign_is_taken_over_whatever_clocks_say(
    any_store: Store, beat_at: str
) -> None:
    hold(any_store, elsewhere(beat_at))
    with running(any_store, "batch", utc_now, pause=lambda _: None) as run:
        assert "on another-host had ended without notice" in run.took_over


def test_who_was_taken_over_writes_nothing_any_more(any_store: Store) -> None:
    with running(any_store, "batch", utc_now) as run:
        with any_store.transaction() as db:
            seen = lock_store.holder(db)
            assert seen and lock_store.take_over(db, seen, elsewhere(utc_now()))
        with pytest.raises(RunIncomplete, match="took the place of this one"), run.store.transaction():
            pytest.fail("written")
    assert running_now(any_store) is not None  # and it did not give back what is another's


def test_a_run_gives_signs_of_life(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "BEAT_SECONDS", 0.02)
    with running(store, "batch", utc_now):
        ends = time.monotonic() + 10
        while (held := running_now(store)) and held.beats < 2:
            assert time.monotonic() < ends, "no sign"
            time.sleep(0.02)


def test_the_command_line_and_the_library_refuse_a_run_beside_another(
    empty_home: Path, tmp_path: Path
) -> None:
    home = open_home(Path(shutil.copytree(empty_home, tmp_path / "home")))
    store, home_option = open_store(home.database), ["--home", str(home.root)]
    with running(store, "batch", utc_now):
        with pytest.raises(AlreadyRunning):
            run_plain(home, home.raw, run_id=new_run_id(), clock=utc_now)
        for name in (["run", "--plain"], ["train"]):
            refused = CliRunner().invoke(command, [*home_option, *name]).exception
            assert isinstance(refused, AlreadyRunning) and refused.exit_code == 16
            assert f"A batch begun at {utc_now()[:10]}" in str(refused) and "two at once are refused" in str(
                refused
            )
        assert "is under way." in CliRunner().invoke(command, [*home_option, "status"]).stdout
    store.close()


def test_a_batch_that_was_killed_is_finished_by_the_next_which_says_so(tmp_path: Path) -> None:
    root = home_with(tmp_path / "home", "G002", "G018")
    home = open_home(root)
    store = open_store(home.database, create=True)
    run = subprocess.Popen([*RUN, "--home", str(root), "run", "--plain"], stdout=subprocess.DEVNULL)
    while run.poll() is None and running_now(store) is None:
        time.sleep(0.02)
    run.kill()
    run.wait()
    summary = run_plain(home, home.raw, run_id=new_run_id(), clock=utc_now)
    assert f"process {run.pid} " in summary.took_over
    assert summary.failed == ()
    store.close()


def test_the_empty_queue_says_that_a_batch_is_reading(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    store = open_store(home.database, create=True)
    app = create_app(Desk(home, store, "ann", utc_now))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert "Submit PDFs</a>, or put them" in client.get("/").text
        with running(store, "batch", utc_now):
            page = client.get("/").text
    assert "A batch begun at" in page and "appears when this page is loaded again" in page
