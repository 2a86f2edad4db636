"""Reports shared out to processes by Dask: those of this machine, or of a cluster at an address.

Prefect's tasks stay in the run's own process and wait there: so workers need neither Prefect nor a way to its
server. Each report goes to a worker as an errand (`cluster_worker`), which reads, proposes and stores; what
comes back is its outcome alone.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from ctg_nlp.addresses import LOCAL, OWN_HOSTS
from ctg_nlp.cluster_worker import Answer, Errand, Sameness, forget, run_errand
from ctg_nlp.errors import HomeError, MissingTool, RunIncomplete, Unreachable
from ctg_nlp.intake.convert import SUFFIXES as WORD
from ctg_nlp.interrupts import deaf_to_interrupts
from ctg_nlp.processing import STOPPED, Order, Outcome
from ctg_nlp.settings import Home
from ctg_nlp.store.database import sqlite_file

_SECONDS = 30
"""How long to wait for a cluster, and then for its first worker."""
_LOOK_SECONDS = 10.0
"""How often to look whether there still are workers, while an answer is waited for."""
_GOODBYE_SECONDS = 10.0
_LARGEST_SENT = 100_000_000  # bytes; larger files are read by the run itself
_MOST_SENT = 300_000_000  # bytes on their way at once: run and scheduler hold them in memory


class WorkerLost(Exception):
    """Every worker that was given a report ended over it. `str` of it is for people."""


class NotAtHand(Exception):
    """The file of a report cannot be sent: it is gone, or holds something else by now."""


class Cluster:
    """A cluster that works for one run. Made by `opened`; `process` may be called from many threads.

    `sends`: its workers may be on other machines, so they get the content of files.
    """

    def __init__(self, client: Any, home: Home, owner: str, same: Sameness, sends: bool) -> None:
        self._client, self._address, self._sends = client, home.dask, sends
        self._home, self._owner, self._same = str(home.root), owner, same
        self._sent = _Share(_MOST_SENT)
        self._futures: set[Any] = set()
        self._warnings: dict[str, tuple[tuple[str, str], ...]] = {}
        self._closed = False

    def takes(self, order: Order) -> bool:
        """Whether a report is for the workers. Very large files are not sent to other machines, nor are Word
        files: the PDF that is made of them is kept in the home."""
        file = order.work.submitted
        return not self._sends or (file.size <= _LARGEST_SENT and file.file.suffix.lower() not in WORD)

    def process(self, order: Order, *, with_file: bool) -> Outcome:
        """Have a worker process one report; `with_file`: it has to read it.

        Raises what `Processor.process` raises, `NotAtHand`, `WorkerLost`, `RunIncomplete` once this is
        closed, and `Unreachable` where the cluster went away or a worker cannot take part.
        """
        sends = with_file and self._sends
        with self._sent.of(order.work.submitted.size if sends else 0):
            content = _content(order) if sends else None
            report = order.work.submitted.sha256[:12]
            answer = self._asked(Errand(report, self._home, self._owner, self._same, order, content))
        self._warnings[answer.worker] = answer.warnings
        if answer.outcome is None:
            raise answer.error or RunIncomplete(STOPPED)
        return answer.outcome

    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What people should know of how the raters of all workers did, as (what, why)."""
        return tuple(dict.fromkeys(w for mine in self._warnings.values() for w in mine))

    def close(self) -> None:
        """Have all workers end what they do for this run; who waits for an answer gets `RunIncomplete`."""
        if self._closed:
            return
        self._closed = True
        telling = threading.Thread(target=self._tell_workers, daemon=True)
        telling.start()
        telling.join(_GOODBYE_SECONDS)  # one that does not answer must not hold up anybody

    def _tell_workers(self) -> None:
        with suppress(Exception):  # a worker that is gone keeps nothing
            self._client.cancel(list(self._futures), force=True)
            self._client.run(forget, self._owner, on_error="ignore")

    def _asked(self, errand: Errand) -> Answer:
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            return self._answer(errand)
        except KilledWorker as error:
            raise WorkerLost(
                "Every worker of the Dask cluster that was given it ended over it. The next run tries again; "
                "look into the log of the workers."
            ) from error
        except (CancelledError, CommClosedError) as error:
            if self._closed:
                raise RunIncomplete(STOPPED) from error
            raise Unreachable(
                "The Dask cluster went away. What was finished is stored; the next run does the rest."
            ) from error
        except (ImportError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "deserialization" not in str(error):
                raise
            raise Unreachable(
                f"The Dask cluster at {self._address} cannot run ctg_nlp. Install the same version on the "
                "machine of its scheduler and on those of all its workers."
            ) from error

    def _answer(self, errand: Errand) -> Answer:
        if self._closed:
            raise RunIncomplete(STOPPED)
        key = f"report-{errand.report}-{uuid.uuid4().hex[:8]}"  # Dask shows it: no name of a file
        future = self._client.submit(run_errand, errand, key=key, pure=False)
        self._futures.add(future)
        alone_since = 0.0
        try:
            while True:
                try:
                    answer: Answer = future.result(timeout=_LOOK_SECONDS)
                except TimeoutError:
                    alone_since = 0.0 if self._has_workers() else alone_since or time.monotonic()
                    if alone_since and time.monotonic() - alone_since >= _SECONDS:
                        raise Unreachable(
                            f"The Dask cluster at {self._address} has no worker any more. What was finished "
                            "is stored; the next run does the rest."
                        ) from None
                else:
                    return answer
        finally:
            self._futures.discard(future)

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, TimeoutError):
            return True  # what is wrong is told by the answer that is waited for


class _Share:
    """So many bytes may be on their way at once; one that is larger than all goes alone."""

    def __init__(self, most: int) -> None:
        self._most, self._taken, self._given_back = most, 0, threading.Condition()

    @contextmanager
    def of(self, size: int) -> Iterator[None]:
        with self._given_back:
            self._given_back.wait_for(lambda: not self._taken or self._taken + size <= self._most)
            self._taken += size
        try:
            yield
        finally:
            with self._given_back:
                self._taken -= size
                self._given_back.notify_all()


def _content(order: Order) -> bytes:
    file = order.work.submitted
    try:
        content = file.file.read_bytes()
    except OSError as error:
        raise NotAtHand from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise NotAtHand
    return content


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
    try:
        with one_each, deaf_to_interrupts():
            cluster = LocalCluster(
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
    except Exception as error:  # ports, processes, memory
        raise Unreachable(f"Dask could not start processes on this machine: {error}.") from error
    stack.enter_context(cluster)
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
    try:
        certified = Security().get_connection_args("client").get("ssl_context") is not None
    except Exception as error:  # of OpenSSL, the files, the configuration
        raise Unreachable(
            f"The certificates of Dask's configuration (distributed.comm.tls) cannot be used: {error}."
        ) from error
    if parts.scheme == "tls" and not certified:
        raise Unreachable(
            f"For {home.dask} certificates are needed, and Dask's configuration names none. Set "
            "distributed.comm.tls there (docs/distributed.md tells how)."
        )
    try:
        client = stack.enter_context(ClosedByHand(home.dask, timeout=_SECONDS, set_as_default=False))
    except Exception as error:  # each protocol has its own
        raise Unreachable(
            f"The Dask cluster at {home.dask} does not answer. Is its scheduler running, and does it speak "
            f"{parts.scheme}://{', with these certificates' if parts.scheme == 'tls' else ''}?"
        ) from error
    try:
        client.wait_for_workers(1, timeout=_SECONDS)
    except TimeoutError as error:
        raise Unreachable(
            f"The Dask cluster at {home.dask} has no worker. Start one with: dask worker {home.dask}"
        ) from error
    return client
