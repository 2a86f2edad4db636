"""What Dask costs and brings: the same reports by the run itself and by processes; and what fetching takes.

    python bench/sharing.py [--reports 160] [--times 5]
    python bench/sharing.py --fetch 10000

Batches are timed from the first report that is given out to the last that is stored, in turns and each in a
new home; starting processes is told apart, what each of them takes up, and the processor's time of the run's
own process. The machine must do nothing else meanwhile. `--fetch` takes as
many small files from a folder by its file:// address, then once more where nothing is new. The results are
kept in `bench/results/sharing.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import scale_corpus

from ctg_nlp.clock import utc_now
from ctg_nlp.fetching import fetch
from ctg_nlp.pipeline import Batch
from ctg_nlp.plain import read_all
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store.database import open_store

RESULTS = Path(__file__).parent / "results" / "sharing.json"
_FIRST = 8  # reports that are read before the clock starts, so that each process has loaded what it needs
WAYS: dict[str, dict[str, Any]] = {
    "the run itself, one report at a time": {"workers": 1},
    "the run itself, two at a time": {"workers": 2},
    "two processes by Dask": {"workers": 2, "dask": "local"},
}


def compared(folder: Path, reports: int, times: int) -> dict[str, Any]:
    """Seconds of batches in each way, in turns, and how many times as fast as the first they are."""
    files = scale_corpus.write_reports(folder / "raw", range(reports))
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    apart: list[Timed] = []
    for _ in range(times):
        for way, settings in WAYS.items():
            found = timed(files, settings)
            seconds[way].append(found.seconds)
            if "dask" in settings:
                apart.append(found)
            print(f"{way}: {found.seconds:.2f} s", flush=True)
    first = seconds[next(iter(WAYS))]
    return {
        "reports": reports - _FIRST,
        "seconds": {way: [round(s, 2) for s in took] for way, took in seconds.items()},
        "times_as_fast_as_the_first": {
            way: round(statistics.median(a / b for a, b in zip(first, took, strict=True)), 2)
            for way, took in seconds.items()
        },
        "seconds_to_start_two_processes": round(statistics.median(t.starting for t in apart), 1),
        "megabytes_of_a_process": max(t.megabytes for t in apart),
        "milliseconds_of_the_run_itself_for_a_report": round(
            statistics.median(1000 * t.own_seconds / (reports - _FIRST) for t in apart), 1
        ),
    }


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds until the first reports came from each process, and from there to the end of the batch; of the
    processor in the run's own process meanwhile; megabytes of the largest process by Dask."""

    starting: float
    seconds: float
    own_seconds: float
    megabytes: int


def timed(files: list[Path], settings: dict[str, Any]) -> Timed:
    """Read the reports in a new home, with these settings."""
    with tempfile.TemporaryDirectory() as folder:
        home = replace(make_home(Path(folder) / "home"), ocr=False, **settings)
        written = home.root / "ctg.toml"  # the workers read it themselves
        written.write_text(f"ocr = false\n{written.read_text(encoding='utf-8')}", encoding="utf-8")
        for file in files:
            shutil.copyfile(file, home.raw / file.name)
        store = open_store(home.database, create=True)
        began = time.perf_counter()
        try:
            with Batch(home, store, home.raw, utc_now) as batch:
                first, rest = batch.plan.work[:_FIRST], batch.plan.work[_FIRST:]
                with ThreadPoolExecutor(_FIRST) as pool:
                    list(pool.map(batch.process, first))
                ready, own = time.perf_counter(), time.process_time()
                batch.plan = replace(batch.plan, work=rest)
                read_all(batch, None)
                seconds, own = time.perf_counter() - ready, time.process_time() - own
                return Timed(ready - began, seconds, own, _largest_child())
        finally:
            store.close()


def _largest_child() -> int:
    sizes = [child.memory_info().rss for child in psutil.Process().children()]
    return max(sizes, default=0) // 1_000_000


def fetching(folder: Path, files: int) -> dict[str, Any]:
    """Seconds to fetch so many small files from a folder, and to find that nothing is new."""
    there = folder / "there"
    for n in range(files):
        path = there / f"{n // 1000:03}" / f"{n:06}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%%PDF-1.7\n%d" % n)
    time.sleep(11)  # what is younger than `watch_seconds` may still be being written
    home: Home = replace(make_home(folder / "fetching"), source=there.as_uri())
    store = open_store(home.database, create=True)
    try:
        first, again = (clocked(lambda: fetch(store, home, home.raw).count) for _ in range(2))
    finally:
        store.close()
    assert (first[1], again[1]) == (files, 0)
    return {"files": files, "seconds": round(first[0], 1), "seconds_nothing_new": round(again[0], 2)}


def clocked(work: Callable[[], int]) -> tuple[float, int]:
    """Seconds that some work takes, and what it returns."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, default=160)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--fetch", type=int, default=0)
    said = parser.parse_args()
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    with tempfile.TemporaryDirectory() as folder:
        if said.fetch:
            kept["fetch"] = fetching(Path(folder), said.fetch)
        else:
            kept["batch"] = compared(Path(folder), said.reports, said.times)
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
