"""Slowing guesses of passwords down: by name, by address, and by both, with waits that grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

FREE = 5
"""Failures without a wait, of one name from one address."""
FREE_ALONE = 20
"""The same of a name from wherever, and of an address with whatever name: a team may share one address."""
LONGEST = 900.0
"""The longest wait, in seconds."""

_FORGOTTEN = 24 * 3600.0
_MOST = 10_000
_LONGEST_NAME = 101  # one more than any user's


@dataclass(slots=True)
class _Tries:
    failures: int = 0
    last: float = 0.0

    def wait(self, free: int, now: float) -> float:
        if self.failures < free:
            return 0.0
        pause = min(LONGEST, 2.0 ** min(self.failures - free, 20))
        return max(0.0, self.last + pause - now)


class Throttle:
    """Counts failed log-ins. `clock` gives seconds that only go up. Threads may share it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._tries: dict[tuple[str, str], _Tries] = {}

    def begin(self, name: str, address: str) -> float:
        """The seconds that a try has to wait; 0.0 lets it through, and counts it as failed until `right`."""
        now, keys = self._clock(), _keys(name, address)
        with self._lock:
            wait = max(self._known(key, now).wait(free, now) for key, free in keys)
            if wait == 0.0:  # a try that has to wait leaves no trace: floods of them would push others out
                for key, _ in keys:
                    self._count(key, now)
            return wait

    def right(self, name: str, address: str) -> None:
        """The try that was let through was right: it and those before count no more for the name here."""
        with self._lock:
            both, *alone = (key for key, _ in _keys(name, address))
            self._tries.pop(both, None)
            for key in alone:  # an own log-in must not wipe out the failures of others
                if key in self._tries:
                    self._tries[key].failures -= 1

    def _known(self, key: tuple[str, str], now: float) -> _Tries:
        tries = self._tries.get(key)
        return _Tries() if tries is None or now - tries.last > _FORGOTTEN else tries

    def _count(self, key: tuple[str, str], now: float) -> None:
        failures = self._known(key, now).failures + 1
        if key not in self._tries and len(self._tries) >= _MOST:
            self._make_room(now)
        self._tries[key] = _Tries(failures, now)

    def _make_room(self, now: float) -> None:
        """Forget a tenth: what is long ago, then the fewest failures, so that who guesses a lot is known."""

        def worth(key: tuple[str, str]) -> tuple[bool, int, float]:
            tries = self._tries[key]
            return now - tries.last <= _FORGOTTEN, tries.failures, tries.last

        for key in sorted(self._tries, key=worth)[: _MOST // 10]:
            del self._tries[key]


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    name = name[:_LONGEST_NAME]  # what is sent as a name may be a megabyte, and is kept here
    return ((name, address), FREE), ((name, ""), FREE_ALONE), (("", address), FREE_ALONE)
