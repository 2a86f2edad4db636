"""The selection with many reports: the page, the flow of counts, the panel of one report, freezing.

    python bench/selection.py FOLDER [--reports 10000]

FOLDER must not be a home yet: one is made there with reports whose map is decided, and filter decisions by
chance (seed 1). Times are of the functions behind the pages, in this process, best of three.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from ctg_nlp.clock import utc_now
from ctg_nlp.desk import Desk
from ctg_nlp.framework import Framework
from ctg_nlp.selecting import freeze, judged
from ctg_nlp.selection_flow import flow_now
from ctg_nlp.settings import make_home
from ctg_nlp.store import schema as s
from ctg_nlp.store.database import open_store
from ctg_nlp.web.selection_view import selection_page

_TIME = "2026-01-01T00:00:00+00:00"


def _reports(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        yield {
            "report_id": f"{i:064x}", "sequence": i + 1, "name": f"r{i}.pdf", "path": f"data/raw/r{i}.pdf",
            "group_id": f"G{i}", "kind": "final report", "verdict": "accepted", "received_at": _TIME,
            "counted": True, "settled": True, "pages": 1,
        }  # fmt: skip


def _fill(db: Connection, framework: Framework, count: int) -> None:
    reports = list(_reports(count))
    db.execute(insert(s.report), reports)
    mapped = {d.id for d in framework.stage("map")}
    states = bytes(int(d in mapped) for d, _ in framework.keys)
    values = [["decided", 3] if d.id in mapped else ["undecided", None] for d in framework.valued]
    known = [{"report_id": r["report_id"], "framework_id": framework.framework_id} for r in reports]
    db.execute(insert(s.coded_report), [k | {"states": states, "values": values} for k in known])
    tally = {"model_id": "", "codes": 9, "open": 0, "conflicts": 0, "open_dimensions": "", "uncertainty": 0.0,
             "decided_at": ""}  # fmt: skip
    db.execute(insert(s.tally), [k | tally for k in known])
    db.execute(insert(s.filter_decision), list(_decisions(framework, reports)))


def _decisions(framework: Framework, reports: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)
    for r in reports:
        for n, wanted in enumerate(framework.filters):
            level = chance.choice([*wanted.levels, *(x for x in wanted.levels if x.passes)])
            yield {
                "decision_id": f"{n}-{r['sequence']}", "report_id": r["report_id"], "filter": wanted.id,
                "level": level.id, "reason": "as the report tells", "coder": "ada", "role": "coder",
                "time": _TIME, "framework_id": framework.framework_id,
            }  # fmt: skip
            if not level.passes:
                break


def _best(act: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Make the home, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reports", type=int, default=10_000)
    asked = parser.parse_args()
    home = make_home(asked.folder)
    store = open_store(home.database, create=True)
    with store.transaction() as db:
        _fill(db, home.framework, asked.reports)
    desk = Desk(home, store, "ada", utc_now)
    names = iter(range(3))
    acts: dict[str, Callable[[], object]] = {
        "page of the selection": lambda: selection_page(desk, "", "", 1),
        "flow of counts": lambda: flow_now(store, home.framework),
        "panel of one report": lambda: judged(desk, f"{5:064x}"),
        "freezing a sample": lambda: freeze(desk, f"sample {next(names)}"),
    }
    print(f"{asked.reports} reports")
    for name, act in acts.items():
        print(f"{name}: {1000 * _best(act):.0f} ms")
    store.close()


if __name__ == "__main__":
    main()
