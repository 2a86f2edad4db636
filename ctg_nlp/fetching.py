"""Fetching submitted files from the address that the setting `source` names into data/raw.

Only what is new there comes over: each copy gets the time that the file has there, so that both can be told
to be the same. Nothing here is ever overwritten or deleted: a file that was changed there comes under a name
with a number, and what was deleted there stays here. From then on the copies are submitted files as any.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ctg_nlp.errors import Unreachable
from ctg_nlp.logbook import log_of
from ctg_nlp.remote_files import Named, RemoteFile, RemoteFolder, reason
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import hash_of, is_passed_over, shown
from ctg_nlp.watching import numbered

UNFINISHED = ".fetch-"
"""How names of files begin that are on their way; a run that was killed leaves them, and the doctor tells."""
_AT_ONCE = 8
"""Files on their way at the same time: most of it passes with waiting."""
_LONGEST_NAME = 240  # bytes of one part of a path; file systems take 255
_CLOCKS_APART = 3600  # seconds by which the clock there may be ahead


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from an address: how many files; `failed`: those that did not come; `told`: those that stay
    there for now, or for good; `passed_over`: hidden and unfinished ones, by path. `unreachable` says why
    nothing came from the address at all."""

    count: int = 0
    unreachable: str = ""
    failed: tuple[Named, ...] = ()
    told: tuple[Named, ...] = ()
    passed_over: tuple[str, ...] = ()


NOTHING = Fetched()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies at an address and not here, and what of the rest there is to tell (as `Fetched` does)."""

    files: tuple[RemoteFile, ...]
    failed: tuple[Named, ...]
    told: tuple[Named, ...]
    passed_over: tuple[str, ...]


def fetch(store: Store, home: Home, raw: Path, *, verify: bool = False) -> Fetched:
    """Bring what is new at the home's `source` into data/raw, for a run that reads the folder `raw`; nothing
    where the home has no source, or the run reads another folder.

    `verify`: every file is read there, and its content compared. An address that cannot be read is only told,
    so that it does not hold up what lies here. Raises `MissingTool` without the package for it.
    """
    if not home.source or raw.resolve() != home.raw.resolve():
        return NOTHING
    began = time.monotonic()
    with store.reading() as db:
        erased = decision_store.erased(db)
    try:
        folder = RemoteFolder(home.source)
        found = waiting_at(folder, home, time.time(), verify=verify)
    except Unreachable as error:
        log_of(home).note("source read", fetched=0, failed=1, seconds=time.monotonic() - began)
        return Fetched(unreachable=f"cannot be read: {reason(error.__cause__ or error)}.")
    ends = _all(_Fetching(folder, home.raw, erased), found.files)
    ended = tuple(zip((shown(f.path) for f in found.files), ends, strict=True))
    failed = (*found.failed, *((path, end.why) for path, end in ended if end.why))
    count = sum(end.came for end in ends)
    log_of(home).note("source read", fetched=count, failed=len(failed), seconds=time.monotonic() - began)
    erased_there = f"erased here, but still at {home.source}. Delete it there."
    told = (*found.told, *((path, erased_there) for path, end in ended if end.erased))
    return Fetched(count, failed=failed, told=told, passed_over=found.passed_over)


def waiting_at(folder: RemoteFolder, home: Home, now: float, *, verify: bool = False) -> Waiting:
    """What of a folder at an address is not here yet, or with `verify` all; `now` in seconds since 1970.

    Raises `Unreachable` where it cannot be listed.
    """
    files, passed_over = list[RemoteFile](), list[str]()
    failed, told = list[Named](), list[Named]()
    for file in folder.files(failed, told):
        if not _can_be_named(file.path):
            told.append((shown(file.path), "a name that no file can have here. Rename it there."))
        elif is_passed_over(Path(file.path)):
            passed_over.append(shown(file.path))
        elif not folder.is_whole_at_once and _is_young(file, now, home.watch_seconds):
            told.append((shown(file.path), "still being written there, as it seems. The next run takes it."))
        elif verify or not _is_here(file, home.raw):
            files.append(file)
    return Waiting(tuple(files), tuple(failed), tuple(told), tuple(passed_over))


@dataclass(frozen=True, slots=True)
class _End:
    """Whether a file came, why not, and whether it is one of an erased report."""

    came: bool = False
    why: str = ""
    erased: bool = False


class _Fetching:
    def __init__(self, folder: RemoteFolder, raw: Path, erased: Collection[str]) -> None:
        self._folder, self._raw, self._erased = folder, raw, erased
        self._turn = Lock()

    def __call__(self, file: RemoteFile) -> _End:
        try:
            return self._fetched(file)
        except Exception as error:  # each library has its own; it costs this file alone
            return _End(why=f"it cannot be fetched: {reason(error)}. The next run tries again.")

    def stop(self) -> None:
        self._folder.stop()

    def _fetched(self, file: RemoteFile) -> _End:
        target = self._raw / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        on_its_way = target.with_name(f"{UNFINISHED}{secrets.token_hex(4)}")
        try:
            self._folder.take(file, on_its_way)
            if on_its_way.stat().st_size != file.size:
                return _End(why="it was changed while it was fetched. The next run takes it.")
            content = hash_of(on_its_way)
            if content in self._erased:
                return _End(erased=True)
            with on_its_way.open("rb") as written:
                os.fsync(written.fileno())  # by its size and time it counts as here, even after a power cut
            if file.mtime_ns is not None:
                os.utime(on_its_way, ns=(file.mtime_ns, file.mtime_ns))
            with self._turn:
                return _End(came=self._placed(on_its_way, target, content))
        finally:
            on_its_way.unlink(missing_ok=True)

    def _placed(self, on_its_way: Path, target: Path, content: str) -> bool:
        """Give a file a name that no other has; where its content lies under one already, only its time."""
        for name in numbered(target):
            if name.is_file() and hash_of(name) == content:
                os.utime(name, ns=(on_its_way.stat().st_atime_ns, on_its_way.stat().st_mtime_ns))
                return False
            if not os.path.lexists(name) and _named(on_its_way, name):
                return True
        raise AssertionError("the numbers never end")


def _named(file: Path, name: Path) -> bool:
    """Give a file a name unless another has got it just now, which a mere renaming would replace."""
    try:
        os.link(file, name)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        file.rename(name)
    return True


def _all(fetching: _Fetching, files: tuple[RemoteFile, ...]) -> list[_End]:
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return list(pool.map(fetching, files))
    except BaseException:  # interrupted: the pool waits for its threads, and they would for the server
        fetching.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _is_here(file: RemoteFile, raw: Path) -> bool:
    for name in _lying(raw / file.path):
        seen = name.stat()
        apart = 0 if file.mtime_ns is None else abs(file.mtime_ns - seen.st_mtime_ns)
        if seen.st_size == file.size and apart < 10**9:  # not every file system keeps times so exactly
            return True
    return False


def _lying(target: Path) -> Iterator[Path]:
    for name in numbered(target):
        if not name.is_file():
            return
        yield name


def _can_be_named(path: str) -> bool:
    return all(_can_be_part(part) for part in path.split("/"))


def _can_be_part(part: str) -> bool:
    try:
        short = len(os.fsencode(part)) <= _LONGEST_NAME
    except UnicodeEncodeError:
        return False
    allowed = not (os.name == "nt" and re.search(r'[<>:"\\|?*]', part))
    return short and allowed and part not in ("", ".", "..") and "\0" not in part


def _is_young(file: RemoteFile, now: float, seconds: int) -> bool:
    age = now - file.mtime_ns / 10**9 if file.mtime_ns is not None else seconds
    return -_CLOCKS_APART <= age < seconds
