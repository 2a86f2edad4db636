"""Runs and trainings that were cut off at the worst moment are taken up where they were."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from bench.crash_home import decided_home, unread_home
from bench.crash_trials import batch, differences, state, train
from ctg_nlp.clock import utc_now
from ctg_nlp.doctor import examine
from ctg_nlp.learning import model_lines
from ctg_nlp.pipeline import Batch
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

from .command_line import call
from .conftest import ROOT


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine make trainings slow."""
    with threadpool_limits(1):
        yield


class Killed(BaseException):
    """As a kill would end it: nothing catches this."""


def read_only(home: Home, names: list[str]) -> None:
    """A batch that is cut off after these reports, in this order."""
    store = open_store(home.database)
    with Batch(home, store, home.raw, utc_now) as cut:
        by_name = {w.submitted.name: w for w in cut.plan.work}
        for name in names:
            cut.process(by_name[name])
    store.close()


def test_a_run_that_goes_on_keeps_the_order_of_arrival_of_the_one_that_was_cut_off(tmp_path: Path) -> None:
    unread_home(tmp_path / "undisturbed")
    batch(tmp_path / "undisturbed")
    home = unread_home(tmp_path / "home")
    last_first = sorted((p.name for p in home.raw.iterdir() if "report G" in p.name), reverse=True)
    read_only(home, last_first[:3])
    assert [f.part for f in examine(home.root, now=utc_now())] == ["reports"]
    assert "was cut off; this goes on where it was" in call("--home", str(home.root), "status").stdout
    read_only(home, last_first[3:5])  # cut off once more
    batch(home.root)
    assert differences(state(tmp_path / "undisturbed"), state(home.root)) == []
    assert examine(home.root, now=utc_now()) == ()


def test_what_arrives_after_a_cut_off_run_comes_after_what_it_had_found(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=4)
    read_only(home, ["03 report G001.pdf"])
    new = home.raw / "00 a new first.pdf"
    new.write_bytes((home.raw / "yy no report.pdf").read_bytes() + b"!")
    batch(home.root)
    store = open_store(home.database)
    with store.reading() as db:
        names = [r.name for r in report_store.reports(db)]
    store.close()
    assert names.index(new.name) == len(names) - 1


def test_a_training_that_was_killed_after_its_files_were_written_is_noted_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = decided_home(tmp_path / "home")

    def killed(*_: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("ctg_nlp.learning.model_store.add_event", killed)
        with pytest.raises(Killed):
            train(home.root)
    (finding,) = examine(home.root, now=utc_now())
    assert finding.part == "models" and "ctg train" in finding.cure
    train(home.root)
    store = open_store(home.database)
    assert [line.state in ("champion", "trained") for line in model_lines(store, home)] == [True]
    store.close()
    assert examine(home.root, now=utc_now()) == ()


def test_a_training_whose_file_was_half_written_is_done_anew(tmp_path: Path) -> None:
    home = decided_home(tmp_path / "home")
    train(home.root)
    (folder,) = home.models.iterdir()
    (folder / "classifier.skops").write_bytes((folder / "classifier.skops").read_bytes()[:1000])
    assert "is not the file that its card tells of" in examine(home.root, now=utc_now())[0].what
    train(home.root)
    assert examine(home.root, now=utc_now()) == ()


def test_nobody_who_reads_for_a_killed_run_outlives_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OUTLIVING], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


OUTLIVING = """
import os, signal, sys, tempfile, time
from pathlib import Path
from bench.crash_home import unread_home
from bench.crash_trials import MARK, batch, forked, orphans
folder = Path(tempfile.mkdtemp())
home = unread_home(folder / "home")
pid = forked(batch, home.root, "outliving")
while len(orphans("outliving", 0)) < 2:
    time.sleep(0.01)
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
sys.exit(bool(orphans("outliving")))
"""
