"""A trial of `ctg serve`: the process of its batch is killed by SIGKILL at a random moment, and nothing else.

`ctg serve` itself has to notice, and to begin the batch once more. Afterwards the home must equal one whose
batch nothing happened to.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.crash_trials import Trial, differences, state, unsound
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.runs import last_run

_SERVE = (sys.executable, "-c", "from ctg_nlp.cli.main import main; main()")
_PATIENCE, _NOTICED_SECONDS = 120.0, 6.0
_BEGINS, _ENDED, _CUT = " begins, ", " has ended", "ended before its end (Killed)"


def undisturbed_serve(template: Path, folder: Path) -> tuple[dict[str, Any], float]:
    """What the batch of `ctg serve` comes to where nothing happens, and how long its process lives from when
    it says that the batch begins."""
    root = _home(template, folder / "serve undisturbed")
    with serving(root) as said:
        flow = _flow_that_begins(root, said)
        began = time.monotonic()
        until(lambda: not _lives(flow), "the batch ends")
        seconds = time.monotonic() - began
        assert _ENDED in said.read_text(encoding="utf-8"), said.read_text(encoding="utf-8")
    return state(root), seconds


def serve_trial(
    template: Path, folder: Path, expected: dict[str, Any], seconds: float, chance: random.Random
) -> Trial:
    """Kill the process of a batch; then let `ctg serve` do what it does by itself, and compare."""
    root = _home(template, folder / f"serve {uuid.uuid4().hex[:8]}")
    after, wrong = chance.uniform(0, seconds * 1.05), []
    with serving(root) as said:
        flow = _flow_that_begins(root, said)
        time.sleep(after)
        below = _below(flow)
        told_before = _ENDED in said.read_text(encoding="utf-8")
        if _lives(flow):
            os.kill(flow, signal.SIGKILL)
            if told_before:  # all was done, whether Prefect's server knew of it or not
                time.sleep(_NOTICED_SECONDS)
            else:
                until(
                    lambda: _CUT in said.read_text(encoding="utf-8"), "it is told that the batch was killed"
                )
        if _CUT in said.read_text(encoding="utf-8"):
            until(lambda: _settled(root, said), "the batch is done once more")
        until(lambda: not flow_process(root), "no batch is under way")
        wrong += [f"{p} outlived the batch" for p in below if _lives(p)]
        wrong += ["a traceback was shown"] if "Traceback" in said.read_text(encoding="utf-8") else []
    wrong += differences(expected, state(root))
    wrong += unsound(root, verify=True)
    if not wrong:
        shutil.rmtree(root)
    return Trial((round(after, 3),), tuple(wrong))


@contextmanager
def serving(root: Path) -> Iterator[Path]:
    """`ctg serve` of a home; gives the file of what it says."""
    said = root.parent / f"{root.name}.txt"
    command = [*_SERVE, "--home", str(root), "serve", "--port", "0", "--prefect-port", "0"]
    with said.open("wb") as out:
        served = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        yield said
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(60)


def until(found: Callable[[], Any], what: str) -> Any:
    """What is found as soon as it is something. Raises `AssertionError` where it takes too long."""
    ends = time.monotonic() + _PATIENCE
    while not (value := found()):
        assert time.monotonic() < ends, f"this did not happen in time: {what}"
        time.sleep(0.05)
    return value


def _flow_that_begins(root: Path, said: Path) -> int:
    until(lambda: _BEGINS in said.read_text(encoding="utf-8"), "a batch begins")
    return int(until(lambda: flow_process(root), "there is its process"))


def flow_process(root: Path) -> int:
    """The process that runs a flow of this home under `ctg serve`; 0 where there is none."""
    mark = f"PREFECT_HOME={root / '.prefect' / 'serve'}".encode()
    for entry in Path("/proc").iterdir():
        try:
            variables = (entry / "environ").read_bytes().split(b"\0") if entry.name.isdigit() else []
            words = (entry / "cmdline").read_bytes() if mark in variables else b""
        except OSError:
            continue
        if b"prefect" in words and b"engine" in words and _lives(int(entry.name)):
            return int(entry.name)
    return 0


def _home(template: Path, root: Path) -> Path:
    shutil.copytree(template, root)
    (root / "data/raw/yy no report.pdf").unlink()  # it has no end to be seen: a batch waits long for that
    settings = root / "ctg.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'watch = "data/raw"\nwatch_seconds = 1\n{text}', encoding="utf-8")
    return root


def _settled(root: Path, said: Path) -> bool:
    """Whether a batch came to its end after the kill, and told so."""
    store = open_store(open_home(root).database)
    with store.reading() as db:
        found = last_run(db, "batch")
    store.close()
    after = said.read_text(encoding="utf-8").rpartition(_CUT)[2]
    return found is not None and _ENDED in after


def _below(pid: int) -> set[int]:
    parents = {int(p.parent.name): _parent(p) for p in Path("/proc").glob("[0-9]*/stat")}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
