"""The parts of `ctg serve` as processes: started in order, begun again when one dies, stopped in order."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ctg_nlp.errors import CtgError
from ctg_nlp.logbook import Note

STOP_SECONDS = 10.0
"""So long a part may take to end in order; then it is ended."""
_WAITS = (1.0, 5.0, 30.0)
"""Before a part that died begins again; the last holds for all further times."""
_WELL_SECONDS = 300.0
"""A part that lived so long was well: when it dies the waits begin anew."""


@dataclass(slots=True)
class Part:
    """One part: a process in a group of its own, so that Ctrl-C in a terminal reaches only the supervisor. It
    ends by itself when its standard input does, which is when the supervisor is gone, however that ended.

    `is_ready` is asked until it says yes; `environment` is added to ours; it works in `folder`, or where we
    do. What it says goes to `log`, where there is one, each time to a new file, else to people.
    """

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    began: float = 0.0
    again_at: float = 0.0

    def begin(self) -> None:
        """Start the process."""
        self.began = time.monotonic()
        with self.log.open("wb") if self.log else nullcontext() as log:
            self.process = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, cwd=self.folder,
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def said_in(self) -> str:
        """Where to read what it said."""
        return f"in {self.log}" if self.log else "above"

    def ended(self) -> int | None:
        """The exit code of the process; None while it runs, or where there is none."""
        return None if self.process is None else self.process.poll()

    def ask_to_end(self) -> None:
        """Ask the process to end in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> None:
        """End the process and all that it started; returns once they are gone."""
        if self.process is None:
            return
        self.ask_to_end()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


class Supervisor:
    """Holds parts, of which each may need the first. `say` is told in words what happens to them, `note` as
    events of the log."""

    def __init__(
        self, parts: Sequence[Part], say: Callable[[str], None], note: Note = lambda event, **_: None
    ) -> None:
        self._parts, self._say, self._note, self._asked = parts, say, note, threading.Event()

    def ask_to_stop(self) -> None:
        """Have `hold` return soon; may be called from a signal handler."""
        self._asked.set()

    def begin(
        self, seconds: float = 120.0, came: Callable[[Part, float], None] = lambda part, seconds: None
    ) -> bool:
        """Start all parts, each once the one before is ready; `came` is told of each, and how long it took.
        Returns whether all are ready, and false where one was asked to stop meanwhile. Raises `CtgError`
        where one does not become ready."""
        for part in self._parts:
            began = time.monotonic()
            part.begin()
            ends = began + seconds
            while not part.is_ready():
                if self._asked.wait(0.1):
                    return False
                if part.ended() is not None:
                    raise CtgError(f"The {part.name} could not start; what it said stands {part.said_in}.")
                if time.monotonic() > ends:
                    raise CtgError(f"The {part.name} was not ready within {seconds:.0f} seconds.")
            self._note("part began", part=part.name)
            came(part, time.monotonic() - began)
        return not self._asked.is_set()

    def hold(self) -> None:
        """Return when asked to stop; until then begin parts again that die."""
        while not self._asked.wait(0.5):
            for part in self._parts:
                self._look_after(part)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.process is None:
            if now >= part.again_at:
                part.begin()
                self._note("part began", part=part.name)
            return
        code = part.ended()
        if code is None:
            return
        part.deaths = 0 if now - part.began > _WELL_SECONDS else part.deaths
        wait = _WAITS[min(part.deaths, len(_WAITS) - 1)]
        part.deaths, part.again_at = part.deaths + 1, now + wait
        part.stop()  # what it had started
        self._note("part died", part=part.name, code=code, wait=wait)
        self._say(f"The {part.name} ended by itself (exit code {code}); it begins again in {wait:.0f} s.")

    def stop(self) -> None:
        """End all parts: at once those that need the first, and then that."""
        for part in self._parts[1:]:
            part.ask_to_end()
        for part in reversed(self._parts):
            part.stop()
