"""A trial: a child does some work and is killed by SIGKILL at a random moment; then the work is done again.

Everything is imported once; children are forked, so that a trial costs little. Afterwards the home must equal
one that nothing happened to, but for times and ids that are drawn.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import sys
import time
import traceback
import uuid
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ctg_nlp.aggregation import export_all
from ctg_nlp.clock import new_run_id, utc_now
from ctg_nlp.doctor import examine
from ctg_nlp.learning import train_model
from ctg_nlp.plain import run_plain
from ctg_nlp.settings import open_home
from ctg_nlp.store.copying import rows, tables
from ctg_nlp.store.database import open_any, open_store

MARK = "CTG_TRIAL"
_TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00)?")
_OBJECT = re.compile(r'"(__id__": \d+|sha256": ?"[0-9a-f]{64}"|file": "\d+\.npy")')
_DRAWN = {"run_id", "hash", "previous", "mtime_ns"}
_START_SECONDS = 30.0
Work = Callable[[Path], None]


def batch(root: Path) -> None:
    """Read and settle all reports."""
    home = open_home(root)
    run_plain(home, home.raw, run_id=new_run_id(), clock=utc_now)


def train(root: Path) -> None:
    """Learn a model from the decisions."""
    home = open_home(root)
    store = open_store(home.database)
    train_model(store, home, now=utc_now(), who="ann")
    store.close()


def export(root: Path) -> None:
    """Rebuild the tables and write all exports."""
    home = open_home(root)
    store = open_store(home.database)
    export_all(store, home, utc_now(), "ann")
    store.close()


WORKS: dict[str, Work] = {"batch": batch, "training": train, "export": export}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial: after how many seconds it was killed, each time, and what was wrong then."""

    kills: tuple[float, ...]
    wrong: tuple[str, ...]
    acknowledged: int = 0


def forked(work: Work, root: Path, mark: str) -> int:
    """Do some work in a child of its own session. Returns its process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        os.environ[MARK] = mark
        work(root)
        code = 0
    except BaseException:  # the child of a fork must not go on as its parent, whatever ended it
        traceback.print_exc()
    finally:
        os._exit(code)


def finished(pid: int) -> bool:
    """Wait for a child; returns whether it went well."""
    return os.waitpid(pid, 0)[1] == 0


def killed(pid: int, after: float) -> None:
    """Kill a child after so many seconds, if it still runs."""
    until = time.monotonic() + after
    while time.monotonic() < until:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def orphans(mark: str, patience: float = 10.0) -> list[int]:
    """Children of a killed child that go on living."""
    until = time.monotonic() + patience
    while True:
        found = [p.name for p in Path("/proc").iterdir() if p.name.isdigit() and _marked(p.name, mark)]
        if not found or time.monotonic() > until:
            return [int(p) for p in found]
        time.sleep(0.05)


def _marked(pid: str, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def undisturbed(kind: str, template: Path, folder: Path) -> tuple[dict[str, Any], float]:
    """What the work comes to where nothing happens, and the seconds that it takes."""
    root = folder / f"{kind} undisturbed"
    shutil.copytree(template, root)
    began = time.monotonic()
    assert finished(forked(WORKS[kind], root, "none")), f"{kind} failed without being killed"
    return state(root), time.monotonic() - began


def trial(kind: str, template: Path, folder: Path, expected: dict[str, Any], seconds: float,
          chance: random.Random) -> Trial:  # fmt: skip
    """Kill the work once, one time in three twice; then let it come to its end and compare."""
    root, mark = folder / f"{kind} {uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    shutil.copytree(template, root)
    kills = [chance.uniform(0, seconds * 1.05) for _ in range(1 + (chance.random() < 1 / 3))]
    for after in kills:
        killed(forked(WORKS[kind], root, mark), after)
    wrong = [f"{len(left)} processes outlived it" for left in [orphans(mark)] if left]
    if not finished(forked(WORKS[kind], root, mark)):
        wrong.append("it could not be done again")
    wrong += differences(expected, state(root))
    wrong += unsound(root, verify=True)
    if not wrong:
        shutil.rmtree(root)
    return Trial(tuple(round(k, 3) for k in kills), tuple(wrong))


def unsound(root: Path, *, verify: bool = False) -> list[str]:
    """What the doctor finds, but for how much room the disk has: that is no matter of the trial."""
    found = examine(root, now=utc_now(), verify=verify)
    return [f"doctor: {f.part}: {f.what}" for f in found if f.part != "room"]


def state(root: Path) -> dict[str, Any]:
    """All rows and files of a home, without times and what is drawn by chance."""
    home = open_home(root)
    store, _ = open_any(home.database)
    with store.reading() as db:
        found: dict[str, Any] = {t.name: sorted(map(_plain, rows(db, t))) for t in tables(db)}
    store.close()
    found["run"] = sorted(
        {json.loads(r)["kind"] for r in found["run"]}
    )  # each run that came to its end has one
    found["audit_head"] = [json.loads(r)["sequence"] for r in found["audit_head"]]
    for path in sorted(p for folder in (home.coded, home.models) for p in folder.rglob("*") if p.is_file()):
        if not path.name.startswith("."):
            name = path.relative_to(root).as_posix()
            found[name] = _content(path)
    return found


def _content(path: Path) -> dict[str, str]:
    """What a file says, or each file in it: without times, and ids of objects that skops writes down."""
    if not zipfile.is_zipfile(path):
        return {"": _undated(path.read_bytes())}
    with zipfile.ZipFile(path) as archive:
        names = sorted(archive.namelist())
        arrays = sorted(archive.read(n).hex() for n in names if n.endswith(".npy"))  # named by chance
        said = {n: _undated(archive.read(n)) for n in names if not n.endswith(".npy")}
        return said | {"arrays": " ".join(arrays)}


def _undated(content: bytes) -> str:
    said = _TIME.sub("T", content.decode("utf-8", "backslashreplace"))
    return _OBJECT.sub("", said)


def _plain(row: dict[str, Any]) -> str:
    kept = {k: v for k, v in row.items() if k not in _DRAWN}
    return _TIME.sub("T", json.dumps(kept, sort_keys=True, ensure_ascii=False))


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """The tables and files that are not the same, with the first rows that differ."""
    wrong = []
    for name in sorted({*expected, *found}):
        a, b = expected.get(name), found.get(name)
        if a != b:
            said = ""
            if isinstance(a, list) and isinstance(b, list):
                said = f": {[r for r in a if r not in b][:2]} became {[r for r in b if r not in a][:2]}"
            wrong.append(f"{name} differs{said[:600]}")
    return wrong


def served(root: Path, port: int) -> None:
    """Serve the review page until killed."""
    import uvicorn

    from ctg_nlp.clock import SteadyClock
    from ctg_nlp.desk import Desk
    from ctg_nlp.store.checking import latest_time
    from ctg_nlp.tallies import prepare
    from ctg_nlp.web.app import create_app

    home = open_home(root)
    store = open_store(home.database)
    prepare(store, home, utc_now())
    with store.reading() as db:
        clock = SteadyClock(utc_now, latest_time(db))
    app = create_app(Desk(home, store, "ann", clock))
    uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error")).run()


def _coding(port: int, reports: Sequence[str], path: Path, seed: int, _root: Path) -> None:
    """Answer codes as fast as the server takes them; note each that it acknowledged, until it is gone."""
    chance = random.Random(seed)
    with path.open("a", encoding="utf-8") as noted:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        told = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
        while True:
            act = {"act_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)), "kind": "answer",
                   "dimension": "aims", "code": chance.choice(("reading", "writing")),
                   "answer": chance.choice(("present", "absent"))}  # fmt: skip
            try:
                link.request("POST", f"/api/reports/{chance.choice(reports)}/acts", json.dumps(act), told)
                answer = link.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                noted.write(f"{json.dumps(act)}\n")
                noted.flush()


def review_trial(template: Path, folder: Path, chance: random.Random, clients: int = 3) -> Trial:
    """Kill the review page while coders work; what it acknowledged must be in the store, and no act half."""
    root, mark = folder / f"review {uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    shutil.copytree(template, root)
    store, _ = open_any(open_home(root).database)
    with store.reading() as db:
        by_name = {t.name: t for t in tables(db)}
        reports = [r["report_id"] for r in rows(db, by_name["report"]) if r["counted"]]
    store.close()
    port = _free_port()
    server = forked(lambda home: served(home, port), root, mark)
    _await(port, server)
    paths = [folder / f"{mark}-{n}.jsonl" for n in range(clients)]
    coders = [forked(partial(_coding, port, reports, p, chance.getrandbits(32)), root, mark) for p in paths]
    after = chance.uniform(0.05, 1.2)
    killed(server, after)
    well = [finished(c) for c in coders]
    wrong = [] if all(well) else ["a coder failed"]
    wrong += [f"{len(left)} processes outlived it" for left in [orphans(mark)] if left]
    sent = [
        json.loads(line) for p in paths if p.exists() for line in p.read_text(encoding="utf-8").splitlines()
    ]
    wrong += _lost(root, sent)
    wrong += unsound(root)
    if not wrong:
        shutil.rmtree(root)
        for p in paths:
            p.unlink(missing_ok=True)
    return Trial((round(after, 3),), tuple(wrong), len(sent))


def _lost(root: Path, sent: Sequence[dict[str, Any]]) -> list[str]:
    """Acknowledged acts that are not stored as they were sent, and stored acts without their decision."""
    store, _ = open_any(open_home(root).database)
    with store.reading() as db:
        by_name = {t.name: t for t in tables(db)}
        acts = {r["act_id"] for r in rows(db, by_name["act"]) if not r["undone_at"]}
        said = {r["act_id"]: (r["dimension"], r["code"], r["answer"]) for r in rows(db, by_name["decision"])}
        logged = sum(r["what"] == "decision" for r in rows(db, by_name["audit_log"]))
    store.close()
    said.pop(None, None)
    gone = [a for a in sent if said.get(a["act_id"]) != (a["dimension"], a["code"], a["answer"])]
    wrong = [f"{len(gone)} acknowledged acts are lost"] if gone else []
    if set(said) != acts or logged != len(acts):
        wrong.append(f"{len(acts)} acts, {len(said)} with a decision, {logged} in the log")
    return wrong


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, server: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert not os.waitpid(server, os.WNOHANG)[0], "the review page did not start"
            time.sleep(0.02)
    raise AssertionError("the review page did not start in time")
