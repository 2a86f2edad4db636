"""Reading what was received: the same run as `ctg run --plain`, in a process of its own.

So this server loads neither spaCy nor a model, and a run that fails costs the server nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ctg_nlp.intake.sandbox import child_environment

_COMMAND = "from ctg_nlp.cli.main import main; main()"
_END_SECONDS = 5


class Reading:
    """At most one run at a time; what comes in meanwhile is read by a further one. Threads may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._wanted = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._problem = ""

    def start(self) -> None:
        """Have everything read that lies in the raw folder now. Returns at once."""
        with self._lock:
            self._wanted = not self._closed
            if self._thread is None and self._wanted:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def more(self) -> None:
        """A file came in: where a run is under way, it may have missed it, so another follows."""
        with self._lock:
            self._wanted = self._wanted or self._thread is not None

    @property
    def state(self) -> tuple[bool, str]:
        """Whether a run is under way, and what was wrong with the last one, in a sentence, or empty."""
        with self._lock:
            return self._thread is not None, self._problem

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._wanted or self._closed:
                    self._thread = None
                    return
                self._wanted = False
            problem = self._run()
            with self._lock:
                self._problem = problem

    def _run(self) -> str:
        try:
            with self._lock:
                if self._closed:
                    return ""
                child = self._child = _started(self._root)
        except OSError as error:
            return f"Reading could not be started: {error.strerror}. What was sent is kept; try again."
        _, said = child.communicate()
        return _problem(child.returncode, said.decode("utf-8", "replace"))

    def close(self) -> None:
        """End the run; what it finished is stored, the rest is read by the next."""
        with self._lock:
            self._closed, thread, child = True, self._thread, self._child
        if thread is None or child is None:
            return
        child.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_END_SECONDS)
        child.kill()  # what it started ends with it
        thread.join(_END_SECONDS)


def _started(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _COMMAND, "--home", str(root), "run", "--plain"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the server's terminal is for the server, which then ends it
        env=child_environment(),
    )


def _problem(code: int, said: str) -> str:
    """What the command line said when it failed, without its name before it."""
    if code == 0:
        return ""
    sentences = [line.removeprefix("ctg: ") for line in said.splitlines() if line.startswith("ctg: ")]
    if sentences:
        return sentences[-1]
    return (
        f"Reading ended unexpectedly (code {code}). What was finished is stored; start it again for the rest."
    )
