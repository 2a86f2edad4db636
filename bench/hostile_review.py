"""The review page after a hostile batch: every report that was accepted, its text and its pictures."""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.serving import Client, serving
from ctg_nlp.records import Report


def reviewed(root: Path, reports: Sequence[Report]) -> dict[str, Any]:
    """Ask the page for every report. `wrong`: what is no answer that a person can use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()", "--home", str(root)]
    command += ["review", "--no-browser", "--port", str(port), "--coder", "ann"]
    looked = _Look()
    with serving(command, port, "/", root.parent / "review.log") as server:
        for path in ("/", "/?state=all", "/progress", "/submit", "/search?q=reading"):
            looked.at(server.client, path)
        for report in reports:
            looked.at_report(server.client, report)
        memory = server.megabytes()
    said = (root.parent / "review.log").read_text(encoding="utf-8", errors="replace")
    if "Traceback" in said:
        looked.wrong.append(f"the server's log: {said[said.index('Traceback') :][:2000]}")
    return {
        "reports": looked.reports,
        "pages of text": looked.texts,
        "pictures": looked.pictures,
        "pictures told to be none": dict(looked.none),
        "memory_mb": round(memory),
        "slowest_ms": round(looked.slowest),
        "wrong": looked.wrong,
    }


class _Look:
    def __init__(self) -> None:
        self.reports = self.texts = self.pictures = 0
        self.none: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.slowest = 0.0

    def at(self, client: Client, path: str) -> bytes | None:
        """What is at an address, or None, which is wrong."""
        try:
            answered = client.ask("GET", path)
        except OSError as error:
            self.wrong.append(f"{path}: {error}")
            client.connection = None
            return None
        self.slowest = max(self.slowest, answered.wall_ms)
        if answered.status != 200:
            self.wrong.append(f"{path}: {answered.status} {answered.body[:200].decode('utf-8', 'replace')}")
            return None
        return answered.body

    def at_report(self, client: Client, report: Report) -> None:
        """The page of a report with its state, the text and pictures of its first page, its last and one between."""
        path = f"/reports/{report.report_id}"
        self.reports += self.at(client, path) is not None
        state = self.at(client, f"/api{path}")
        if state is None:
            return
        said = json.loads(state, parse_constant=lambda s: self.wrong.append(f"{path}: {s} in its JSON"))
        read = [page["number"] for page in said["report"]["pages"]]  # without those that were left out
        for number in sorted({read[0], read[len(read) // 2], read[-1]}):
            self._at_page(client, path, number)

    def _at_page(self, client: Client, path: str, number: int) -> None:
        answered = client.ask("GET", f"/api{path}/pages/{number}")
        self.texts += answered.status == 200
        if answered.status != 200:
            self.wrong.append(f"{path}, page {number}: {answered.status}")
        drawn = client.ask("GET", f"{path}/pages/{number}/picture?width=900")
        self.pictures += drawn.status == 200 and drawn.body[8:12] == b"WEBP"
        if drawn.status == 404:
            self.none[_why(drawn.body)] += 1
        elif drawn.status != 200:
            self.wrong.append(f"{path}, picture {number}: {drawn.status} {drawn.body[:200]!r}")


def _why(body: bytes) -> str:
    said = str(json.loads(body).get("problem", ""))
    return said.partition("picture: ")[2] or said
