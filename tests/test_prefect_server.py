"""The deployments of prefect.yaml through a Prefect server and a worker of their own, as on a server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from click.testing import CliRunner

from ctg_nlp.cli.main import ctg as command
from ctg_nlp.clock import utc_now
from ctg_nlp.run_lock import running
from ctg_nlp.settings import open_home
from ctg_nlp.store.database import open_store
from ctg_nlp.store.runs import last_run

from .conftest import EXAMPLE, ROOT
from .test_notices import Hook, hook

__all__ = ["hook"]
PREFECT = [sys.executable, "-m", "prefect"]
READY_SECONDS = 120.0


@dataclass(slots=True)
class Prefect:
    """A server with a worker, and the home that its deployments are of."""

    url: str
    home: Path
    environment: dict[str, str]

    def call(self, *arguments: str) -> str:
        done = subprocess.run(
            [*PREFECT, *arguments],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, path: str, **body: object) -> Any:
        return self._answer("POST", path, body)

    def get(self, path: str) -> dict:
        return self._answer("GET", path, None)

    def _answer(self, method: str, path: str, body: object) -> Any:
        """What the server says; it is asked again while its database is busy (503), as Prefect's client does."""
        for tries in range(5):
            answer = httpx.request(method, f"{self.url}/api{path}", json=body, timeout=30)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1 + tries)
        answer.raise_for_status()
        return answer.json()

    def begin(self, deployment: str) -> str:
        """Have the worker run a deployment; returns the id of the flow run."""
        found = self.get(f"/deployments/name/{deployment}")["id"]
        return self.ask(f"/deployments/{found}/create_flow_run")["id"]

    def ended(self, run_id: str) -> dict:
        """The flow run at its end."""
        ends = time.monotonic() + 180
        while True:
            run = self.get(f"/flow_runs/{run_id}")
            if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return run
            assert time.monotonic() < ends, run["state"]
            time.sleep(0.2)

    def artifacts(self) -> dict[str, dict]:
        return {a["key"]: a for a in self.ask("/artifacts/latest/filter", limit=200)}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def prefect(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    folder = tmp_path_factory.mktemp("prefect")
    home, port = Path(shutil.copytree(empty_home, folder / "home")), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {
        "PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": f"{url}/api", "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "CTG_HOME": str(home), "CTG_SCHEDULE": "30 1 * * *",
        "CTG_TIMEZONE": "Europe/London",
    }  # fmt: skip
    made = Prefect(url, home, environment)
    processes = [
        _start(made, folder / "server.log", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    ]
    try:
        _wait_for(f"{url}/api/health", processes[0], folder / "server.log")
        made.ask("/work_pools/", name="ctg", type="process")
        made.call("--no-prompt", "deploy", "--all")
        processes.append(_start(made, folder / "worker.log", "worker", "start", "--pool", "ctg"))
        yield made
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(30)


def _start(made: Prefect, log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as said:
        return subprocess.Popen(
            [*PREFECT, *arguments], env=made.environment, cwd=ROOT, stdout=said, stderr=said
        )


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert process.poll() is None and time.monotonic() < ends, log.read_text(encoding="utf-8")
        time.sleep(0.2)


def setting(home: Path, name: str, default: str, value: str) -> None:
    path = home / "ctg.toml"
    text = path.read_text(encoding="utf-8")
    assert f"# {name} = {default}" in text
    path.write_text(text.replace(f"# {name} = {default}", f"{name} = {value}"), encoding="utf-8")


def test_a_worker_does_the_nightly_work_and_people_can_read_what_came_of_it(
    prefect: Prefect, hook: Hook
) -> None:
    home = open_home(prefect.home)
    setting(prefect.home, "notify_webhook", '""', f'"{hook.url}"')
    setting(prefect.home, "watch_seconds", "10", "1")
    for name in ("G002 report v2 FINAL.pdf", "Leadership_CTG_G018.pdf"):
        shutil.copy(EXAMPLE / "raw" / name, home.raw)
    (home.raw / "notes.txt").write_bytes(b"no report")
    run = prefect.ended(prefect.begin("ctg-nightly/nightly"))
    assert run["state_type"] == "COMPLETED", run["state"]
    assert run["state"]["message"] == "3 reports read now, 2 of them accepted; 0 files read before."
    assert (home.coded / "tables.csv").is_file()
    store = open_store(home.database)
    with store.reading() as db:
        found = last_run(db, "batch")
    store.close()
    assert found is not None and found[1]["read"] == 3
    assert [(t["ended"], t["read"], t["without_decisions"]) for t in hook.told] == [("finished", 3, 2)]
    shown = prefect.artifacts()
    assert shown["batch-progress"]["data"] == 100.0
    assert '"refused: ' in shown["batch-verdicts"]["data"] and "accepted" in shown["batch-verdicts"]["data"]
    assert shown["batch-reports"]["data"].count('"report"') == 3
    assert "for coders 2 reports without any decision" in shown["waiting"]["data"]
    assert run["name"].startswith("home: batch and tables, as asked, 20") and run["name"].endswith(" UTC")
    names = {r["name"].rpartition(", ")[0] for r in prefect.ask("/flow_runs/filter", limit=50)}
    assert {"home: batch", "home: tables and exports"} <= names
    assert "No cell of the tables changed" in shown["table-changes"]["data"]  # the first state there is
    assert sum(key.startswith("table-") for key in shown) > 3
    said = " ".join(str(a["data"]) + str(a["description"]) for a in shown.values())
    assert ".pdf" not in said and "notes.txt" not in said and str(prefect.home) not in said


def test_the_page_of_prefect_is_there_and_knows_the_next_run_in_its_time_zone(prefect: Prefect) -> None:
    assert "<html" in httpx.get(prefect.url, timeout=30, follow_redirects=True).text
    deployments = {d["name"]: d for d in prefect.ask("/deployments/filter", limit=50)}
    assert {"nightly", "batch", "aggregate", "train"} <= set(deployments)
    schedule = deployments["nightly"]["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("30 1 * * *", "Europe/London")
    ends = time.monotonic() + 90
    ready = {"deployments": {"id": {"any_": [deployments["nightly"]["id"]]}}}
    planned = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    while not prefect.ask("/flow_runs/filter", **ready, **planned):
        assert time.monotonic() < ends, "nothing is planned"
        time.sleep(0.2)


def test_the_automation_of_the_docs_can_be_made(prefect: Prefect) -> None:
    text = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    block = re.sub(r"ID OF A NOTIFICATION BLOCK.*", str(uuid4()), block)
    made = prefect.ask("/automations/", **yaml.safe_load(block))
    expected = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed"}
    assert made["enabled"] and set(made["trigger"]["expect"]) == expected


def test_a_batch_beside_another_run_is_red_says_why_and_changes_nothing_while_tables_are_rebuilt(
    prefect: Prefect, hook: Hook
) -> None:
    text = (prefect.home / "ctg.toml").read_text(encoding="utf-8").splitlines()
    kept = [f'notify_webhook = "{hook.url}"' if "notify_webhook = " in line else line for line in text]
    (prefect.home / "ctg.toml").write_text("\n".join(kept), encoding="utf-8")
    decide(prefect.home, "G002 report")
    store = open_store(open_home(prefect.home).database)
    with running(store, "training", utc_now):
        nightly, rebuilding = prefect.begin("ctg-nightly/nightly"), prefect.begin("ctg-aggregate/aggregate")
        run, rebuilt = prefect.ended(nightly), prefect.ended(rebuilding)
    with store.reading() as db:
        found = last_run(db, "batch")
    store.close()
    assert run["state_type"] == "FAILED" and hook.told[-1]["ended"] == "refused"
    told = run["state"]["message"]
    assert "A training begun at" in told and "two at once are refused" in told
    assert found is None or found[1]["read"] == 3
    assert rebuilt["state_type"] == "COMPLETED"
    shown = prefect.artifacts()["table-changes"]
    assert "cells of the tables changed since" in shown["description"]
    assert '"before": "0 of ' in shown["data"] and "by 1" in shown["data"]


def decide(home: Path, report: str) -> None:
    """What coders decided on a report."""
    decided = (EXAMPLE / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    file = home / "decisions.jsonl"
    file.write_text("\n".join(line for line in decided if report in line), encoding="utf-8")
    assert CliRunner().invoke(command, ["--home", str(home), "decisions", "import", str(file)]).exit_code == 0


DUE = """
import ctg_nlp.learning
ctg_nlp.learning.is_due = lambda *_: True
from ctg_nlp.cli.main import main
main()
"""


def test_a_training_that_is_due_is_part_of_the_batch_that_holds_the_lock(
    prefect: Prefect, empty_home: Path, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(empty_home, tmp_path / "home"))
    shutil.copy(EXAMPLE / "raw" / "G002 report v2 FINAL.pdf", root / "data/raw")
    done = subprocess.run(
        [sys.executable, "-c", DUE, "--home", str(root), "run"],
        capture_output=True, text=True, check=False, env=prefect.environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "too few to learn from" in done.stdout.splitlines()[0]  # what came of the training
    assert "1 report read now, 1 of them accepted" in done.stdout
