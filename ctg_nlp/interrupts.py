"""Processes that are not to hear Ctrl-C, which a terminal sends to every process that was started from it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Have processes that are started meanwhile not hear Ctrl-C: who started them ends them, in order. Does
    nothing on Windows and outside the main thread, to which a terminal's signal goes."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    resource_tracker.ensure_running()  # where it is started later, it lets the children hear again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the children inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
