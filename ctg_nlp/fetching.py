"""Fetching submitted files from the address that the setting `source` names into data/raw.

Only what is new there comes over: each copy gets the time that the file has there, so that both can be told
to be the same. Nothing here is ever overwritten or deleted: a file that was changed there comes under a name
with a number, and what was deleted there stays here. From then on the copies are submitted files as any.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ctg_nlp.errors import Unreachable
from ctg_nlp.logbook import log_of
from ctg_nlp.remote_files import RemoteFile, RemoteFolder, reason
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import hash_of, is_passed_over
from ctg_nlp.watching import numbered

UNFINISHED = ".fetch-"
"""How names of files begin that are on their way; a run that was killed leaves them, and the doctor tells."""
_AT_ONCE = 8
"""Files on their way at the same time: most of it passes with waiting."""
_LONGEST_NAME = 240  # bytes of one part of a path; file systems take 255
_CLOCKS_APART = 3600  # seconds by which the clock there may be ahead

Named = tuple[str, str]
"""A file by its path at the address, and in words what is the matter with it."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from an address: how many files; `failed`: those that did not come; `told`: those that stay
    there for now, or for good; `passed_over`: hidden and unfinished ones, by path."""

    count: int = 0
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


def fetch(store: Store, home: Home, *, verify: bool = False) -> Fetched:
    """Bring what is new at the home's `source` into data/raw; nothing where it has none.

    `verify`: every file is read there, and its content compared. An address that cannot be read counts as a
    file that failed, so that it does not hold up what lies here. Raises `MissingTool` without the package for
    it.
    """
    if not home.source:
        return NOTHING
    began = time.monotonic()
    with store.reading() as db:
        erased = decision_store.erased(db)
    try:
        folder = RemoteFolder(home.source)
        found = waiting_at(folder, home, time.time(), verify=verify)
    except Unreachable as error:
        log_of(home).note("source read", fetched=0, failed=1, seconds=time.monotonic() - began)
        return Fetched(failed=((home.source, _alone(str(error), home.source)),))
    ends = _all(_Fetching(folder, home.raw, erased), found.files)
    failed = (
        *found.failed,
        *((f.path, why) for f, (_, why, _) in zip(found.files, ends, strict=True) if why),
    )
    gone = tuple(f.path for f, (_, _, is_erased) in zip(found.files, ends, strict=True) if is_erased)
    count = sum(came for came, _, _ in ends)
    log_of(home).note("source read", fetched=count, failed=len(failed), seconds=time.monotonic() - began)
    erased_there = f"erased here, but still at {home.source}. Delete it there."
    told = (*found.told, *((path, erased_there) for path in gone))
    return Fetched(count, failed, told, found.passed_over)


def waiting_at(folder: RemoteFolder, home: Home, now: float, *, verify: bool = False) -> Waiting:
    """What of a folder at an address is not here yet, or with `verify` all; `now` in seconds since 1970.

    Raises `Unreachable` where it cannot be listed.
    """
    files, told = list[RemoteFile](), list[Named]()
    failed, passed_over = list[Named](), list[str]()
    for file in folder.files(failed):
        if not _can_be_named(file.path):
            failed.append((file.path, "its name cannot be the name of a file here. Rename it there."))
        elif is_passed_over(Path(file.path)):
            passed_over.append(file.path)
        elif not folder.is_whole_at_once and _is_young(file, now, home.watch_seconds):
            told.append((file.path, "still being written there, as it seems. The next run takes it."))
        elif verify or not _is_here(file, home.raw):
            files.append(file)
    return Waiting(tuple(files), tuple(failed), tuple(told), tuple(passed_over))


_End = tuple[bool, str, bool]
"""Whether a file came, why not, and whether it is one of an erased report."""


class _Fetching:
    def __init__(self, folder: RemoteFolder, raw: Path, erased: Collection[str]) -> None:
        self._folder, self._raw, self._erased = folder, raw, erased
        self._turn = Lock()

    def __call__(self, file: RemoteFile) -> _End:
        try:
            return self._fetched(file)
        except Exception as error:  # each library has its own; it costs this file alone
            return False, f"it cannot be fetched: {reason(error)}. The next run tries again.", False

    def _fetched(self, file: RemoteFile) -> _End:
        target = self._raw / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        on_its_way = target.with_name(f"{UNFINISHED}{secrets.token_hex(4)}")
        try:
            self._folder.take(file, on_its_way)
            if on_its_way.stat().st_size != file.size:
                return False, "it was changed while it was fetched. The next run takes it.", False
            content = hash_of(on_its_way)
            if content in self._erased:
                return False, "", True
            if file.mtime_ns is not None:
                os.utime(on_its_way, ns=(file.mtime_ns, file.mtime_ns))
            with self._turn:
                return self._placed(on_its_way, target, content), "", False
        finally:
            on_its_way.unlink(missing_ok=True)

    def _placed(self, on_its_way: Path, target: Path, content: str) -> bool:
        """Give a file its name; where its content lies under that name already, only its time."""
        for name in numbered(target):
            if not name.exists():
                on_its_way.rename(name)
                return True
            if name.is_file() and hash_of(name) == content:
                os.utime(name, ns=(on_its_way.stat().st_atime_ns, on_its_way.stat().st_mtime_ns))
                return False
        raise AssertionError("the numbers never end")


def _all(fetching: _Fetching, files: tuple[RemoteFile, ...]) -> list[_End]:
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return list(pool.map(fetching, files))
    finally:
        pool.shutdown(cancel_futures=True)  # interrupted, only what has begun is waited for


def _is_here(file: RemoteFile, raw: Path) -> bool:
    for name in _lying(raw / file.path):
        seen = name.stat()
        if seen.st_size == file.size and file.mtime_ns in (None, seen.st_mtime_ns):
            return True
    return False


def _lying(target: Path) -> Iterator[Path]:
    for name in numbered(target):
        if not name.is_file():
            return
        yield name


def _alone(message: str, address: str) -> str:
    """What is wrong with an address, where it stands before that already."""
    return message.removeprefix(address.rstrip("/")).lstrip()


def _can_be_named(path: str) -> bool:
    parts = path.split("/")
    return not any(p in ("", ".", "..") or "\0" in p or len(p.encode()) > _LONGEST_NAME for p in parts)


def _is_young(file: RemoteFile, now: float, seconds: int) -> bool:
    age = now - file.mtime_ns / 10**9 if file.mtime_ns is not None else seconds
    return -_CLOCKS_APART <= age < seconds
