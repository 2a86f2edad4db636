"""A PostgreSQL server that a test may stop and start."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


class PostgresServer:
    """A server of one database, on a socket in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="ctg-pg-", dir="/tmp"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "postgres")
            self._as_user = ["runuser", "-u", "postgres", "--"]
        self._run(
            "initdb", "-D", f"{self.folder}/data", "-U", "ctg", "--auth=trust", "-E", "UTF8", "--no-sync"
        )

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ctg@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        log = f"{self.folder}/log"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", log, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", mode, "-w", "stop")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *said: str) -> None:
        command = [*self._as_user, str(self._programs / program), *said]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A server of this test's own, running at first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("needs PostgreSQL (apt install postgresql)")
    server = PostgresServer(found[-1].parent)
    server.start()
    yield server
    with contextlib.suppress(subprocess.CalledProcessError):  # the test may have left it stopped
        server.stop()
    server.remove()
