"""Reports shared out to processes by Dask: those of this machine, or of a cluster at an address.

Prefect's tasks stay in the run's own process and wait there: so workers need neither Prefect nor a way to its
server. Each report goes to a worker as an errand (`cluster_worker`), which reads, proposes and stores; what
comes back is its outcome alone.
"""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any
from urllib.parse import urlsplit

from ctg_nlp.addresses import LOCAL, OWN_HOSTS
from ctg_nlp.cluster_worker import Answer, Errand, Sameness, forget, run_errand
from ctg_nlp.errors import HomeError, MissingTool, RunIncomplete, Unreachable
from ctg_nlp.intake.convert import SUFFIXES as WORD
from ctg_nlp.processing import Order, Outcome
from ctg_nlp.settings import Home
from ctg_nlp.store.database import sqlite_file
from ctg_nlp.submissions import hash_of

_SECONDS = 30
"""How long to wait for a cluster, and then for its first worker."""
_LARGEST_SENT = 100_000_000  # bytes; larger files are read by the run itself


class WorkerLost(Exception):
    """Every worker that was given a report ended over it. `str` of it is for people."""


class Cluster:
    """A cluster that works for one run. Made by `opened`; `process` may be called from many threads.

    `sends`: its workers may be on other machines, so they get the content of files.
    """

    def __init__(self, client: Any, home: Home, owner: str, same: Sameness, sends: bool) -> None:
        self._client, self._sends = client, sends
        self._home, self._owner, self._same = str(home.root), owner, same
        self._waiting: set[Any] = set()
        self._warnings: dict[str, tuple[tuple[str, str], ...]] = {}
        self._closed = False

    def takes(self, order: Order) -> bool:
        """Whether a report is for the workers. Very large files are not sent to other machines, nor are Word
        files: the PDF that is made of them is kept in the home."""
        file = order.work.submitted
        return not self._sends or (file.size <= _LARGEST_SENT and file.file.suffix.lower() not in WORD)

    def process(self, order: Order, *, with_file: bool) -> Outcome:
        """Have a worker process one report; `with_file`: it has to read it.

        Raises what `Processor.process` raises, `OSError` where the file cannot be opened, `WorkerLost`, and
        `Unreachable` where the cluster went away or a worker cannot take part.
        """
        content = self._content(order) if with_file and self._sends else None
        errand = Errand(self._home, self._owner, self._same, order, content)
        answer = self._asked(errand)
        self._warnings[answer.worker] = answer.warnings
        return answer.outcome

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What people should know of how the raters of all workers did, as (what, why)."""
        return tuple(dict.fromkeys(w for mine in self._warnings.values() for w in mine))

    def close(self) -> None:
        """Have all workers end what they do for this run; who waits for an answer gets `RunIncomplete`."""
        if self._closed:
            return
        self._closed = True
        with suppress(Exception):  # a worker that is gone keeps nothing
            self._client.cancel(list(self._waiting), force=True)
            self._client.run(forget, self._owner, on_error="ignore")

    def _content(self, order: Order) -> bytes:
        file = order.work.submitted
        if hash_of(file.file) != file.sha256:
            raise OSError("it was changed")
        return file.file.read_bytes()

    def _asked(self, errand: Errand) -> Answer:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        key = f"report-{errand.order.work.submitted.sha256[:12]}-{uuid.uuid4().hex[:8]}"  # no name of a file
        if self._closed:
            raise RunIncomplete("The run was stopped before this report was read.")
        try:
            future = self._client.submit(run_errand, errand, key=key, pure=False)
            self._waiting.add(future)
            try:
                answer: Answer = future.result()
            finally:
                self._waiting.discard(future)
        except KilledWorker as error:
            raise WorkerLost(
                "Every worker of the Dask cluster that was given it ended over it. The next run tries again; "
                "look into the log of the workers."
            ) from error
        except (CancelledError, CommClosedError, TimeoutError) as error:
            if self._closed:
                raise RunIncomplete("The run was stopped before this report was read.") from error
            raise Unreachable(
                "The Dask cluster went away. What was finished is stored; the next run does the rest."
            ) from error
        except ImportError as error:
            raise Unreachable(
                f"A worker of the Dask cluster cannot run ctg_nlp ({error}). Install the same version there."
            ) from error
        return answer


@contextmanager
def opened(home: Home, owner: str, same: Sameness) -> Iterator[Cluster]:
    """The cluster that the setting `dask` names, for a run with this lock's owner.

    Raises `MissingTool` without Dask, `HomeError` for a database that workers elsewhere cannot write to, and
    `Unreachable` where the cluster or its workers do not answer.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise MissingTool("The setting `dask` needs Dask: pip install 'ctg_nlp[dask]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
    warnings.filterwarnings("ignore", module="distributed.*|dask.*|tornado.*")
    warnings.filterwarnings("ignore", message="Sending large graph")
    with ExitStack() as stack:
        local = home.dask == LOCAL
        client = _local_client(home, stack) if local else _client_at(home, stack)
        cluster = Cluster(client, home, owner, same, sends=not local)
        stack.callback(cluster.close)
        yield cluster


def _local_client(home: Home, stack: ExitStack) -> Any:
    import dask
    from distributed import Client, LocalCluster, Security

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ctg-dask-"))
    security = Security.temporary()  # others on this machine cannot give our workers anything to do
    # One report to a process at a time: what is given to it beforehand would be suspected with what kills it.
    one_each = dask.config.set({"distributed.scheduler.worker-saturation": 1.0})
    with one_each, _deaf_to_interrupts():
        cluster = stack.enter_context(
            LocalCluster(
                n_workers=home.workers,
                threads_per_worker=1,
                host="127.0.0.1",
                protocol="tls://",
                security=security,
                dashboard_address=None,
                memory_limit=None,  # reading has its own limit, in a child of the worker
                local_directory=folder,
                silence_logs=logging.CRITICAL,
            )
        )
    return stack.enter_context(Client(cluster, security=security))


def _client_at(home: Home, stack: ExitStack) -> Any:
    from distributed import Client, Security

    class ClosedByHand(Client):  # type: ignore[misc]
        """One that was never connected has nothing to close, and waits a minute to find that out."""

        def __del__(self) -> None:
            pass

    parts = urlsplit(home.dask)
    if sqlite_file(home.database) is not None and parts.hostname not in OWN_HOSTS:
        raise HomeError(
            "Workers on other machines need a database that they can reach, and SQLite is a file of this "
            'one: move to PostgreSQL with ctg db copy (docs/recovery.md), or set dask = "local".'
        )
    if parts.scheme == "tls" and Security().get_connection_args("client").get("ssl_context") is None:
        raise Unreachable(
            f"For {home.dask} certificates are needed, and Dask's configuration names none. Set "
            "distributed.comm.tls there (docs/distributed.md tells how)."
        )
    try:
        client = stack.enter_context(ClosedByHand(home.dask, timeout=_SECONDS, set_as_default=False))
    except (OSError, ValueError, TypeError) as error:
        raise Unreachable(
            f"The Dask cluster at {home.dask} does not answer. Is its scheduler running, does it speak the "
            "same protocol, and does it know these certificates?"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
    except TimeoutError as error:
        raise Unreachable(
            f"The Dask cluster at {home.dask} has no worker. Start one with: dask worker {home.dask}"
        ) from error
    return client


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Have processes that are started meanwhile not hear Ctrl-C, which a terminal sends to all of them: the
    run ends them itself, in order."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # where it is started later, it lets the children hear again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the children inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
