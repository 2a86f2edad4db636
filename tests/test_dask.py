"""Reports shared out to workers of Dask: the store comes out as a plain run leaves it, whatever the workers do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.crash_home import unread_home
from bench.crash_trials import differences, state
from ctg_nlp import cluster as cluster_module
from ctg_nlp.clock import utc_now
from ctg_nlp.cluster_worker import Errand, forget, run_errand, sameness
from ctg_nlp.errors import CtgError, HomeError, RunIncomplete, Unreachable
from ctg_nlp.pipeline import Batch
from ctg_nlp.plain import run_plain
from ctg_nlp.processing import Order, Outcome, Processor
from ctg_nlp.records import VerdictKind
from ctg_nlp.run_lock import running
from ctg_nlp.settings import Home, open_home
from ctg_nlp.status import file_lines
from ctg_nlp.store.database import open_store
from ctg_nlp.summary import Summary

from .any_database import new_address  # noqa: F401
from .conftest import ROOT
from .dask_cluster import DaskCluster

dask = pytest.importorskip("dask", reason="needs Dask (pip install 'ctg_nlp[dask]')")
distributed = pytest.importorskip("distributed", reason="needs Dask (pip install 'ctg_nlp[dask]')")

DOCS = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
CTG = [sys.executable, "-c", "from ctg_nlp.cli.main import main; main()"]


def with_settings(home: Home, *lines: str) -> Home:
    path = home.root / "ctg.toml"
    path.write_text("\n".join((*lines, path.read_text(encoding="utf-8"))), encoding="utf-8")
    return open_home(home.root)


def run(home: Home, run_id: str = "first") -> Summary:
    return run_plain(home, home.raw, run_id=run_id, clock=utc_now)


def verdicts(home: Home) -> list[tuple[str, str]]:
    store = open_store(home.database)
    lines = [(Path(x.path).name, x.verdict) for x in file_lines(store)]
    store.close()
    return lines


def test_processes_of_this_machine_leave_the_store_as_a_plain_run_does(tmp_path: Path) -> None:
    plain, shared = unread_home(tmp_path / "plain"), unread_home(tmp_path / "shared")
    expected = run(plain)
    found = run(with_settings(shared, 'dask = "local"', "workers = 2"))
    assert (found.read, found.verdicts, found.suggested) == (
        expected.read,
        expected.verdicts,
        expected.suggested,
    )
    assert differences(state(plain.root), state(shared.root)) == []
    assert run(open_home(shared.root), "second").read == 0


def test_the_same_flow_reads_by_a_cluster_at_an_address_into_postgresql(
    tmp_path: Path,
    dask_cluster: DaskCluster,
    new_address: Callable[[str], str],  # noqa: F811
) -> None:
    home = unread_home(tmp_path / "home", reports=4)
    home = with_settings(
        home, f'dask = "{dask_cluster.address}"', f'database = "{new_address("postgresql")}"'
    )
    said = subprocess.run(
        [*CTG, "--home", str(home.root), "run"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert said.returncode == 0, said.stderr
    assert "5 reports read now, 3 of them accepted" in said.stdout
    assert "Traceback" not in said.stderr and "distributed" not in said.stderr
    assert [v for _, v in verdicts(home)].count("accepted") >= 2
    again = run(home, "second")
    assert (again.read, again.known) == (0, 5)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_a_cluster_with_certificates_reads_for_who_has_them_and_for_nobody_else(tmp_path: Path) -> None:
    ours, others = certified(tmp_path / "ours"), certified(tmp_path / "others")
    cluster = DaskCluster(tmp_path, workers=1, configured=ours)
    home = with_settings(unread_home(tmp_path / "home", reports=2), f'dask = "{cluster.address}"')
    command = [*CTG, "--home", str(home.root), "run", "--plain"]
    try:
        for configured, code, words in ((others, 17, "does not answer"), (ours, 0, "3 reports read now")):
            said = subprocess.run(
                command, capture_output=True, text=True, env=environment() | {"DASK_CONFIG": str(configured)}
            )
            assert said.returncode == code, said.stderr
            assert words in said.stdout + said.stderr and "Traceback" not in said.stderr
    finally:
        cluster.stop()


def certified(folder: Path) -> Path:
    """A folder of Dask's configuration as the docs tell to write it, with a certificate made for it."""
    folder.mkdir()
    made = distributed.Security.temporary()
    ca, node = folder / "ca.pem", folder / "node.pem"
    ca.write_text(made.tls_ca_file, encoding="ascii")
    node.write_text(made.tls_client_key + made.tls_client_cert, encoding="ascii")
    (page,) = re.findall(r"( +distributed:\n.*?)```", DOCS, re.DOTALL)
    said = (
        textwrap.dedent(page.rstrip(" "))
        .replace("/etc/ctg/ca.pem", str(ca))
        .replace("/etc/ctg/node.pem", str(node))
    )
    (folder / "tls.yaml").write_text(said, encoding="utf-8")
    return folder


def test_a_worker_that_is_killed_costs_no_report(tmp_path: Path, dask_cluster: DaskCluster) -> None:  # noqa: F811
    home = with_settings(unread_home(tmp_path / "home", reports=30), f'dask = "{dask_cluster.address}"')
    watching = distributed.Client(dask_cluster.address, set_as_default=False)
    watching.wait_for_workers(2, timeout=60)
    before = set(watching.nthreads())
    doomed = dask_cluster.add_worker()
    watching.wait_for_workers(3, timeout=60)
    (address,) = set(watching.nthreads()) - before
    lost: list[str] = []

    def progress(count: int, of: int) -> None:
        under_way = watching.processing(workers=[address]).get(address) if doomed.poll() is None else None
        if under_way:
            lost.extend(map(str, under_way))
            doomed.send_signal(signal.SIGKILL)

    summary = run_plain(home, home.raw, run_id="first", clock=utc_now, progress=progress)
    watching.close()
    assert lost, "no report was with the worker that was killed"
    assert (summary.read, summary.failed) == (31, ())


def test_a_report_over_which_every_worker_ends_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = with_settings(unread_home(tmp_path / "home", reports=3), 'dask = "local"')
    monkeypatch.setattr(cluster_module, "run_errand", ends_over_one)
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):  # tried twice
        summary = run(home)
    assert summary.failed == ("01 report G000.pdf",)
    assert any("Every worker of the Dask cluster" in why for _, why in summary.problems)
    monkeypatch.undo()
    assert (run(open_home(home.root), "second").failed, len(verdicts(home))) == ((), 5)


def ends_over_one(errand: Errand) -> object:
    if errand.order.work.submitted.name.startswith("01"):
        os._exit(1)
    return run_errand(errand)


def test_without_a_scheduler_nothing_is_begun_and_words_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS", 1)
    home = with_settings(unread_home(tmp_path / "home", reports=2), 'dask = "tcp://127.0.0.1:9"')
    with pytest.raises(Unreachable, match="does not answer.*Is its scheduler running"):
        run(home)
    assert verdicts(home) == []


def test_without_a_worker_words_tell_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS", 3)
    cluster = DaskCluster(tmp_path, workers=0)
    try:
        home = with_settings(unread_home(tmp_path / "home", reports=2), f'dask = "{cluster.address}"')
        with pytest.raises(Unreachable, match="has no worker. Start one with: dask worker"):
            run(home)
    finally:
        cluster.stop()
    assert verdicts(home) == []


def test_a_cluster_that_goes_away_ends_the_run_in_words_and_the_next_run_does_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS", 5)
    cluster = DaskCluster(tmp_path, workers=1)
    home = with_settings(unread_home(tmp_path / "home", reports=20), f'dask = "{cluster.address}"')
    try:
        with pytest.raises(CtgError, match="went away"):
            run_plain(home, home.raw, run_id="first", clock=utc_now, progress=lambda done, of: cluster.stop())
    finally:
        cluster.stop()
    assert 2 <= len(verdicts(home)) < 22
    rest = run(replace(home, dask=""), "second")
    assert (rest.failed, len(verdicts(home))) == ((), 22)


def test_an_interrupted_run_ends_its_workers_and_gives_no_verdict_on_what_they_read(tmp_path: Path) -> None:
    home = with_settings(unread_home(tmp_path / "home", reports=200), 'dask = "local"')
    mark = uuid.uuid4().hex
    begun = subprocess.Popen(
        [*CTG, "--home", str(home.root), "run", "--plain"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**environment(), "CTG_TRIAL": mark}, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while len(verdicts(home)) < 3 and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(begun.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    _, error = begun.communicate(timeout=60)
    assert begun.returncode == 130, error
    assert "Traceback" not in error
    until = time.monotonic() + 20
    while left := living(f"CTG_TRIAL={mark}"):
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.2)
    assert (
        "accepted" in {v for _, v in verdicts(home)} <= {"accepted", "duplicate"}
    )  # a copy needs no reading


def living(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in process.read_bytes().split(b"\0"):
                found.append((process.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:80])
        except OSError:
            continue
    return found


def errands(home: Home, owner: str = "") -> list[Errand]:
    """What a run would have workers do."""
    store = open_store(home.database)
    with Batch(home, store, home.raw, utc_now) as batch:
        same = sameness(batch.processor)
        orders = [Order(w, *batch._placing(w.submitted)) for w in batch.plan.work]
    store.close()
    return [Errand(o.work.submitted.sha256[:12], str(home.root), owner, same, o) for o in orders]


def done(errand: Errand) -> Outcome:
    """What came of an errand; raises what the run would."""
    answer = run_errand(errand)
    if answer.error is not None:
        raise answer.error
    assert answer.outcome is not None
    return answer.outcome


def test_a_worker_elsewhere_reads_what_is_sent_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = unread_home(tmp_path / "home", reports=2)
    errand = errands(home)[0]
    content = errand.order.work.submitted.file.read_bytes()
    for file in home.raw.iterdir():
        file.unlink()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    report = done(replace(errand, content=content)).report
    forget("")
    assert (report.verdict, report.name) == (VerdictKind.ACCEPTED, "00 report G000.pdf")
    assert list(tmp_path.rglob("report*.pdf")) == [], "what was sent stays on the worker"


@pytest.mark.parametrize("what", ["model", "version of ctg_nlp", "list of passwords"])
def test_a_worker_that_would_read_otherwise_takes_no_part(tmp_path: Path, what: str) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    errand = errands(home)[0]
    other = tuple((name, "another" if name == what else value) for name, value in errand.same)
    with pytest.raises(Unreachable, match=f"cannot take part: its {what} is another than the run's"):
        done(replace(errand, same=other))
    assert verdicts(home) == []


def test_a_worker_with_another_database_takes_no_part(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    with pytest.raises(Unreachable, match="the database that its ctg.toml names knows nothing of this run"):
        done(errands(home, owner="somebody")[0])


def test_a_worker_writes_nothing_for_a_run_that_lost_its_place(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=2)
    store = open_store(home.database)
    with running(store, "batch", utc_now) as held:
        first, second, *_ = errands(home, held.owner)
        done(first)
    with pytest.raises(RunIncomplete, match="nothing more is written"):
        done(second)
    forget(first.owner)
    store.close()
    assert [v for _, v in verdicts(home)] == ["accepted", "duplicate"]


@pytest.mark.parametrize(
    "said",
    [
        "somewhere",
        "tcp://127.0.0.1",
        "http://127.0.0.1:8786",
        "tcp://cluster.example.org:8786",
        "tls://host:port",
        "tls://ann:hush@host:8786",
        "TCP://127.0.0.1:8786",
        "tcp://127.0.0.1:8786/",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_in_words(tmp_path: Path, said: str) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    with pytest.raises(HomeError, match="dask cannot be used: .*tls://") as caught:
        with_settings(home, f'dask = "{said}"')
    assert "hush" not in str(caught.value)


def test_unencrypted_ways_have_to_be_allowed_and_sqlite_stays_on_its_machine(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    home = with_settings(home, 'dask = "tcp://cluster.example.org:8786"', "dask_unencrypted = true")
    with pytest.raises(HomeError, match="SQLite is a file of this one: move to PostgreSQL"):
        run(home)


def test_what_dask_could_write_down_of_an_errand_names_nothing_and_quotes_nothing(tmp_path: Path) -> None:
    home = unread_home(tmp_path / "home", reports=1)
    errand = replace(errands(home)[0], content=b"%PDF-1.7 Pupils practised reading")
    assert repr(errand) == f"Errand(report='{errand.order.work.submitted.sha256[:12]}')"


def test_a_worker_serves_two_projects_in_turns(tmp_path: Path) -> None:
    homes = [unread_home(tmp_path / name, reports=2) for name in ("one", "two")]
    stores = [open_store(home.database) for home in homes]
    with running(stores[0], "batch", utc_now) as first, running(stores[1], "batch", utc_now) as second:
        ours, theirs = errands(homes[0], first.owner), errands(homes[1], second.owner)
        for errand in (ours[0], theirs[0], ours[1], theirs[1]):
            assert done(errand).read
        forget(first.owner)
        with pytest.raises(RunIncomplete):
            done(ours[1])
        assert done(theirs[1]).read
        forget(second.owner)
    for store in stores:
        store.close()


def test_a_cluster_whose_workers_are_all_gone_ends_the_run_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_LOOK_SECONDS", 0.5)
    cluster = DaskCluster(tmp_path, workers=1)
    home = with_settings(unread_home(tmp_path / "home", reports=20), f'dask = "{cluster.address}"')

    def kill(done: int, of: int) -> None:
        cluster.workers[0].kill()
        monkeypatch.setattr(cluster_module, "_SECONDS", 2)

    try:
        with pytest.raises(Unreachable, match="has no worker any more"):
            run_plain(home, home.raw, run_id="first", clock=utc_now, progress=kill)
    finally:
        cluster.stop()


def test_what_is_not_for_the_workers_is_read_by_no_more_at_once_than_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = with_settings(unread_home(tmp_path / "home", reports=8), 'dask = "local"', "workers = 2")
    process, turn = Processor.process, threading.Lock()
    at_once: list[int] = []
    now = 0

    def counted(self: Processor, order: Order) -> Outcome:
        nonlocal now
        with turn:
            now += 1
            at_once.append(now)
        try:
            return process(self, order)
        finally:
            with turn:
                now -= 1

    monkeypatch.setattr(Processor, "process", counted)
    monkeypatch.setattr(cluster_module.Cluster, "takes", lambda self, order: False)
    assert run(home).read == 9
    assert max(at_once) == 2


def test_certificates_that_cannot_be_used_are_told_in_words(tmp_path: Path) -> None:
    home = with_settings(unread_home(tmp_path / "home", reports=1), 'dask = "tls://127.0.0.1:9"')
    with pytest.raises(Unreachable, match="certificates are needed"):
        run(home)
    none = str(tmp_path / "none.pem")
    named = {"distributed.comm.tls.ca-file": none, "distributed.comm.tls.client.cert": none}
    with (
        dask.config.set(named),
        pytest.raises(Unreachable, match="certificates of Dask's configuration .* cannot be used"),
    ):
        run(home)


def test_a_scheduler_that_cannot_be_spoken_to_is_told_in_words(
    tmp_path: Path, dask_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_SECONDS", 3)
    home = with_settings(unread_home(tmp_path / "home", reports=1), f'dask = "{dask_cluster.address}"')
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(Unreachable, match="does not answer"),
    ):
        run(home)
