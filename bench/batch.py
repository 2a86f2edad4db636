"""The whole plain pipeline over the reports with a text layer, beside pdfplumber reading their words alone.

    python bench/batch.py [--prefect]

Register, read, suggest and store in a fresh home; pdfplumber's words on the same files in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pdfplumber

from ctg_nlp.clock import utc_now
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import make_home

SHARED = Path(os.environ.get("CTG_SHARED") or Path(__file__).parent.parent.parent / "shared")
CORPUS = SHARED / "corpus" / "dev"


def files() -> list[Path]:
    """The development reports that have a text layer."""
    manifest = json.loads((CORPUS / "manifest.json").read_text(encoding="utf-8"))
    return [CORPUS / "pdf" / e["file"] for _, e in sorted(manifest.items()) if e["kind"] != "scan"]


def pipeline(folder: Path, workers: int) -> float:
    """Seconds for a run over all files in a new home."""
    home = make_home(folder)
    (folder / "ctg.toml").write_text(f'framework = "ctg"\nworkers = {workers}\n', encoding="utf-8")
    for path in files():
        shutil.copyfile(path, home.raw / path.name)
    from ctg_nlp.settings import open_home

    start = time.perf_counter()
    summary = run_plain(open_home(folder), home.raw, run_id=utc_now(), clock=utc_now)
    assert summary.read == len(files()) and not summary.failed
    return time.perf_counter() - start


def words_by_pdfplumber() -> float:
    """Seconds for the words of all files."""
    start = time.perf_counter()
    for path in files():
        with pdfplumber.open(path) as document:
            for page in document.pages:
                page.extract_words()
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--prefect", action="store_true", help="also time a run through Prefect, and an empty one"
    )
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    ours: dict[int, list[float]] = {1: [], 2: []}
    theirs = []
    with tempfile.TemporaryDirectory() as temporary:
        for n in range(given.repeat):
            for workers, times in ours.items():
                times.append(pipeline(Path(temporary) / f"home-{workers}-{n}", workers))
            theirs.append(words_by_pdfplumber())
        print(f"{len(files())} reports; medians of {given.repeat}")
        base = statistics.median(theirs)
        print(f"pdfplumber's words alone, one process: {base:.2f} s")
        for workers, times in ours.items():
            middle = statistics.median(times)
            print(f"plain pipeline, {workers} at a time: {middle:.2f} s, {base / middle:.1f} times as fast")
        if given.prefect:
            time_prefect(Path(temporary))


def time_prefect(folder: Path) -> None:
    """A run with nothing new is what Prefect's start costs; one with all reports adds its tasks."""
    home = folder / "home-2-0"
    call = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", "--home", str(home), "run"]
    for label, more in (("nothing new, plain", ["--plain"]), ("nothing new, through Prefect", [])):
        start = time.perf_counter()
        subprocess.run([*call, *more], check=True, capture_output=True)
        print(f"ctg run, {label}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
