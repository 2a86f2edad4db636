"""What a process and all that it starts use of the machine, and who asks an address that nobody is to ask."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_KINDS = {"ctg_nlp.intake.sandbox": "reader", "soffice.bin": "LibreOffice", "tesseract": "Tesseract"}


@dataclass
class Watch:
    """Megabytes at most: resident memory of one process by its kind, and proportional memory of all together."""

    most: dict[str, float] = field(default_factory=dict)
    together: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, root: int, pause: float) -> None:
        """Look again and again until `stopped` is set."""
        turn = 0
        while not self.stopped.wait(pause):
            found = descendants(root)
            for pid in found:
                kind, peak = _kind(pid), peak_mb(pid)
                self.most[kind] = max(self.most.get(kind, 0.0), peak)
            if turn % 20 == 0:
                self.together = max(self.together, sum(map(_shared_out, found)))
            turn += 1


@contextmanager
def watching(root: int, pause: float = 0.05) -> Iterator[Watch]:
    """Watch a process and all below it while the block runs."""
    watch = Watch()
    thread = threading.Thread(target=watch.run, args=(root, pause), daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stopped.set()
        thread.join()


def descendants(root: int) -> list[int]:
    """The process and all below it."""
    above: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            above.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        found.append(pid := waiting.pop())
        waiting += above.get(pid, [])
    return found


def peak_mb(pid: int) -> float:
    """The most resident memory that a process had so far, in megabytes; 0 where it is gone."""
    return _lines(Path(f"/proc/{pid}/status"), "VmHWM:")


def _shared_out(pid: int) -> float:
    return _lines(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _lines(path: Path, name: str) -> float:
    try:
        found = (line.split()[1] for line in path.read_text().splitlines() if line.startswith(name))
        return int(next(found, 0)) / 1024
    except (OSError, ValueError):
        return 0.0


def _kind(pid: int) -> str:
    try:
        said = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return "gone"
    return next((kind for mark, kind in _KINDS.items() if mark in said), "other")


class Listener:
    """Answers on loopback, and counts who asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 - the name that the library calls
                asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
