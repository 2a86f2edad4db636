"""The measures of `bench/scale.py`: each is taken in a process of its own, which does nothing else.

    python bench/scale_measures.py HOME MEASURE

Commands are measured as people start them, the interpreter's start included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scale_pages import pages

from ctg_nlp.clock import utc_now
from ctg_nlp.settings import Home, open_home

Figures = dict[str, Any]
_TICKS = os.sysconf("SC_CLK_TCK")
_PARTS = 5  # of a batch, each with its own figures


def measure(home: Home, what: str) -> Figures:
    """The figures of one measure by its name."""
    before = _processor()  # what this process took to start is no part of it
    with watched() as peak:
        start = time.perf_counter()
        found = MEASURES[what](home)
        found["seconds"] = round(time.perf_counter() - start, 2)
    found["of_the_processor"] = round(_processor() - before, 2)
    if what == "batch":
        found["megabytes"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
        found["megabytes_of_a_reader"] = round(peak["children"])
    else:
        found["megabytes"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000)
    return found


def _processor() -> float:
    """Seconds of the processor that this process and those it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Look at the processes below this one now and then; gives the most memory that one of them took."""
    peak, done = {"children": 0.0}, threading.Event()

    def look() -> None:
        while not done.wait(0.5):
            peak["children"] = max([peak["children"], *map(_resident, _below())])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _below() -> list[int]:
    try:
        tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
        told = " ".join((task / "children").read_text(encoding="ascii") for task in tasks)
    except OSError:
        return []
    return sorted({int(p) for p in told.split()})


def _resident(process: int) -> float:
    """Megabytes of memory that a process holds now."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6
    except (OSError, IndexError):
        return 0.0


def _live() -> float:
    """Seconds of the processor used so far by this process and those below it, ended or not."""
    running = 0
    for process in _below():
        try:
            told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
        except OSError:
            continue
        running += int(told[11]) + int(told[12])
    return _processor() + running / _TICKS


class _Parts:
    """Milliseconds of the processor for each report, and this process's memory, in each part of a batch."""

    def __init__(self) -> None:
        self.told: list[Figures] = []
        self._before, self._reports = _live(), 0

    def __call__(self, done: int, total: int) -> None:
        if done * _PARTS // total > len(self.told):
            now, reports = _live(), done - self._reports
            each = round(1000 * (now - self._before) / reports, 1)
            memory = round(_resident(os.getpid()))
            self.told.append({"done": done, "milliseconds_a_report": each, "megabytes": memory})
            print(self.told[-1], file=sys.stderr, flush=True)
            self._before, self._reports = now, done


def _batch(home: Home) -> Figures:
    from ctg_nlp.plain import run_plain

    parts = _Parts()
    summary = run_plain(home, home.raw, run_id=utc_now(), clock=utc_now, progress=parts)
    assert not summary.failed, summary.failed[:3]
    found: Figures = {"read": summary.read, "verdicts": summary.verdicts, "parts": parts.told}
    return found | {"store_megabytes": _store_size(home)}


def _store_size(home: Home) -> int:
    return round(sum(f.stat().st_size for f in home.root.glob("ctg.sqlite*")) / 1e6)


def _command(*words: str) -> Callable[[Home], Figures]:
    """A measure: `ctg` with these words, as people start it."""

    def run(home: Home) -> Figures:
        call = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", "--home", str(home.root)]
        subprocess.run([*call, *words], check=True, stdout=subprocess.DEVNULL)
        return {}

    return run


MEASURES: dict[str, Callable[[Home], Figures]] = {
    "batch": _batch,
    "first_exports": _command("run", "--plain"),
    "again": _command("run", "--plain"),
    "again_verify": _command("run", "--plain", "--verify"),
    "status": _command("status"),
    "tables": _command("tables"),
    "tables_by_cohort": _command("tables", "--by", "cohort"),
    "tables_write": _command("tables", "--write"),
    "report": _command("report"),
    "search": _command("search", "coaching"),
    "pages": pages,
}
STORE = [
    "again",
    "again_verify",
    "status",
    "tables",
    "tables_by_cohort",
    "tables_write",
    "report",
    "search",
    "pages",
]


if __name__ == "__main__":
    print(json.dumps(measure(open_home(Path(sys.argv[1])), sys.argv[2])), flush=True)
