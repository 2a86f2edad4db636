"""Many coders at once on the review page: none may lose a decision or see an error.

    python bench/coders.py FOLDER [--coders 20] [--each 500] [--reports 60] [--json FILE]
                           [--database postgresql+psycopg://user@host/name]

The home in FOLDER is made the first time (see `review_home.py`). `ctg review` runs in a process of its own;
each coder logs in and answers code after code without a pause, all of them on the same reports. Afterwards
the store is asked whether every decision that was answered for is there, and the audit log is walked from end
to end. Times are the server's own (its Server-Timing header): at this load they hold the waiting for others.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from review_home import home_at
from serving import Client, ServerStopped, free_port, percentile, serving

from ctg_nlp.clock import utc_now
from ctg_nlp.people import add_user
from ctg_nlp.records import Role
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import walk
from ctg_nlp.store.database import open_store
from ctg_nlp.store.people import users

PASSWORD = "grape lamp tuesday"
CODES = 20  # of a report, before a coder goes on to the next


@dataclass(slots=True)
class Coder:
    """One coder: what they sent and what came of it."""

    name: str
    sent: list[str] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; times in milliseconds. `lost`: answered for, but not in the store."""

    database: str
    coders: int
    decisions: int
    errors: int
    lost: int
    log_whole: bool
    log_entries: int
    seconds: float
    per_second: float
    median: float
    p95: float
    worst: float


def work(coder: Coder, port: int, acts: Sequence[tuple[str, str, str]], start: threading.Barrier) -> None:
    """Log in, wait for the others, and answer."""
    client = Client(port, {"Origin": f"http://127.0.0.1:{port}"})
    form = f"name={coder.name}&password={PASSWORD.replace(' ', '+')}&next=/".encode()
    client.post("/login", form, "application/x-www-form-urlencoded")
    client.connection = None  # the server closes those that were idle while others logged in
    start.wait()
    for report_id, dimension, code in acts:
        act = {"act_id": str(uuid.uuid4()), "kind": "answer", "dimension": dimension, "code": code}
        try:
            answer = client.post(
                f"/api/reports/{report_id}/acts", json.dumps(act | {"answer": "unsure"}).encode()
            )
        except (ServerStopped, OSError) as error:
            coder.errors.append(f"{type(error).__name__}: {error}")
            client.connection = None
        else:
            coder.sent.append(act["act_id"])
            coder.answered.append(answer.server_ms)


def prepared(home: Home, names: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The reports and the codes that are answered; the coders are users afterwards."""
    store = open_store(home.database)
    with store.reading() as db:
        there = {u.name for u in users(db)}
        reports = [r.report_id for r in report_store.reports(db) if r.counted and r.pages < 100]
    for name in names:
        if name not in there:
            add_user(store, name, Role.CODER, PASSWORD, now=utc_now(), who="bench", must_change=False)
    store.close()
    multi = (d for d in home.framework.stage("map") if d.kind == "multi")
    codes = [(d.id, c.id) for d in multi for c in d.codes if not (c.exclusive or c.missing)]
    return reports, codes


def acts_of(
    name: str, reports: Sequence[str], codes: Sequence[tuple[str, str]], each: int
) -> list[tuple[str, str, str]]:
    """What a coder answers: some codes of one report after the other, in an order of their own."""
    chance = random.Random(name)
    own = chance.sample(list(reports), len(reports))
    acts = [(r, *code) for r in own for code in chance.sample(list(codes), min(CODES, len(codes)))]
    return (acts * (1 + each // len(acts)))[:each]


def measured(home: Home, coders: int, each: int) -> tuple[Outcome, list[Coder]]:
    """Serve, let them code, and look what is there."""
    names = [f"coder{n}" for n in range(coders)]
    reports, codes = prepared(home, names)
    people, port = [Coder(name) for name in names], free_port()
    run = "from ctg_nlp.cli.main import main; main()"
    command = [
        sys.executable,
        "-c",
        run,
        "--home",
        str(home.root),
        "review",
        "--no-browser",
        "--port",
        str(port),
    ]
    start = threading.Barrier(coders + 1)
    with tempfile.TemporaryDirectory() as folder, serving(command, port, "/healthz", Path(folder) / "log"):
        threads = [
            threading.Thread(target=work, args=(c, port, acts_of(c.name, reports, codes, each), start))
            for c in people
        ]
        for thread in threads:
            thread.start()
        start.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
    return outcome(home, people, seconds), people


def outcome(home: Home, people: Sequence[Coder], seconds: float) -> Outcome:
    """Hold what was answered for beside what is in the store."""
    store = open_store(home.database)
    with store.reading() as db:
        kept = Counter((d.act_id, d.coder) for d in decision_store.decisions(db))
        found = walk(db)
    store.close()
    sent = [(act, c.name) for c in people for act in c.sent]
    times = [t for c in people for t in c.answered]
    return Outcome(
        database=home.database.split(":")[0],
        coders=len(people),
        decisions=len(sent),
        errors=sum(len(c.errors) for c in people),
        lost=sum(kept[key] != 1 for key in sent),
        log_whole=found.broken_at is None,
        log_entries=found.entries,
        seconds=round(seconds, 1),
        per_second=round(len(sent) / seconds, 1),
        median=round(statistics.median(times), 1),
        p95=round(percentile(times, 0.95), 1),
        worst=round(max(times), 1),
    )


def main() -> int:
    """Print the outcome; 1 where something was lost, failed, or the log is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--coders", type=int, default=20)
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--database", default="")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    home = home_at(given.folder, given.reports, given.database)
    found, people = measured(home, given.coders, given.each)
    for name, value in asdict(found).items():
        print(f"{name:12} {value}")
    for error in [e for c in people for e in c.errors][:5]:
        print(f"error: {error}")
    if given.json:
        given.json.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    return 1 if found.errors or found.lost or not found.log_whole else 0


if __name__ == "__main__":
    sys.exit(main())
