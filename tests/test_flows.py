"""The flows through a real Prefect with its in-process server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ctg_nlp.settings import make_home
from ctg_nlp.status import FileLine, file_lines
from ctg_nlp.store.database import open_store

from .conftest import EXAMPLE

RUN = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()"]

BROKEN = """
from ctg_nlp.suggest.propose import Proposer
real = Proposer.propose
def broken(self, report_id, passages):
    if len(passages) % 2 == PARITY:
        raise ZeroDivisionError("a defect")
    return real(self, report_id, passages)
Proposer.propose = broken
from ctg_nlp.cli.main import main
main()
"""

FULL = """
from ctg_nlp.errors import StoreError
from ctg_nlp.processing import Processor
def full(self, db, work, result):
    raise StoreError("The disk is full.")
Processor._keep = full
from ctg_nlp.cli.main import main
main()
"""


def home_with(folder: Path, *names: str) -> Path:
    home = make_home(folder)
    for pdf in (EXAMPLE / "raw").iterdir():
        if any(n in pdf.name for n in names):
            shutil.copyfile(pdf, home.raw / pdf.name)
    (home.raw / "empty.pdf").write_bytes(b"")
    return home.root


def _lines(home: Path) -> tuple[FileLine, ...]:
    store = open_store(f"sqlite:///{home / 'ctg.sqlite'}")
    try:
        return file_lines(store)
    finally:
        store.close()


def call(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*command, "--home", str(home), "run"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_run_through_prefect_does_what_the_plain_run_does_and_prints_no_noise(tmp_path: Path) -> None:
    through = home_with(tmp_path / "prefect", "G002", "G018", "G033")
    plain = home_with(tmp_path / "plain", "G002", "G018", "G033")
    done = call(RUN, through)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 reports read now, 3 of them accepted" in done.stdout
    assert "empty.pdf: refused: empty" in done.stdout
    subprocess.run([*RUN, "--home", str(plain), "run", "--plain"], check=True, capture_output=True)
    assert _lines(through) == _lines(plain)
    tables = [(home / "data/coded/tables.csv").read_bytes() for home in (through, plain)]
    assert tables[0] == tables[1]


def test_a_report_that_fails_ends_the_run_not_green_and_without_a_traceback(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home", "G002", "G018", "G033", "G098")
    for parity in "01":
        done = call([sys.executable, "-c", BROKEN.replace("PARITY", parity)], home)
        if done.returncode:
            break
    assert done.returncode == 10
    assert "failed unexpectedly and will be tried again" in done.stderr
    assert "All others are stored" in done.stderr
    again = call(RUN, home)
    assert again.returncode == 0


def test_a_mistake_is_told_in_words_through_prefect_too(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    home.register.write_text("name\nG002\n", encoding="utf-8")
    done = call(RUN, home.root)
    assert done.returncode == 8
    assert done.stderr.splitlines() == [
        "ctg: The register register.csv needs a column named group in its first line."
    ]


def test_a_database_that_cannot_be_opened_is_told_before_prefect_starts(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home").root
    (home / "ctg.sqlite").mkdir()
    done = call(RUN, home)
    assert done.returncode == 5 and "cannot be opened" in done.stderr
    assert not (home / ".prefect").exists()


def test_a_run_that_cannot_store_ends_as_such_and_not_green(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home", "G002", "G018")
    done = call([sys.executable, "-c", FULL], home)
    assert (done.returncode, done.stderr) == (5, "ctg: The disk is full.\n")


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_an_interrupted_run_ends_at_once_and_says_nothing_false_of_what_was_being_read(
    tmp_path: Path,
) -> None:
    home = home_with(tmp_path / "home", "G")
    open_store(f"sqlite:///{home / 'ctg.sqlite'}", create=True).close()
    run = subprocess.Popen(
        [*RUN, "--home", str(home), "run"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while run.poll() is None and not _lines(home):
        time.sleep(0.05)
    began = time.perf_counter()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to Prefect's server as well
    _, said = run.communicate()
    assert time.perf_counter() - began < 30
    assert run.returncode == 130
    assert said.strip() == (
        "ctg: Interrupted. What was finished is stored; run the same command again for the rest."
    )
    assert {x.verdict for x in _lines(home) if x.path != "data/raw/empty.pdf"} == {"accepted"}


def test_the_flows_travel_in_the_package() -> None:
    import importlib

    for name in ("batch", "aggregate"):
        assert importlib.import_module(f"ctg_nlp.flows.{name}")


DEFECT = """
import sys
from ctg_nlp.quiet import prepare_prefect
from pathlib import Path
prepare_prefect(Path(sys.argv[1]))
import ctg_nlp.flows.batch as batch
def defect(*_):
    raise ValueError("Jane Roe wrote this")
batch.is_due = defect
from ctg_nlp.flows.nightly import nightly_flow
from prefect.client.orchestration import get_client
print("state:", nightly_flow(sys.argv[1], return_state=True).message)
with get_client(sync_client=True) as client:
    for run in client.read_flow_runs():
        print(run.name, "|", run.state.message)
"""


def test_a_scheduled_run_that_a_defect_ends_says_so_plainly_and_quotes_nothing(tmp_path: Path) -> None:
    home = home_with(tmp_path / "home")
    (home / "data/raw/empty.pdf").unlink()
    done = subprocess.run(
        [sys.executable, "-c", DEFECT, str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "state: An unexpected error (ValueError) ended it. What it had finished is stored" in done.stdout
    assert done.stdout.count("An unexpected error (ValueError)") == 4  # the line, the state, both runs
    assert "Roe" not in said and "Traceback" not in said
