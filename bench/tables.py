"""Time and memory of all tables over many coded reports.

    python bench/tables.py [--reports 25000 50000 100000] [--what tables status export refresh]

Makes a store of so many reports, a framework of 100 codes with a number, a place and a free text, two
cohorts, a register with a further column and a tenth of the groups silent, with some decisions on each
report, in a temporary folder. Each figure is measured in a process of its own, which does what `ctg tables`
does: the dataset, all tables of both stages, all broken down by cohort, response, and codes per report.
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
from collections.abc import Callable, Iterator
from pathlib import Path

from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_framework
from ctg_nlp.settings import Home, make_home, open_home

Steps = Iterator[tuple[str, Callable[[], object]]]
_DECISIONS = 10  # for each report; the tables read none of them
_PLACES = ("Hull", "Leeds", "Oldham", "Essex", "Croydon", "Barnsley", "Durham", "Somerset", "Ealing", "Kent")


def framework_text(codes: int = 100) -> str:
    """A framework of so many codes, ten to a dimension, every fifth of the second stage, with a number, a
    place and a free text."""
    dimensions = [
        {
            "id": f"d{n}",
            "title": f"Dimension {n}",
            "kind": "single" if n % 3 == 0 else "multi",
            "stage": "indepth" if n % 5 == 4 else "map",
            "codes": [{"id": f"c{i}", "label": f"Code {i}"} for i in range(10)],
        }
        for n in range(codes // 10)
    ]
    bands = [{"id": "few", "label": "Up to 5", "max": 5}, {"id": "many", "label": "6 or more", "min": 6}]
    dimensions += [
        {"id": "size", "title": "Size", "kind": "number", "bands": bands, "total": "All schools",
         "missing": {"id": "unclear", "label": "Unclear"}},
        {"id": "place", "title": "Location", "kind": "text", "fact": "local_authority"},
        {"id": "name", "title": "Name of the project", "kind": "text"},
    ]  # fmt: skip
    cohorts = [{"id": "1", "years": ["2008-09"]}, {"id": "2", "years": ["2009-10"]}]
    return json.dumps(
        {"id": "bench", "version": "1", "title": "Bench", "cohorts": cohorts, "dimensions": dimensions}
    )


def rows_of(framework: Framework, reports: int) -> Iterator[tuple[str, bytes, str, str]]:
    """(report id, states, values, group id) of each report."""
    rng = random.Random(1)
    codes = len(framework.keys)
    for n in range(reports):
        states = bytes(rng.choices((0, 1, 2, 3), (4, 70, 25, 1), k=codes))
        said = [
            ["decided", rng.choice((None, *range(1, 12)))],
            ["decided", rng.choice(_PLACES)],
            ["decided", f"Project {n}"],
        ]
        yield f"{n:064x}", states, json.dumps(said), f"G{n}"


def make(home: Path, reports: int) -> None:
    """A home with a store of so many reports that were all coded."""
    from ctg_nlp.store.database import open_store

    file = home.parent / "bench.yaml"
    file.write_text(framework_text(), encoding="utf-8")
    made = make_home(home, str(file))
    open_store(made.database, create=True).close()
    framework = load_framework(file)
    db = sqlite3.connect(home / "ctg.sqlite")
    db.execute("PRAGMA synchronous=OFF")
    when = "2026-01-01T00:00:00+00:00"
    for report_id, states, values, group in rows_of(framework, reports):
        n = int(report_id, 16)
        name = f"{group} report.pdf"
        db.execute(
            "INSERT INTO report (report_id, sequence, name, path, group_id, kind, verdict, cause, message,"
            " warnings, extractor, pages, words, cohort_said, received_at, counted, settled, chosen,"
            " signature) VALUES (?,?,?,?,?,'final report','accepted','','','','x',20,9000,'',?,1,1,0,?)",
            (report_id, n, name, f"data/raw/{name}", group, when, bytes(512)),
        )
        db.execute("INSERT INTO submission VALUES (?,?,1,1,?)", (f"data/raw/{name}", report_id, when))
        db.execute(
            "INSERT INTO coded_report VALUES (?,?,?,?)", (report_id, framework.framework_id, states, values)
        )
        db.execute(
            "INSERT INTO tally VALUES (?,?,'',100,5,1,'',0.5,?)", (report_id, framework.framework_id, when)
        )
        db.executemany(
            "INSERT INTO decision (report_id, dimension, code, answer, quotes, note, coder, role, time,"
            " framework_id) VALUES (?,?,?,'present','[\"a quote\"]','','ada','coder',?,?)",
            [
                (report_id, f"d{i % 10}", f"c{i % 10}", when, framework.framework_id)
                for i in range(_DECISIONS)
            ],
        )
    for n in range(reports + reports // 9):
        columns = json.dumps([["type", f"type {n % 7}"]])
        db.execute("INSERT INTO report_group VALUES (?,?,?,1,'[]',?)", (f"G{n}", n, str(1 + n % 2), columns))
    db.commit()
    db.close()


def measure(home: Path, what: str) -> dict[str, float]:
    """Seconds of each step and of all, and megabytes at the peak, in this process."""
    made, start = open_home(home), time.perf_counter()
    steps: dict[str, float] = {}
    for name, step in STEPS[what](made):
        before = time.perf_counter()
        step()
        steps[name] = time.perf_counter() - before
    steps["seconds"] = time.perf_counter() - start
    steps["of the processor"] = time.process_time()
    steps["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return steps


def _tables(made: Home) -> Steps:
    from ctg_nlp.dataset import dataset
    from ctg_nlp.store.database import open_store
    from ctg_nlp.tabulation import Tabulation

    store, kept = open_store(made.database), []
    yield "dataset", lambda: kept.append(dataset(store, made.framework))
    t = Tabulation(made.framework, kept[0])
    every = [*t.tabulated("map"), *t.tabulated("indepth")]
    yield "tables", lambda: [t.table(d) for d in every]
    yield "by cohort", lambda: [t.cross(d, "cohort") for d in every]
    yield "by region", lambda: t.cross(every[0], "region")
    yield "response", lambda: [t.response("cohort"), *(t.bounded(d, "type") for d in t.tabulated("map"))]
    yield "per report", lambda: t.per_report(every)


def _status(made: Home) -> Steps:
    from ctg_nlp.status import chase_list, status
    from ctg_nlp.store.database import open_store

    store = open_store(made.database)
    yield "status", lambda: status(store, made.framework)
    yield "chase list", lambda: chase_list(store)


def _export(made: Home) -> Steps:
    from ctg_nlp.aggregation import export_all
    from ctg_nlp.store.database import open_store

    yield "export", lambda: export_all(open_store(made.database), made, "2026-01-01T00:00:00+00:00")


def _refresh(made: Home) -> Steps:
    from sqlalchemy import text

    from ctg_nlp.store.database import open_store
    from ctg_nlp.tallies import refresh

    store = open_store(made.database)
    with store.transaction() as db:
        db.execute(text("DELETE FROM tally"))
    yield "refresh", lambda: refresh(store, made.framework)


STEPS = {"tables": _tables, "status": _status, "export": _export, "refresh": _refresh}


def main() -> None:
    """Print the figures of each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reports", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    parser.add_argument("--what", nargs="+", choices=list(STEPS), default=["tables", "status"])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(Path(given.measure[0]), given.measure[1])))
        return
    for reports in given.reports:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            make(home, reports)
            for what in given.what:
                command = [sys.executable, __file__, "--measure", str(home), what]
                said = json.loads(
                    subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
                )
                figures = ", ".join(f"{k} {v:.2f}" for k, v in said.items())
                print(f"{reports} reports, {what}: {figures}", flush=True)


if __name__ == "__main__":
    main()
