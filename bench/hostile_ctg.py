"""`ctg`, which also notes how long each report took: what `bench/hostile.py` runs as its one batch.

    python -m bench.hostile_ctg LOG ARGUMENT ...

The log gets a JSON line for each report: its path, and the seconds until it was read and until it was stored.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ctg_nlp import processing, submissions
from ctg_nlp.cli.main import main as ctg


def noting(log: Path) -> None:
    """Have every report of this process noted in the log."""
    spent = threading.local()
    extract, process = processing.Processor._extract, processing.Processor.process

    def timed_extract(processor: processing.Processor, submitted: submissions.Submitted) -> Any:
        began = time.monotonic()
        try:
            return extract(processor, submitted)
        finally:
            spent.reading = time.monotonic() - began

    def timed_process(processor: processing.Processor, order: processing.Order) -> processing.Outcome:
        began, spent.reading = time.monotonic(), 0.0
        try:
            return process(processor, order)
        finally:
            seconds = time.monotonic() - began
            line = {"path": order.work.submitted.folder_path, "reading": spent.reading, "seconds": seconds}
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    processing.Processor._extract = timed_extract  # type: ignore[method-assign]
    processing.Processor.process = timed_process  # type: ignore[method-assign]


if __name__ == "__main__":
    noting(Path(sys.argv[1]))
    sys.argv = ["ctg", *sys.argv[2:]]
    ctg()
