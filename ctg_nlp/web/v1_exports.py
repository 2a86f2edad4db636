"""The files that runs and commands wrote to data/coded, for programs: whatever lies there, whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from fastapi import Response
from fastapi.responses import StreamingResponse

from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.web.access import Visitor
from ctg_nlp.web.findings_sight import sight_of

_AT_ONCE = 1 << 18  # bytes


class NoFile(CtgError):
    """There is no such file among the exports."""


class StillBlind(CtgError):
    """Somebody still codes reports blind, and files tell what was said of them."""


def check_open(desk: Desk) -> None:
    """Raises `NotYours` while the person codes any report blind, and `StillBlind` while anybody does."""
    with desk.store.reading() as db:
        sight_of(desk, db)
        blind = independence_store.still_blind(db)
    if blind:
        raise StillBlind(
            f"Exports tell what was said of {len(blind)} reports that somebody still codes blind, so they "
            "are closed until these are locked, or taken back (ctg assign --take-back). What can be read "
            "before: /api/v1/decisions and /api/v1/coded."
        )


def files_of(folder: Path) -> dict[str, Path]:
    """The files below a folder by their names as they are asked for; no hidden ones, and none that lie
    elsewhere."""
    found = {}
    for path in sorted(folder.rglob("*")):
        within = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in within.parts)
        if not hidden and path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            found[within.as_posix()] = path
    return found


def listing(folder: Path) -> list[dict[str, Any]]:
    """The files as they are listed."""
    found = []
    for name, path in files_of(folder).items():
        about = path.stat()
        written = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="seconds")
        found.append({"name": name, "bytes": about.st_size, "written_at": written})
    return found


def sent(desk: Desk, visitor: Visitor, name: str) -> Response:
    """A file, after it was noted that it was given out. Raises `NoFile`."""
    path = files_of(desk.home.coded).get(name)
    if path is None:
        raise NoFile("There is no such file; see /api/v1/exports for those that there are.")
    try:
        file = path.open("rb")  # what is opened stays whole, also when another takes its place
    except OSError as error:
        raise NoFile(
            "This file was just taken away; see /api/v1/exports for those that there are."
        ) from error
    with desk.store.transaction() as db:
        append(db, desk.clock(), desk.coder, "export", name, visitor.noted)
    length = {"Content-Length": str(os.fstat(file.fileno()).st_size)}
    return StreamingResponse(_chunks(file), media_type="application/octet-stream", headers=length)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while some := file.read(_AT_ONCE):
            yield some
