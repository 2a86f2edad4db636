"""How much faster two readers are than one: part of `bench/scale.py`."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import scale_corpus

from ctg_nlp.intake.ocr import OcrSettings
from ctg_nlp.intake.sandbox import Limits, Reader

_TIMES = 5


def compared(folder: Path, reports: int) -> list[dict[str, Any]]:
    """Seconds to read the same reports by one reader and by two at once, in turns."""
    files = scale_corpus.write_reports(folder / "cores", range(reports))
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(_TIMES):
        for readers, took in seconds.items():
            took.append(_read(files, readers))
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    found = {
        "reports": reports,
        "one_reader": [round(s, 2) for s in seconds[1]],
        "two_readers": [round(s, 2) for s in seconds[2]],
        "times_as_fast": round(statistics.median(ratios), 2),
        "best_of_each": round(min(seconds[1]) / min(seconds[2]), 2),
    }
    print(found)
    return [found]


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
    try:
        with ThreadPoolExecutor(max_workers=readers) as pool:
            start = time.perf_counter()
            list(pool.map(read, files))
            return time.perf_counter() - start
    finally:
        for reader in opened:
            reader.__exit__(None, None, None)
