"""What each kind of page costs with so many reports: part of `bench/scale.py`.

The review page runs in a process of its own and is asked for one page after the other. Milliseconds "of the
processor" are what the server computed for a request, the mean of a few; "largest" is its memory afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving import ServerStopped, free_port, serving, timed

from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store

_TIMES = 5


def pages(home: Home) -> dict[str, Any]:
    """Milliseconds of the processor of each page, and the server's memory at its start and after each."""
    port, found = free_port(), dict[str, Any]()
    run = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", "--home", str(home.root)]
    command = [*run, "review", "--port", str(port), "--no-browser", "--coder", "ada"]
    with (
        tempfile.TemporaryDirectory() as temporary,
        serving(command, port, "/", Path(temporary) / "server.log") as server,
    ):
        found["started_seconds"] = round(server.seconds, 2)
        found["megabytes"] = round(server.megabytes())
        for name, path in _asked(home):
            try:
                figure = timed(
                    server, lambda i, path=path: [server.client.get(path)], requests=_TIMES, warm=1
                )
            except (ServerStopped, TimeoutError) as error:
                server.client.connection = None
                found[name] = {"failed": str(error)[:200]}
                continue
            found[name] = {
                "of_the_processor_ms": round(figure.cpu, 1),
                "median_ms": round(figure.median, 1),
                "kilobytes": round(figure.size / 1000, 1),
                "megabytes": round(server.megabytes()),
            }
    return {"pages": found}


def _asked(home: Home) -> Iterator[tuple[str, str]]:
    store = open_store(home.database)
    with store.reading() as db:
        ids = [r.report_id for r in report_store.named(db)]
    store.close()
    first, last = next(d for d in home.framework.stage("map") if d.coded), len(ids) // 50
    code = f"{first.id}.{first.codes[0].id}"
    yield "queue", "/"
    yield "queue, last page", f"/?state=all&page={last}"
    yield "queue by code", f"/?by=code&code={code}"
    yield "next", f"/next?after={ids[len(ids) // 2]}"
    yield "report", f"/reports/{ids[len(ids) // 2]}"
    yield "its state", f"/api/reports/{ids[len(ids) // 2]}"
    yield "search, a frequent word", "/search?q=coaching"
    yield "search, one report", f"/search?q=Report+{len(ids) // 2}"
    yield "search, nothing", "/search?q=zeppelin"
    yield "progress", "/progress"
    yield "selection", "/selection"
    yield "flow", "/selection/flow.svg"
    yield "findings", "/findings"
    yield "quotations", "/quotes"
    yield "cases", "/cases"
    yield "worklist", "/worklist"
    yield "agreement", "/agreement"
    yield "adjudicate", "/adjudicate"
    yield "submit", "/submit"
    yield "ready", "/healthz/ready"
