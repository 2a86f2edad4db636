"""One run at a time: a lock in the store with a sign of life, which outlives neither its run nor its machine.

Whether the process of a run is gone can be asked on its own machine, where the system tells; else only the
signs of life in the store do, and they are watched for a while, since clocks of two machines may differ.
"""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ctg_nlp.errors import AlreadyRunning, StoreError
from ctg_nlp.store import run_lock as lock_store
from ctg_nlp.store.database import Store
from ctg_nlp.store.run_lock import HeldStore, Holder

BEAT_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""A run whose process cannot be asked and that was silent for so long is watched, then counts as gone."""
_ENDED = "ended"

Clock = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Run:
    """A run that holds the lock. It writes through `store`; `took_over` tells in a sentence of a run before
    it that ended without notice, and is empty where there was none."""

    store: HeldStore
    owner: str
    took_over: str = ""


_UNTOLD: set[str] = set()
"""Runs of this process that ended while the store could not be told."""


@contextmanager
def running(
    store: Store, what: str, clock: Clock, *, within: str = "", pause: Callable[[float], None] = time.sleep
) -> Iterator[Run]:
    """Hold the lock for a run ("batch", "training"); `within` names the run whose part this is.

    Raises `AlreadyRunning` where another run has it.
    """
    if within:
        yield Run(HeldStore(store, within), within)
        return
    mine = _me(what, clock())
    took_over = _take(store, mine, clock, pause)
    done = threading.Event()
    beating = threading.Thread(target=_beat, args=(store, mine.owner, clock, done), daemon=True)
    beating.start()
    try:
        yield Run(HeldStore(store, mine.owner), mine.owner, took_over)
    finally:
        done.set()
        beating.join()
        _UNTOLD.add(mine.owner)
        with (
            suppress(StoreError),
            store.transaction() as db,
        ):  # unreachable now: this process knows, see `lives`
            lock_store.give_back(db, mine.owner)
            _UNTOLD.discard(mine.owner)


def running_now(store: Store) -> Holder | None:
    """The run that is under way, or None; one whose process is known to be gone is none."""
    with store.reading() as db:
        found = lock_store.holder(db)
    return None if found is None or lives(found) is False else found


def lives(held: Holder) -> bool | None:
    """Whether the process of a run lives. None where that cannot be known: on another machine, and where the
    system tells nothing of processes (of others), or not when they began; there its signs of life count."""
    if held.owner in _UNTOLD:
        return False
    if held.place != _place() or os.name != "posix":  # elsewhere a signal of 0 would end it
        return None
    number, _, began = held.process.partition(":")
    if not is_there(int(number)):
        return False
    now = _began(int(number))
    if now == _ENDED:
        return False
    return now == began if now and began else None


def in_words(held: Holder) -> str:
    """A run in words: what, since when, where."""
    since = held.started_at[:16].replace("T", " ")
    return f"A {held.what} begun at {since} UTC by process {held.process.split(':')[0]} on {held.host}"


def _take(store: Store, mine: Holder, clock: Clock, pause: Callable[[float], None]) -> str:
    with store.transaction() as db:
        found = lock_store.holder(db)
        if found is None and lock_store.take(db, mine):
            return ""
        found = found or lock_store.holder(db)
    if found is None or not (lives(found) is False or _silent(store, found, clock(), pause)):
        said = in_words(found) if found else "Another run"
        raise AlreadyRunning(
            f"{said} is under way, and two at once are refused. Wait until it has ended, then repeat this."
        )
    with store.transaction() as db:
        if not lock_store.take_over(db, found, mine):
            raise AlreadyRunning("Another run has just begun. Wait until it has ended, then repeat this.")
    return (
        f"{in_words(found)} had ended without notice; this one took its place. What it had finished is kept."
    )


def _silent(store: Store, found: Holder, now: str, pause: Callable[[float], None]) -> bool:
    """Whether a run that cannot be asked gives no sign of life. A clock that differs much is no proof of it,
    nor is a clock that was set back one of the contrary: so what counts in the end are the signs."""
    if lives(found):
        return False
    apart = datetime.fromisoformat(now) - datetime.fromisoformat(found.beat_at)
    if abs(apart.total_seconds()) < SILENT_SECONDS:
        return False
    pause(3 * BEAT_SECONDS)
    with store.reading() as db:
        return lock_store.holder(db) == found


def _beat(store: Store, owner: str, clock: Clock, done: threading.Event) -> None:
    while not done.wait(BEAT_SECONDS):
        with suppress(StoreError), store.transaction() as db:  # it may be back by the next one
            if not lock_store.beat(db, owner, clock()):
                return


def _me(what: str, now: str) -> Holder:
    process = f"{os.getpid()}:{_began(os.getpid())}"
    host = socket.gethostname() or "this machine"
    return Holder(uuid.uuid4().hex, what, host[:255], _place(), process, now, now)


def is_there(number: int) -> bool:
    """Whether a process of this number lives on this machine, a POSIX one: elsewhere asking would end it."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _began(number: int) -> str:
    """When a process began, in ticks since the machine was started: its number may be another's by now.
    `_ENDED` for one that is only not buried yet; empty where the system does not tell."""
    with suppress(OSError, IndexError):
        parts = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        fields = parts.split()
        return _ENDED if fields[0] in "ZX" else fields[19]
    return ""


def _place() -> str:
    """What tells the places in which numbers of processes mean the same: host, boot, namespace of numbers."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
