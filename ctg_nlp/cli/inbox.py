"""The watched folder of `ctg serve`: takes whole files into the raw folder, and says when a batch is due."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.run_lock import SILENT_SECONDS, lives, running_now
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import overview
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.store.run_lock import Holder
from ctg_nlp.submissions import Known, hash_of, is_passed_over
from ctg_nlp.watching import Seen, Watcher, seen_of, take

AGAIN_SECONDS, _LONGEST_SECONDS = 60.0, 3600.0
"""So long to wait before what did not go well is tried again; each further batch waits twice as long."""


def check_watched(home: Home) -> None:
    """Raises `HomeError` where the watched folder does not exist, or holds the raw folder."""
    if home.watch is None:
        return
    if not home.watch.is_dir():
        raise HomeError(
            f"The watched folder {home.watch} does not exist. Make it, or change `watch` in ctg.toml."
        )
    watched, raw = home.watch.resolve(), home.raw.resolve()
    if watched != raw and raw.is_relative_to(watched):
        raise HomeError(
            f"The watched folder {home.watch} holds the raw folder, whose files would be taken again and "
            "again. Change `watch` in ctg.toml to the raw folder or to another one."
        )


@dataclass(frozen=True, slots=True)
class _Due:
    """A file of the watched folder that no batch has read: what it was like, where it lies in the raw folder,
    and since when, in UTC."""

    seen: Seen
    file: Path
    since: str


class Inbox:
    """Looks into the watched folder. Where that is not (in) the raw folder, whole files are copied there, and
    left. What is due follows from the store: files that no batch has read, nor one that began after they
    were whole and came to its end. `say` is told of each file that cannot be taken, once."""

    def __init__(self, home: Home, clock: Callable[[], float], say: Callable[[str], None]) -> None:
        assert home.watch is not None
        check_watched(home)
        self._home, self._folder, self._clock, self._say = home, home.watch, clock, say
        self._place = _place_in_raw(home.watch, home.raw)
        self._watcher = Watcher(self._folder, home.watch_seconds, clock)
        self._settled: dict[Path, Seen] = {}
        self._due: dict[Path, _Due] = {}
        self._told: dict[str, str] = {}
        self._again_at: dict[Path, float] = {}
        self._begun, self._not_before = 0, 0.0
        self._signs: tuple[Holder, float] | None = None

    def anything_new(self) -> bool:
        """Whether a batch should begin now: something is whole and was not read, and no run is under way.

        Raises `HomeError` where the folder is gone, `StoreError`.
        """
        whole = {file: seen for file in self._watcher.look()[0] if (seen := seen_of(file)) is not None}
        for folder, why in self._watcher.closed:
            self._tell(folder, f"{self._folder / folder}: {why}.")
        self._settled = {file: seen for file, seen in self._settled.items() if file in whole}
        new = {file: seen for file, seen in whole.items() if self._is_new(file, seen)}
        if not new and not self._due:
            return False
        store = open_store(self._home.database, create=True)
        try:
            return self._judge(store, new)
        finally:
            store.close()

    def begun(self) -> None:
        """A batch was begun for what was new. Where it does not read it, as it was refused, another is due
        after a while."""
        wait = AGAIN_SECONDS * 2 ** min(self._begun, 10)
        self._begun, self._not_before = self._begun + 1, self._clock() + min(wait, _LONGEST_SECONDS)

    def _is_new(self, file: Path, seen: Seen) -> bool:
        due = self._due.get(file)
        is_sorted = self._settled.get(file) == seen or (due is not None and due.seen == seen)
        return not is_sorted and self._clock() >= self._again_at.get(file, 0.0)

    def _judge(self, store: Store, new: dict[Path, Seen]) -> bool:
        with store.reading() as db:
            known = Known(self._home.root, overview.seen_files(db))
            erased, began = decision_store.erased(db), run_store.last_begun(db, "batch")
        for file, seen in new.items():
            self._sort(file, seen, known, erased)
        for file, due in tuple(self._due.items()):
            if known(due.file) or began >= due.since:
                self._settled[file] = self._due.pop(file).seen
        if not self._due:
            self._begun, self._not_before = 0, 0.0
            return False
        return self._clock() >= self._not_before and not self._is_held(store)

    def _sort(self, file: Path, seen: Seen, known: Known, erased: Collection[str]) -> None:
        try:
            taken = self._taken(file, known, erased)
        except (CtgError, OSError) as error:
            why = f"it cannot be read: {error.strerror}." if isinstance(error, OSError) else str(error)
            self._again_at[file] = self._clock() + AGAIN_SECONDS
            self._tell(str(file), f"{file} was not taken, and is tried again later: {why}")
            return
        self._told.pop(str(file), None)
        self._again_at.pop(file, None)
        if taken is None or known(taken):
            self._settled[file] = seen
            return
        self._due[file] = _Due(seen, taken, utc_now())
        self._begun, self._not_before = 0, 0.0

    def _taken(self, file: Path, known: Known, erased: Collection[str]) -> Path | None:
        """Where a whole file lies in the raw folder now; None for that of an erased report."""
        if self._place is not None:
            here = self._place / file.relative_to(self._folder)
            return None if erased and not known(here) and hash_of(file) in erased else here
        content = hash_of(file)
        return None if content in erased else take(file, self._folder, self._home.raw, content)

    def _is_held(self, store: Store) -> bool:
        """Whether a run is under way. One that cannot be asked, and of which we saw no sign of life for a
        while, is left to the new run to judge."""
        held, now = running_now(store), self._clock()
        if held is None:
            return False
        if self._signs is None or self._signs[0] != held:
            self._signs = held, now
        return lives(held) is True or now - self._signs[1] < SILENT_SECONDS

    def _tell(self, of: str, line: str) -> None:
        if self._told.get(of) != line:
            self._told[of] = line
            self._say(line)


def _place_in_raw(folder: Path, raw: Path) -> Path | None:
    """Where a watched folder lies in the raw folder, as batches name it; None where they do not look."""
    watched, whole = folder.resolve(), raw.resolve()
    if not watched.is_relative_to(whole) or is_passed_over(watched.relative_to(whole)):
        return None
    return raw / watched.relative_to(whole)
