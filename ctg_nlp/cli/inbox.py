"""The watched folder of `ctg serve`: takes whole files into the raw folder, and says when a batch is due."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ctg_nlp.errors import HomeError
from ctg_nlp.run_lock import running_now
from ctg_nlp.settings import Home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import open_store
from ctg_nlp.submissions import Known
from ctg_nlp.watching import Watcher, take

Seen = tuple[Path, int, int]


class Inbox:
    """Looks into the watched folder. Where that is not the raw folder itself, whole files are copied
    there, and left. A file that a batch was begun for is not new again, whatever became of
    it, until it changes."""

    def __init__(self, home: Home, clock: Callable[[], float]) -> None:
        assert home.watch is not None
        self._home, self._inbox = home, home.watch
        self._own = self._inbox.resolve() != home.raw.resolve()
        if self._own and home.raw.resolve().is_relative_to(self._inbox.resolve()):
            raise HomeError(f"The watched folder {self._inbox} holds the raw folder; watch another one.")
        self._watcher = Watcher(self._inbox, home.watch_seconds, clock)
        self._handled: set[Seen] = set()
        self._pending: set[Seen] = set()

    def anything_new(self) -> bool:
        """Whether a batch should begin now: something is whole and new, and no run is under way.

        Raises `HomeError` where the folder is gone or a file cannot be taken, `StoreError`.
        """
        whole = {seen: file for file in self._watcher.look()[0] if (seen := _seen(file)) is not None}
        self._handled &= whole.keys() | self._pending
        new = {seen: file for seen, file in whole.items() if seen not in self._handled}
        if new:
            self._sort(new)
        return bool(self._pending) and not self._running()

    def begun(self) -> None:
        """A batch was begun for what was new."""
        self._pending.clear()

    def _sort(self, new: dict[Seen, Path]) -> None:
        is_known = self._known()
        for seen, file in new.items():
            if self._own:
                taken = take(file, self._inbox, self._home.raw)
                due = taken is not None
            else:
                due = not is_known(file)
            self._handled.add(seen)
            if due:
                self._pending.add(seen)

    def _known(self) -> Known:
        store = open_store(self._home.database, create=True)
        try:
            with store.reading() as db:
                return Known(self._home.root, report_store.submissions(db))
        finally:
            store.close()

    def _running(self) -> bool:
        store = open_store(self._home.database)
        try:
            return running_now(store) is not None
        finally:
            store.close()


def _seen(file: Path) -> Seen | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return file, stat.st_size, stat.st_mtime_ns
