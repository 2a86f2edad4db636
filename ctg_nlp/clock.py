"""The one place that asks what time it is; everything below takes the time as an argument."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> str:
    """The time in UTC, ISO 8601 with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


class SteadyClock:
    """A clock that never goes back: not behind what was stored before it began, and not behind itself.

    What came first is told by the times of decisions, locks and suggestions; a machine's clock that is set
    back must not turn that round. `behind`: by how much it was behind when this began, or None.
    """

    def __init__(self, clock: Callable[[], str], latest: str) -> None:
        self._clock, self._last = clock, latest
        self._turn = threading.Lock()
        late = _instant(latest) - _instant(clock()) if latest else timedelta(0)
        self.behind = late if late > timedelta(0) else None

    def __call__(self) -> str:
        """The time in UTC, ISO 8601 with microseconds, later than any before."""
        with self._turn:
            now = self._clock()
            if self._last and _instant(now) <= _instant(self._last):
                now = _written(_instant(self._last) + timedelta(microseconds=1))
            self._last = now
            return now

    def in_words(self) -> str:
        """That the clock was set back, and what to do; empty where it was not."""
        if self.behind is None or self.behind < timedelta(minutes=1):
            return ""
        return (
            f"The clock of this machine says {self._clock()[:16]} (UTC), which is before what was stored "
            f"last ({self._last[:16]}). Times go on from there, so that the order of things stays right; set "
            "the clock."
        )


def _instant(time: str) -> datetime:
    said = datetime.fromisoformat(time)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def new_run_id() -> str:
    """A new, unique id for a run."""
    return uuid.uuid4().hex
