"""What keeping a rebuild and explaining the next cost: python bench/changes.py [REPORTS] [CODES]

Coded rows are written straight into the store, by chance; then one report in a hundred is decided otherwise.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import yaml
from sqlalchemy import insert, update

from ctg_nlp.changes import changes_since
from ctg_nlp.rebuilds import keep
from ctg_nlp.settings import make_home
from ctg_nlp.store import schema as s
from ctg_nlp.store.database import open_store

NOW = "2026-01-01T00:00:00.000000+00:00"
COLUMNS = {
    "kind": "final report",
    "verdict": "accepted",
    "received_at": NOW,
    "counted": True,
    "settled": True,
}


def main(reports: int = 100_000, codes: int = 100) -> None:
    """Print seconds and the peak of memory."""
    root = Path(tempfile.mkdtemp())
    dimensions = [
        {"id": f"d{d}", "title": f"D{d}", "kind": "multi",
         "codes": [{"id": f"c{c}", "label": f"C{c}"} for c in range(codes // 10)]}
        for d in range(10)
    ]  # fmt: skip
    path = root / "f.yaml"
    path.write_text(yaml.safe_dump({"id": "big", "version": "1", "title": "Big", "dimensions": dimensions}))
    home = make_home(root / "home", str(path))
    store = open_store(home.database, create=True)
    chance = random.Random(0)
    framework_id, count = home.framework.framework_id, len(home.framework.keys)

    def states() -> bytes:
        return bytes(chance.choices((1, 2), k=count))

    with store.transaction() as db:
        rows = [
            {
                "report_id": f"{i:064x}",
                "sequence": i,
                "name": f"{i}.pdf",
                "path": f"{i}.pdf",
                "group_id": f"G{i}",
            }
            | COLUMNS
            for i in range(1, reports + 1)
        ]
        db.execute(insert(s.report), rows)
        key = [{"report_id": r["report_id"], "framework_id": framework_id} for r in rows]
        db.execute(insert(s.coded_report), [k | {"states": states(), "values": []} for k in key])
        tally = {"model_id": "", "codes": count, "open": 0, "conflicts": 0, "open_dimensions": "",
                 "uncertainty": 0.0, "decided_at": NOW}  # fmt: skip
        db.execute(insert(s.tally), [k | tally for k in key])
    _timed("keep the first rebuild", lambda: keep(store, home, now=NOW, who="bench"))
    with store.transaction() as db:
        for k in key[::100]:
            which = s.coded_report.c.report_id == k["report_id"]
            db.execute(update(s.coded_report).where(which).values(states=states()))
    first = NOW[:10] + "-1"
    found = _timed("explain 1 report in 100", lambda: changes_since(store, home, first))
    print(f"{len(found.cells)} cells changed")
    _timed("keep the second rebuild", lambda: keep(store, home, now=NOW, who="bench"))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _timed(what, work):  # noqa: ANN001, ANN202
    start, used = time.perf_counter(), time.process_time()
    done = work()
    print(f"{what}: {time.perf_counter() - start:.1f} s, {time.process_time() - used:.1f} s of one core")
    return done


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:]))
