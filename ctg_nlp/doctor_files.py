"""What the doctor looks at in the folders: submitted files, releases, leftovers of killed programs, room."""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ctg_nlp.backup_file import BACKUP, RESTORING
from ctg_nlp.errors import CtgError
from ctg_nlp.records import Submission
from ctg_nlp.release_checks import verify as verify_release
from ctg_nlp.settings import Home
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import FILE, entries
from ctg_nlp.store.database import Store
from ctg_nlp.submissions import hash_of, stored_file
from ctg_nlp.warning_signs import has_a_file

_LEFT = re.compile(
    r"\.(upload-|fetch-|.+\.[A-Za-z0-9]+\.)[a-z0-9_]{8}"
)  # as `whole_file` and uploads name them
_LEFT_PICTURE = re.compile(r"\.[a-z0-9_]{8}")
_OLD_SECONDS = 3600
_ROOM_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: in which part, what, and how it is cured. `mended`: it was."""

    part: str
    what: str
    cure: str
    mended: bool = False


def look_at_files(store: Store, home: Home, now: str, verify: bool, mend: bool) -> Iterator[Finding]:
    """Submitted files that are gone or changed, releases that are not as frozen, leftovers, and room."""
    yield from _submitted(store, home, verify)
    yield from _releases(store, home)
    yield from _leftovers(store, home, now, mend)
    yield from _writable(home)


def _submitted(store: Store, home: Home, verify: bool) -> Iterator[Finding]:
    with store.reading() as db:
        reports = [r for r in report_store.reports(db) if has_a_file(r)]
        places: dict[str, list[Submission]] = {}
        for s in report_store.submissions(db):
            places.setdefault(s.sha256, []).append(s)
    for report in reports:
        states = {_state(home.root, s, verify) for s in places.get(report.report_id, ())}
        if "whole" in states:
            continue
        name = f"{report.name} ({report.report_id[:12]})"
        if "changed" in states:
            what = f"The file of {name} holds something else now than when it was read."
            cure = "Put the file back as it was; what it holds now goes under another name, and: ctg run"
        else:
            what = f"The file of {name} is gone; its pages cannot be shown."
            cure = f"Put it back from a backup, as {report.path}."
            if home.source:
                cure += f" If it lies at {home.source} still, the next run fetches it: ctg run"
        yield Finding("files", what, cure)


def _state(root: Path, said: Submission, verify: bool) -> str:
    """Whether a file is whole, changed or gone."""
    file = stored_file(root, said.path)
    if file is None:
        return "gone"
    try:
        stat = file.stat()
        if not verify and (stat.st_size, stat.st_mtime_ns) == (said.size, said.mtime_ns):
            return "whole"
        return "whole" if hash_of(file) == said.sha256 else "changed"
    except OSError:
        return "gone"


def _releases(store: Store, home: Home) -> Iterator[Finding]:
    with store.reading() as db:
        known = [r.release_id for r in release_store.releases(db)]
    for release_id in known:
        cure = f"Put its folder back from a backup, then: ctg release verify {release_id}"
        try:
            wrong = verify_release(store, home, release_id)
        except CtgError as error:
            yield Finding("releases", str(error), cure)
            continue
        if wrong:
            what = (
                f"Of {release_id} {', '.join(wrong[:5])} {'is' if len(wrong) == 1 else 'are'} not as frozen."
            )
            yield Finding("releases", what, cure)


def _leftovers(store: Store, home: Home, now: str, mend: bool) -> Iterator[Finding]:
    """What a program was writing when it was killed; what is of the last hour may still be written."""
    until = datetime.fromisoformat(now).timestamp() - _OLD_SECONDS
    left = [p for p in (*_unfinished(home), *_beside(store, home)) if _last_written(p) < until]
    if not left:
        return
    for path in left if mend else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    shown = (p.relative_to(home.root) if p.is_relative_to(home.root) else p for p in left[:5])
    names = ", ".join(map(str, shown))
    cure = "They were deleted." if mend else "Delete them: ctg doctor --mend"
    yield Finding("files", f"{len(left)} unfinished files were left behind ({names}).", cure, mended=mend)


def _unfinished(home: Home) -> Iterator[Path]:
    for folder in (home.root / "data", home.models):
        for path in folder.rglob(".*"):
            own = home.raw not in path.parents or path.name.startswith((".upload-", ".fetch-"))
            named = _LEFT_PICTURE if home.pictures in path.parents else _LEFT
            if own and named.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                yield path


def _beside(store: Store, home: Home) -> Iterator[Path]:
    """What restores left beside the home, and backups where the audit log says that they were written. All
    that is confidential may be in it."""
    begun = f".{home.root.name}{RESTORING}"
    yield from (p for p in _entries(home.root.parent) if p.name.startswith(begun) and p.is_dir())
    with store.reading() as db:
        noted = {str(e.detail.get(FILE, "")) for e in entries(db, subject=BACKUP, what="export")}
    for backup in sorted(map(Path, noted - {""})):
        named = re.compile(rf"\.{re.escape(backup.name)}\.[a-z0-9_]{{8}}")
        yield from (p for p in _entries(backup.parent) if named.fullmatch(p.name))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if not p.is_symlink())
    except OSError:
        return []  # it is another disk's, and away


def _last_written(path: Path) -> float:
    """When something of it was written last; now, where it is just going away."""
    try:
        within = path.rglob("*") if path.is_dir() else ()
        return float(max(p.stat().st_mtime for p in (path, *within)))
    except OSError:
        return math.inf


def _writable(home: Home) -> Iterator[Finding]:
    for folder in (home.root, home.coded, home.models):
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            cure = "Make it, or let who runs ctg write to it (chmod, chown), or free some space."
            yield Finding("folders", f"{folder} cannot be written to: {error.strerror}.", cure)
    free = shutil.disk_usage(home.root).free
    if free < _ROOM_BYTES:
        yield Finding(
            "room", f"Only {free // 1_000_000} MB are free on the disk of {home.root}.", "Free some space."
        )
