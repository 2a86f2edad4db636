"""A Dask cluster at an address, as somebody else would run it: a scheduler and workers, each its own process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


class DaskCluster:
    """Started by the commands of Dask; `address` is that of its scheduler. `configured`: the folder of Dask's
    configuration, with certificates; its parts then speak with none that has no such."""

    def __init__(self, folder: Path, workers: int = 2, configured: Path | None = None) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        self.address = f"{'tls' if configured else 'tcp'}://127.0.0.1:{port}"
        self._folder, self._parts = folder, list[subprocess.Popen[bytes]]()
        self._environment = {"DASK_CONFIG": str(configured)} if configured else {}
        self._start(
            "scheduler", "--host", self.address.rpartition(":")[0], "--port", str(port), "--no-dashboard"
        )
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--no-nanny", "--no-dashboard", "--nthreads", "1")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"dask-{len(self._parts)}.log").open("wb")
        environment = {
            **os.environ,
            **self._environment,
            "PYTHONPATH": str(ROOT),
            "DASK_TEMPORARY_DIRECTORY": str(self._folder),
        }
        part = subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            stdout=log,
            stderr=log,
            cwd=self._folder,
            env=environment,
        )
        log.close()
        self._parts.append(part)
        return part

    def stop(self) -> None:
        for part in reversed(self._parts):
            if part.poll() is None:
                part.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10
        for part in self._parts:
            try:
                part.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()


@pytest.fixture(scope="module")
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    pytest.importorskip("distributed", reason="needs Dask (pip install 'ctg_nlp[dask]')")
    cluster = DaskCluster(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.stop()
