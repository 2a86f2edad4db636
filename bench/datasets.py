"""Time and memory of datasets of many decisions, each form by itself.

    python bench/datasets.py [--decisions 250000 1000000] [--forms csv jsonl parquet]

Makes a store of so many decisions, a hundred on each report under a framework of 100 codes, a quarter of them
present with a quote that was found in the text, in a temporary folder. Each form is measured in a process of
its own, which does what `ctg export --format FORM` does: all tables (reports, codes, decisions, evidence).
`disk` is the time that writing the same bytes takes, without any reading.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tables import framework_text

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.settings import make_home, open_home

_WHEN = "2026-01-01T00:00:00.000000+00:00"
_REPORT = (
    "INSERT INTO report (report_id, sequence, name, path, group_id, kind, verdict, cause, message, warnings,"
    " extractor, pages, words, cohort_said, received_at, counted, settled, chosen) VALUES"
    " (?,?,?,?,?,'final report','accepted','','','','x',20,9000,'1',?,1,1,0)"
)
_DECISION = (
    "INSERT INTO decision (sequence, report_id, dimension, code, answer, value, quotes, note, coder, role,"
    " time, framework_id) VALUES (?,?,?,?,?,'null',?,'',?,'coder',?,?)"
)


def make(home: Path, decisions: int) -> None:
    """A home with a store of so many decisions."""
    from ctg_nlp.store.database import open_store

    file = home.parent / "bench.yaml"
    file.write_text(framework_text(), encoding="utf-8")
    made = make_home(home, str(file))
    open_store(made.database, create=True).close()
    framework = load_framework(file)
    db = sqlite3.connect(home / "ctg.sqlite")
    db.execute("PRAGMA synchronous=OFF")
    rng, reports = random.Random(1), decisions // len(framework.keys)
    for n in range(reports):
        report_id, group = f"{n:064x}", f"G{n}"
        name = f"{group} report.pdf"
        db.execute(_REPORT, (report_id, n, name, f"data/raw/{name}", group, _WHEN))
        states, rows, anchors = _decided(rng, framework, report_id, n)
        values = json.dumps([["decided", 3], ["decided", "Hull"], ["decided", f"Project {n}"]])
        db.execute(
            "INSERT INTO coded_report VALUES (?,?,?,?)", (report_id, framework.framework_id, states, values)
        )
        db.execute(
            "INSERT INTO tally VALUES (?,?,'',100,0,0,'',0,?)", (report_id, framework.framework_id, _WHEN)
        )
        db.executemany(_DECISION, rows)
        db.executemany("INSERT INTO anchor VALUES (?,0,?)", anchors)
    db.commit()
    db.close()


def _decided(
    rng: random.Random, framework: Framework, report_id: str, n: int
) -> tuple[bytes, list[Any], list[Any]]:
    states, rows, anchors = [], [], []
    for i, (dimension, code) in enumerate(framework.keys):
        number, present = n * len(framework.keys) + i + 1, rng.random() < 0.25
        quotes = json.dumps(
            [f"We saw it in class {number}, and the group agreed that it helped."] if present else []
        )
        answer = "present" if present else "absent"
        who = rng.choice(("ada", "ben", "cleo"))
        rows.append((number, report_id, dimension, code, answer, quotes, who, _WHEN, framework.framework_id))
        if present:
            start = rng.randrange(3000)
            anchors.append((number, json.dumps([[rng.randint(1, 20), start, start + 60]])))
        states.append(2 if present else 1)
    return bytes(states), rows, anchors


def measure(home: Path, form: str) -> dict[str, float]:
    """Seconds, megabytes at the peak and megabytes written, in this process."""
    from ctg_nlp.exporting import Wanted, export_dataset
    from ctg_nlp.store.database import open_store

    made, start = open_home(home), time.perf_counter()
    folder = home / f"dataset_{form}"
    done = export_dataset(open_store(made.database), made.framework, folder, Wanted(forms=(form,)))
    seconds = time.perf_counter() - start
    size = sum(p.stat().st_size for p in done.files)
    return {
        "seconds": seconds,
        "of the processor": time.process_time(),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "written": size / 1e6,
        "disk": _disk(home / "probe", size),
        "decisions": done.rows["decisions"],
    }


def _disk(path: Path, size: int) -> float:
    """Seconds to write so many bytes and to have them on the disk."""
    import os

    piece, start = os.urandom(1 << 20), time.perf_counter()
    with path.open("wb") as file:
        for _ in range(size >> 20):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    return time.perf_counter() - start


def _sizes(given: argparse.Namespace) -> Iterator[str]:
    for decisions in given.decisions:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            make(home, decisions)
            for form in given.forms:
                command = [sys.executable, __file__, "--measure", str(home), form]
                run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                said = json.loads(run.stdout)
                yield f"{form}: " + ", ".join(f"{k} {v:.1f}" for k, v in said.items())


def main() -> None:
    """Print the figures of each size and form."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--decisions", type=int, nargs="+", default=[250_000, 1_000_000])
    parser.add_argument("--forms", nargs="+", default=["csv", "jsonl", "parquet"])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(Path(given.measure[0]), given.measure[1])))
        return
    for line in _sizes(given):
        print(line, flush=True)


if __name__ == "__main__":
    main()
