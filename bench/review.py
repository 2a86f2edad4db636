"""The review page with 10,000 reports and a million suggestions: start, memory, and the time of each request.

    python bench/review.py FOLDER [--reports 10000] [--requests 200] [--only PATTERN] [--json FILE]
                           [--database postgresql+psycopg://user@host/name]

The home in FOLDER is made the first time (see `review_home.py`) and used again. `ctg review` runs in a
process of its own and is asked over one connection, one request after the other. Times are the server's own
(its Server-Timing header); "wall" is what the asking side measured, "processor" what the server computed (the
mean), which other work on the machine changes least. What is decided here is undone again.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from review_home import CODERS, LONG, home_at
from serving import Answered, Client, Figure, free_port, serving, timed

from ctg_nlp.framework import Framework
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

PAGE, LONG_PAGE, ACT = 40.0, 100.0, 10.0  # aims: milliseconds at the 95th percentile
START_S, START_MB = 3.0, 200.0
WORDS = ("teaching assistant*", "parents", "Pupil Premium", "leadership team", "attendance")

Ask = Callable[[int], Sequence[Answered]]


@dataclass(frozen=True, slots=True)
class Reports:
    """Ids of reports: one of 300 pages, and others shuffled; `open` are half decided or not at all."""

    long: str
    all: tuple[str, ...]
    open: tuple[str, ...]
    pages: Mapping[str, int]

    @classmethod
    def of(cls, home: Home) -> Reports:
        """Those of a home."""
        store = open_store(home.database)
        with store.reading() as db:
            found = report_store.reports(db)
        store.close()
        ids = [r.report_id for r in found if r.name != LONG]
        half, none = ids[len(ids) * 31 // 100 : len(ids) * 34 // 100], ids[len(ids) * 4 // 10 :]
        chance = random.Random(1)
        chance.shuffle(ids)
        unfinished = half + chance.sample(none, len(half))
        chance.shuffle(unfinished)
        long = next(r.report_id for r in found if r.name == LONG)
        return cls(long, tuple(ids), tuple(unfinished), {r.report_id: r.pages for r in found})


def turn(values: Sequence[str], i: int) -> str:
    """The value whose turn it is."""
    return values[i % len(values)]


def queues(client: Client, framework: Framework) -> Iterator[tuple[str, float | None, Ask]]:
    """Pages of the queue: (what, its aim, how it is asked for)."""
    codes = [f"{d.id}.{c.id}" for d in framework.stage("map") for c in d.codes if d.coded]
    dimensions = [d.id for d in framework.stage("map")]
    narrow = [
        *(f"dimension={d}" for d in dimensions),
        *(
            f"cohort=Cohort+{n}&state={state}"
            for n in (1, 2, 3)
            for state in ("todo", "begun", "done", "all")
        ),
        *(f"group=N{n:05d}&state=all" for n in (100, 5000, 9000)),
    ]
    states = ("todo", "done", "all")
    get = lambda path: [client.get(path)]  # noqa: E731
    yield "queue by report", PAGE, lambda i: get(f"/?page={1 + i % 5}")
    yield "queue by report, deep", PAGE, lambda i: get(f"/?state=all&page={1 + i * 37 % 195}")
    yield "queue by report, narrowed", PAGE, lambda i: get(f"/?{turn(narrow, i)}")
    yield "queue by code", PAGE, lambda i: get(f"/?by=code&code={turn(codes, i)}&page={1 + i % 3}")
    yield (
        "queue by code, deep",
        PAGE,
        lambda i: get(f"/?by=code&code={turn(codes, i)}&state={turn(states, i)}&page={1 + i * 37 % 100}"),
    )
    yield (
        "queue by code, narrowed",
        PAGE,
        lambda i: get(f"/?by=code&code={turn(codes, i)}&{turn(narrow[-15:], i)}"),
    )


def moves(client: Client, framework: Framework, reports: Reports) -> Iterator[tuple[str, float | None, Ask]]:
    """On to the next report."""
    codes = [f"{d.id}.{c.id}" for d in framework.stage("map") for c in d.codes if d.coded]
    yield "next by report", PAGE, lambda i: [client.get(f"/next?after={turn(reports.all, i)}")]
    yield (
        "next by code",
        PAGE,
        lambda i: [client.get(f"/next?by=code&code={turn(codes, i)}&after={turn(reports.all, i)}")],
    )


def pages_of_reports(client: Client, reports: Reports) -> Iterator[tuple[str, float | None, Ask]]:
    """The page of a report: its HTML and its state together, and one page's text."""

    def whole(report_id: str) -> list[Answered]:
        return [client.get(f"/reports/{report_id}"), client.get(f"/api/reports/{report_id}")]

    def one(report_id: str, i: int) -> list[Answered]:
        return [client.get(f"/api/reports/{report_id}/pages/{1 + i % reports.pages[report_id]}")]

    yield "report", PAGE, lambda i: whole(turn(reports.all, i))
    yield "text of a page", PAGE, lambda i: one(turn(reports.all, i), i)
    yield "report of 300 pages", LONG_PAGE, lambda i: whole(reports.long)
    yield "text of a page of 300", PAGE, lambda i: one(reports.long, i)


def others(client: Client) -> Iterator[tuple[str, float | None, Ask]]:
    """Search and progress. These have no aim of their own, and are asked for a tenth as often."""
    yield (
        "search, frequent words",
        None,
        lambda i: [client.get(f"/search?q={turn(WORDS, i)}".replace(" ", "+"))],
    )
    yield "search, one place", None, lambda i: [client.get(f"/search?q=Reference+{100 + i * 37}")]
    yield "search, nothing found", None, lambda i: [client.get(f"/search?q=zeppelin{i}")]
    yield "progress", None, lambda i: [client.get("/progress")]
    yield "submit", None, lambda i: [client.get("/submit")]


class Acts:
    """Answers, and the rest of a dimension absent, on reports half decided or not at all; all is undone."""

    def __init__(self, client: Client, framework: Framework, reports: Reports) -> None:
        self.client, self.reports = client, reports
        self.done: list[tuple[str, str]] = []
        many = [d for d in framework.stage("map") if d.kind == "multi"]
        self.codes = [(d.id, c.id) for d in many for c in d.codes if not (c.exclusive or c.missing)]

    def asks(self) -> Iterator[tuple[str, float | None, Ask]]:
        """Each kind of act."""
        yield "decision", ACT, lambda i: [self._act(i, self._answer(i))]
        yield "decision, rest absent", ACT, lambda i: [self._act(i, self._rest(i))]
        yield "undo", ACT, lambda i: [self._undo()]

    def _answer(self, i: int) -> dict[str, Any]:
        dimension, code = self.codes[i % len(self.codes)]
        said = {
            "kind": "answer",
            "dimension": dimension,
            "code": code,
            "answer": ("present", "absent")[i % 2],
        }
        return said | {"evidence": [{"page": 1, "start": 0, "end": 20}] * (i % 2 == 0)}

    def _rest(self, i: int) -> dict[str, Any]:
        return {"kind": "rest_absent", "dimension": self.codes[i % len(self.codes)][0]}

    def _act(self, i: int, said: dict[str, Any]) -> Answered:
        report_id, act_id = turn(self.reports.open, i), str(uuid.uuid4())
        self.done.append((report_id, act_id))
        body = {"act_id": act_id, "seconds": 3.5, "replace": True, "assisted": True} | said
        return self.client.post(f"/api/reports/{report_id}/acts", json.dumps(body).encode())

    def undo_all(self) -> None:
        """Undo what was not undone yet."""
        while self.done:
            self._undo()

    def _undo(self) -> Answered:
        if not self.done:
            self._act(0, self._answer(0))
        report_id, act_id = self.done.pop()
        body = json.dumps({"act_id": act_id}).encode()
        return self.client.post(f"/api/reports/{report_id}/undo", body)


def measure(home: Home, requests: int, only: str) -> dict[str, Any]:
    """All figures, as JSON values."""
    port = free_port()
    run = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", "--home", str(home.root)]
    command = [*run, "review", "--port", str(port), "--no-browser", "--coder", CODERS[0]]
    reports = Reports.of(home)
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(command, port, "/", Path(temporary) / "server.log") as server,
    ):
        memory = server.megabytes()
        acts = Acts(server.client, home.framework, reports)
        asks = [
            *queues(server.client, home.framework),
            *moves(server.client, home.framework, reports),
            *pages_of_reports(server.client, reports),
            *acts.asks(),
            *others(server.client),
        ]
        figures = {}
        for name, aim, ask in asks:
            if re.search(only, name):
                many = requests if aim else max(1, requests // 10)  # those without an aim may be slow
                figures[name] = asdict(timed(server, ask, requests=many, warm=min(10, many))) | {"aim": aim}
                print_figure(name, figures[name])
        acts.undo_all()
        end = server.megabytes()
        made = {"reports": len(reports.pages), "database": home.database.split(":")[0]}
        return made | {"start_s": server.seconds, "start_mb": memory, "end_mb": end, "requests": figures}


def print_head() -> None:
    """The heads of the table's columns."""
    heads = f"{'median':>8}{'p95':>8}{'worst':>8}{'wall p95':>10}{'processor':>11}{'kB':>6}{'aim (p95)':>11}"
    print(f"{'milliseconds':28}{heads}")


def print_figure(name: str, values: Mapping[str, Any]) -> None:
    """One line of the table."""
    f = Figure(**{k: v for k, v in values.items() if k != "aim"})
    times = f"{f.median:8.1f}{f.p95:8.1f}{f.worst:8.1f}{f.wall_p95:10.1f}{f.cpu:11.1f}"
    print(f"{name:28}{times}{f.size / 1000:6.0f}{verdict(f.p95, values['aim'])}", flush=True)


def verdict(value: float, aim: float | None) -> str:
    """The aim, and whether it is missed."""
    return "" if aim is None else f"{f'< {aim:g}':>11}" + ("" if value < aim else "  MISSED")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--only", default="", help="only the requests whose name it matches")
    parser.add_argument("--database", default="", help="address of an empty database instead of SQLite")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    home = home_at(given.folder.absolute(), given.reports, given.database)
    print_head()
    found = measure(home, given.requests, given.only)
    print(f"first page after {found['start_s']:.2f} s {verdict(found['start_s'], START_S)}")
    print(f"memory then {found['start_mb']:.0f} MB {verdict(found['start_mb'], START_MB)}")
    print(f"memory at the end {found['end_mb']:.0f} MB {verdict(found['end_mb'], START_MB)}")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
