"""How much faster two readers are than one, by themselves and in a batch: part of `bench/scale.py`.

The machine must do nothing else meanwhile.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import scale_corpus

from ctg_nlp.clock import utc_now
from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.sandbox import Limits, Reader
from ctg_nlp.pipeline import Batch
from ctg_nlp.settings import make_home
from ctg_nlp.store.database import open_store

_TIMES = 5


def compared(folder: Path, reports: int) -> list[dict[str, Any]]:
    """Seconds for the same reports by one reader and by two at once, in turns: reading, then batches."""
    files = scale_corpus.write_reports(folder / "cores", range(reports))
    found = [_figures("reading", files, _read), _figures("batch", files, _batch)]
    for figures in found:
        print(figures)
    return found


def _figures(what: str, files: list[Path], run: Callable[[list[Path], int], float]) -> dict[str, Any]:
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(_TIMES):
        for readers, took in seconds.items():
            took.append(run(files, readers))
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    return {
        "what": what,
        "reports": len(files),
        "one_reader": [round(s, 2) for s in seconds[1]],
        "two_readers": [round(s, 2) for s in seconds[2]],
        "times_as_fast": round(statistics.median(ratios), 2),
        "best_of_each": round(min(seconds[1]) / min(seconds[2]), 2),
    }


def _batch(files: list[Path], workers: int) -> float:
    """Seconds to read, propose for and store the reports, in a new home; starting is not measured."""
    with tempfile.TemporaryDirectory() as folder:
        home = replace(make_home(Path(folder) / "home"), workers=workers, ocr=False)
        for file in files:
            shutil.copyfile(file, home.raw / file.name)
        store = open_store(home.database, create=True)
        try:
            with (
                Batch(home, store, home.raw, utc_now) as batch,
                ThreadPoolExecutor(max_workers=workers) as pool,
            ):
                first, rest = batch.plan.work[:workers], batch.plan.work[workers:]
                list(pool.map(batch.process, first))
                start = time.perf_counter()
                list(pool.map(batch.process, rest))
                return time.perf_counter() - start
        finally:
            store.close()


def _read(files: list[Path], readers: int) -> float:
    free: SimpleQueue[Reader] = SimpleQueue()

    def read(file: Path) -> None:
        reader = free.get()
        try:
            reader.read(file, passwords=(), ocr=OcrSettings(enabled=False))
        finally:
            free.put(reader)

    opened = [Reader(Limits()) for _ in range(readers)]
    for reader in opened:
        reader.__enter__()
        reader.read(files[0], passwords=(), ocr=OcrSettings(enabled=False))  # its start is not measured
        free.put(reader)
    gc.freeze()  # as a batch does: else each collection looks at all that this program has loaded
    try:
        with ThreadPoolExecutor(max_workers=readers) as pool:
            start = time.perf_counter()
            list(pool.map(read, files))
            return time.perf_counter() - start
    finally:
        gc.unfreeze()
        for reader in opened:
            reader.__exit__(None, None, None)
