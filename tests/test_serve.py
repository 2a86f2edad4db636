"""`ctg serve`: one process tree that runs batches by itself, is told what it does, and stops at once."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner

from bench.crash_serve import flow_process
from ctg_nlp.cli.main import ctg as command
from ctg_nlp.cli.serve import _key
from ctg_nlp.cli.supervisor import Part, Supervisor
from ctg_nlp.errors import AlreadyRunning, CtgError, HomeError
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import open_home
from ctg_nlp.store import reports
from ctg_nlp.store.database import open_store

from .conftest import EXAMPLE
from .test_flows import RUN
from .test_prefect_server import setting

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX process groups")

LIVES = "import sys, time; open(sys.argv[1], 'a').write('begun\\n'); time.sleep(60)"
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    + LIVES[len("import sys, time;") :]
)


def part(folder: Path, name: str, code: str = LIVES) -> tuple[Part, Path]:
    begun = folder / name
    return Part(name, (sys.executable, "-c", code, str(begun)), begun.exists), begun


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    ends = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.05)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_part_that_dies_begins_again_and_this_is_told(tmp_path: Path) -> None:
    (first, _), (second, begun), said = part(tmp_path, "one"), part(tmp_path, "two"), []
    supervisor = Supervisor([first, second], said.append)
    assert supervisor.begin()
    holding = threading.Thread(target=supervisor.hold)
    holding.start()
    assert second.process is not None
    second.process.kill()
    until(lambda: begun.read_text(encoding="utf-8") == "begun\nbegun\n")
    assert said == ["The two ended by itself (exit code -9); it begins again in 1 s."]
    supervisor.ask_to_stop()
    holding.join(5)
    pids = [p.process.pid for p in (first, second) if p.process is not None]
    supervisor.stop()
    assert len(pids) == 2 and not any(alive(p) for p in pids)


def test_a_part_that_does_not_want_to_end_is_ended_with_what_it_had_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctg_nlp.cli.supervisor.STOP_SECONDS", 0.3)
    child = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {LIVES!r}, sys.argv[1]]);"
    one, begun = part(
        tmp_path, "one", child + STUBBORN.replace("begun\\n", "{p.pid}\\n").replace("'{", "f'{")
    )
    supervisor = Supervisor([one], print)
    assert supervisor.begin()
    until(lambda: "begun" in begun.read_text(encoding="utf-8") and len(begun.read_text().split()) == 2)
    number = int(next(word for word in begun.read_text(encoding="utf-8").split() if word.isdigit()))
    supervisor.stop()
    until(lambda: not alive(number))


def test_a_part_that_cannot_start_ends_all_with_its_name(tmp_path: Path) -> None:
    (first, _), said = part(tmp_path, "one"), tmp_path / "log"
    broken = Part("two", (sys.executable, "-c", "raise SystemExit(3)"), lambda: False, log=said)
    supervisor = Supervisor([first, broken], print)
    with pytest.raises(CtgError, match=f"The two could not start; what it said stands in {said}"):
        supervisor.begin()
    supervisor.stop()
    assert first.process is None


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`ctg serve` of a home once it says that all is started; with the lines that it said. It is begun as with
    nohup, behind a proxy that does not answer, and in a folder that has something of the package's name."""
    beside = home.parent / "beside"
    (beside / "ctg_nlp").mkdir(parents=True, exist_ok=True)
    (beside / "ctg_nlp" / "__init__.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    served = subprocess.Popen(
        ["sh", "-c", """trap '' HUP; exec "$@" """, "sh", RUN[0], "-P", *RUN[1:]]
        + ["--home", str(home), "serve", "--port", "0", "--prefect-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, cwd=beside,
        env={**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": ""},
    )  # fmt: skip
    lines: list[str] = []
    assert served.stdout is not None
    reading = threading.Thread(target=lambda: lines.extend(iter(served.stdout.readline, "")), daemon=True)  # type: ignore[union-attr]
    reading.start()
    try:
        until(lambda: any(line.startswith("Stop all") for line in lines) or served.poll() is not None, 150)
        yield served, lines
    finally:
        if served.poll() is None:
            served.terminate()
            served.wait(60)
        reading.join(5)


def tree(pid: int) -> set[int]:
    """A process and all below it."""
    found, parents = {pid}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(
                stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            )
        except OSError:
            continue
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Commands that run in this process set variables for Prefect, which are not for the next test."""
    with patch.dict(os.environ):
        yield


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    root = Path(shutil.copytree(empty_home, tmp_path / "home"))
    setting(root, "watch_seconds", "10", "1")
    (root / "inbox").mkdir()
    setting(root, "watch", '""', '"inbox"')
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", root / "data/raw")
    return root


def test_new_files_begin_a_batch_and_no_part_outlives_a_kill_of_the_one_that_started_it(home: Path) -> None:
    shutil.copy(EXAMPLE / "raw" / "Leadership_CTG_G018.pdf", home / "inbox/new.pdf.part")
    with serving(home) as (served, lines):
        text = "".join(lines)
        assert text.index("Prefect server: ready after") < text.index("runner of the schedule: ready after")
        assert "review page:         http://127.0.0.1:" in text and "Prefect's page:      http://" in text
        (home / "inbox/new.pdf.part").rename(home / "inbox/new.pdf")
        until(lambda: ("new files in the watched folder", "RUNNING", False) in runs(home), 90)
        assert (home / "data/raw/new.pdf").is_file()
        until(lambda: "A batch of home begins, new files in the watched folder." in "".join(lines))
        os.kill(until(lambda: flow_process(home)), signal.SIGKILL)
        until(lambda: "It begins once more in a moment." in "".join(lines))
        assert "The batch of home broke off (Killed)" in "".join(lines)
        assert not {name for name, state, _ in runs(home, "%") if state == "RUNNING"}  # nor a part of it
        until(lambda: ("again after it was killed", "RUNNING", False) in runs(home), 90)
        below = tree(served.pid)
        assert len(below) >= 5
        served.kill()  # nobody is left to stop the parts
        until(lambda: not any(alive(p) for p in below), 40)


def test_a_missed_batch_and_those_by_the_clock_begin_by_themselves_and_all_stops_at_once(home: Path) -> None:
    setting(home, "schedule", '"0 2 * * *"', '"* * * * * */5"')  # every five seconds
    setting(home, "schedule_timezone", '"UTC"', '"Europe/London"')
    run_plain(open_home(home), home / "inbox", run_id="long ago", clock=lambda: "2020-01-01T00:00:00+00:00")
    with serving(home) as (served, lines):
        text = "".join(lines)
        assert "batch, then tables:  * * * * * */5 (Europe/London); next: " in text
        assert "one was missed while nothing served: it begins now" in text
        os.kill(served.pid, signal.SIGHUP)  # the terminal is closed: it was begun as with nohup
        until(lambda: ("missed while nothing served", "COMPLETED", False) in runs(home), 150)
        assert names_of_reports(home) == ["G002 report v2 FINAL.pdf"]
        assert "The batch of home has ended: 1 read (1 accepted). Waiting: for coders 1 report" in "".join(
            lines
        )
        until(lambda: any((state, by_clock) == ("RUNNING", True) for _, state, by_clock in runs(home)), 90)
        again = CliRunner().invoke(
            command, ["--home", str(home), "serve", "--port", "0", "--prefect-port", "0"]
        )
        assert isinstance(again.exception, AlreadyRunning)
        assert "is served already on this machine" in str(again.exception)
        below = tree(served.pid)
        assert len(below) >= 5
        began = time.monotonic()
        os.killpg(served.pid, signal.SIGINT)
        assert served.wait(30) == 0
        assert time.monotonic() - began < 20
        until(lambda: not any(alive(p) for p in below), 5)
    assert "Everything is stopped." in "".join(lines)
    assert "Traceback" not in "".join(lines) and "ERROR" not in "".join(lines)


def runs(home: Path, flow: str = "ctg-nightly") -> set[tuple[str, str, bool]]:
    """The scheduled runs as Prefect's server knows them: why they began, state, and whether by the clock."""
    with sqlite3.connect(home / ".prefect/serve/prefect.db", timeout=30) as db:
        return {
            ((name.split(", ") + [""])[1] if ": " in name else name, state, bool(by_clock))
            for name, state, by_clock in db.execute(
                "SELECT r.name, r.state_type, r.auto_scheduled FROM flow_run r JOIN flow f "
                "ON f.id = r.flow_id WHERE f.name LIKE ?",
                (flow,),
            )
        }


def names_of_reports(home: Path) -> list[str]:
    store = open_store(open_home(home).database)
    try:
        with store.reading() as db:
            return [r.name for r in reports.reports(db)]
    finally:
        store.close()


def test_what_would_run_is_shown_without_starting_anything(home: Path) -> None:
    done = CliRunner().invoke(command, ["--home", str(home), "serve", "--show"])
    assert done.exit_code == 0 and done.stderr == ""
    assert "batch, then tables:  0 2 * * * (UTC); next: " in done.stdout
    assert f"and when files in {home / 'inbox'} are whole (1 s unchanged)" in done.stdout
    assert "review page:         http://127.0.0.1:8765/ for " in done.stdout
    assert "Prefect's page:      http://127.0.0.1:4200/" in done.stdout
    assert not (home / ".prefect/serve").exists()


@pytest.mark.parametrize(
    ("name", "default", "value", "said"),
    [
        ("schedule", '"0 2 * * *"', '"nightly"', "schedule is 'nightly', which is no cron"),
        ("schedule_timezone", '"UTC"', '"Mars"', "schedule_timezone is 'Mars', which is no time zone"),
        ("notify_webhook", '""', '"http://example.org/"', "Use https:// for other computers"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_starts(
    home: Path, name: str, default: str, value: str, said: str
) -> None:
    setting(home, name, default, value)
    done = CliRunner().invoke(command, ["--home", str(home), "serve"])
    assert isinstance(done.exception, HomeError) and said in str(done.exception)
    assert not (home / ".prefect/serve").exists()


def test_the_login_of_prefects_server_is_made_whole_and_nothing_starts_with_one_that_is_none(
    home: Path,
) -> None:
    place, file = open_home(home), home / ".prefect/serve/login"
    made = _key(place)
    assert len(made) > 30 and file.stat().st_mode & 0o077 == 0 and _key(place) == made
    for content, mode in (("", 0o600), ("ctg:short\n", 0o600), (made, 0o644)):
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)
        with pytest.raises(CtgError, match="Delete it: another one is made"):
            _key(place)
    file.unlink()
    assert _key(place) != made
