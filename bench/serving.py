"""A server in a process of its own and a client that keeps its connection: what benches of pages share."""

from __future__ import annotations

import http.client
import math
import os
import re
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_DURATION = re.compile(r"dur=([0-9.]+)")


class ServerStopped(Exception):
    """The server ended, or did not answer in time, or answered with an error."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: status, headers in lower case, body, and the milliseconds that it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wall_ms: float

    @property
    def server_ms(self) -> float:
        """What the server says it took (its Server-Timing header), else the time over loopback."""
        said = _DURATION.search(self.headers.get("server-timing", ""))
        return float(said[1]) if said else self.wall_ms


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds of many like requests; `size` is the median body in bytes.

    `cpu` is the mean time that the server's processes computed, which a busy machine changes least.
    """

    requests: int
    median: float
    p95: float
    worst: float
    wall_p95: float
    cpu: float
    size: int


@dataclass(slots=True)
class Client:
    """Asks one server over one connection, opened again where the server closes it; keeps its cookies."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "") -> Answered:
        """The answer to one request. Raises `OSError` where there is no server."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = dict(self.headers)
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if content_type:
            headers["Content-Type"] = content_type
        start = time.perf_counter()
        self.connection.request(method, path, body or None, headers)
        response = self.connection.getresponse()
        content = response.read()
        wall = (time.perf_counter() - start) * 1000
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        named = {k.lower(): v for k, v in response.getheaders()}
        return Answered(response.status, named, content, wall)

    def get(self, path: str) -> Answered:
        """The answer to a GET. Raises `ServerStopped` for an error status."""
        return _fine("GET", path, self.ask("GET", path))

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> Answered:
        """The answer to a POST. Raises `ServerStopped` for an error status."""
        return _fine("POST", path, self.ask("POST", path, body, content_type))


def _fine(method: str, path: str, answered: Answered) -> Answered:
    if answered.status >= 400:
        said = answered.body[:300].decode("utf-8", "replace")
        raise ServerStopped(f"{method} {path}: {answered.status} {said}")
    return answered


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `seconds` until its first page was there; memory is read from the system (Linux)."""

    process: subprocess.Popen[bytes]
    client: Client
    seconds: float

    def megabytes(self) -> float:
        """Resident memory of the process and its children, in millions of bytes."""
        return sum(_resident(pid) for pid in _with_children(self.process.pid)) / 1e6

    def computed(self) -> float:
        """Seconds of processor time that the process and its children took so far."""
        return sum(_computed(pid) for pid in _with_children(self.process.pid))


@contextmanager
def serving(
    command: Sequence[str], port: int, first: str, log: Path, cwd: Path | None = None
) -> Iterator[Server]:
    """The server that a command starts, once it answers at `first`; ended afterwards.

    Raises `ServerStopped` with the end of its log where it ends, or has not answered in two minutes.
    """
    start = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, cwd=cwd, start_new_session=True
        )
    try:
        client = Client(port)
        _wait(process, client, first, start + 120, log)
        yield Server(process, client, time.perf_counter() - start)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], client: Client, first: str, until: float, log: Path) -> None:
    while time.perf_counter() < until:
        if process.poll() is not None:
            break
        try:
            client.get(first)
            return
        except OSError:
            client.connection = None
            time.sleep(0.02)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ServerStopped(f"The server did not answer:\n{said}")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def timed(
    server: Server, ask: Callable[[int], Sequence[Answered]], *, requests: int = 200, warm: int = 10
) -> Figure:
    """Time of `ask(0)`, `ask(1)`, ...: answers that it gives together are added up; warm-up is left out."""
    for i in range(warm):
        ask(i)
    before = server.computed()
    given = [ask(warm + i) for i in range(requests)]
    computed = server.computed() - before
    said = [sum(a.server_ms for a in answers) for answers in given]
    return Figure(
        requests=requests,
        median=statistics.median(said),
        p95=percentile(said, 0.95),
        worst=max(said),
        wall_p95=percentile([sum(a.wall_ms for a in answers) for answers in given], 0.95),
        cpu=computed / requests * 1000,
        size=round(statistics.median(sum(len(a.body) for a in answers) for answers in given)),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of the values does not exceed."""
    return sorted(values)[math.ceil(part * len(values)) - 1]


def _with_children(pid: int) -> list[int]:
    found = [pid]
    for known in found:
        for task in Path(f"/proc/{known}/task").glob("*/children"):
            found += [int(child) for child in task.read_text(encoding="ascii").split()]
    return found


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _computed(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
