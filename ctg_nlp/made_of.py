"""Writing the files of data/coded only where they would come out otherwise than they are.

Beside them lies a note of what they were made of: the state of the store, settings, framework and version of
this program; and of their names, sizes and times, so that one that was deleted or changed is written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from ctg_nlp.aggregation import export_all
from ctg_nlp.export.files import whole_file
from ctg_nlp.framework_file import framework_text
from ctg_nlp.rebuilds import code_version
from ctg_nlp.settings import Home
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store.database import Store
from ctg_nlp.store.standing import standing

NOTE = ".made_of.json"


def export_where_new(store: Store, home: Home, now: str, who: str = "the aggregation") -> tuple[Path, ...]:
    """As `export_all`, but nothing is written, and none returned, where all files would be what they are."""
    if is_current(store, home):
        return ()
    forget(home)  # were this cut off, some files would be newer than the note says
    made_of = _made_of(store, home)  # before they are made: what changes meanwhile makes them old
    written = export_all(store, home, now, who)
    note = {"made_of": made_of, "rebuild": _last_rebuild(store), "files": list(_files(home, written))}
    with whole_file(home.coded / NOTE) as file:
        json.dump(note, file)
    return written


def is_current(store: Store, home: Home) -> bool:
    """Whether the files of data/coded are there as they were written, and nothing has changed since."""
    try:
        note = json.loads((home.coded / NOTE).read_text(encoding="utf-8"))
        names = [name for name, _, _ in note["files"]]
        there = list(_files(home, (home.coded / name for name in names)))
        same = there == note["files"] and bool(there) and note["rebuild"] == _last_rebuild(store)
        return same and note["made_of"] == _made_of(store, home)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def forget(home: Home) -> None:
    """Have the next run write all files, whatever it finds. What is no folder holds no note."""
    with suppress(FileNotFoundError, NotADirectoryError):
        (home.coded / NOTE).unlink()


def _files(home: Home, paths: Iterable[Path]) -> Iterator[list[Any]]:
    """Name, size and time of these files and those in these folders. Raises `OSError` where one is gone."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else (path,):
            if not file.is_dir():
                stat = file.stat()
                yield [file.relative_to(home.coded).as_posix(), stat.st_size, stat.st_mtime_ns]


def _last_rebuild(store: Store) -> str:
    with store.reading() as db:
        last = rebuild_store.last_rebuild(db)
    return last.rebuild_id if last else ""


def _made_of(store: Store, home: Home) -> dict[str, str]:
    settings = {f.name: repr(getattr(home, f.name)) for f in fields(home) if f.name != "framework"}
    narrative = home.narrative.read_bytes() if home.narrative.is_file() else b""
    with store.reading() as db:
        state = standing(db, home.framework.framework_id)
    return {
        "store": state,
        "settings": _hash(json.dumps(settings, sort_keys=True).encode()),
        "framework": _hash(framework_text(home.framework_source).encode()),
        "framework_id": home.framework.framework_id,
        "narrative": _hash(narrative),
        "version": code_version(),
    }


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
