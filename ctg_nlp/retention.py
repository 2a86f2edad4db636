"""What is past its time by the settings, and erasing it in the ways that there are. Composition.

Withdrawn reports go by `custody.erase_report`; exports and backups are deleted; the log loses its old lines.
What this program cannot or must not delete is told, for a person to see to.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.backup_file import BACKUP, BackupFile
from ctg_nlp.custody import erase_report
from ctg_nlp.errors import CtgError, HomeError
from ctg_nlp.export.dataset_set import MANIFEST, is_dataset
from ctg_nlp.log_file import LogFile
from ctg_nlp.logbook import log_of
from ctg_nlp.settings import Home
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import FILE, append, entries
from ctg_nlp.store.database import Store

WITHDRAWN, EXPORTS, LOGS, BACKUPS, REBUILDS = "withdrawn", "exports", "logs", "backups", "rebuilds"
KINDS = (WITHDRAWN, EXPORTS, LOGS, BACKUPS, REBUILDS)
_RELEASES = "releases"
_WHY = "Its time has passed (retain_withdrawn)."


@dataclass(frozen=True, slots=True)
class Past:
    """Something that is past its time: of which kind, its name for people, since when it counts (UTC), how
    many things it is, and what it is for the program (an id or path). `by_hand` says why only a person can
    see to it; empty where this program erases it."""

    kind: str
    name: str
    since: str
    count: int
    key: str
    by_hand: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """What was erased, by kind; `left` are files that a person has to delete: submitted files of erased
    reports, and what was written elsewhere."""

    counts: dict[str, int]
    left: tuple[str, ...]


def past_its_time(store: Store, home: Home, now: str, kinds: Sequence[str] = KINDS) -> tuple[Past, ...]:
    """All that is past its time at `now`; of a kind whose setting is 0 nothing is."""
    limits = {kind: _limit(home, kind, now) for kind in kinds}
    found: list[Past] = []
    with store.reading() as db:
        for kind, until in limits.items():
            if until:
                found += _FINDERS[kind](db, home, until)
    return tuple(found)


def erase(store: Store, home: Home, found: Sequence[Past], *, now: str, who: str) -> Gone:
    """Erase what was found and is not to be seen to by hand. It is noted first, so that nothing goes unnoted.

    Raises `CtgError` where something cannot be erased; the rest is found again.
    """
    mine = [p for p in found if not p.by_hand]
    counts = {kind: sum(p.count for p in mine if p.kind == kind) for kind in KINDS[:-1]}
    with store.transaction() as db:
        append(db, now, who, "retention", "", {kind: n for kind, n in counts.items() if n})
    left: list[str] = []
    for item in mine:
        left += _erase_one(store, home, item, now, who)
    log_of(home).note("retention", **counts)
    there = (p for p in dict.fromkeys(left) if not Path(p).is_absolute() or Path(p).exists())
    return Gone(counts, tuple(there))


def _erase_one(store: Store, home: Home, item: Past, now: str, who: str) -> tuple[str, ...]:
    """Erase one thing; returns files that a person has to delete because of it."""
    if item.kind == WITHDRAWN:
        gone = erase_report(store, home, item.key, now=now, who=who, why=_WHY)
        return (gone.path, *gone.elsewhere)
    if item.kind == LOGS:
        _log_file(home).forget(item.key)
        return ()
    path = Path(item.key)
    try:
        if path.is_dir() and is_dataset(path):
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise HomeError(f"{path} cannot be deleted: {error.strerror}. Delete it yourself.") from error
    return ()


def _limit(home: Home, kind: str, now: str) -> str:
    """The time before which things of a kind are past theirs; empty: none is."""
    days = int(getattr(home, f"retain_{kind}"))
    if not days:
        return ""
    return (datetime.fromisoformat(now) - timedelta(days=days)).isoformat(timespec="microseconds")


def _withdrawn(db: Connection, home: Home, until: str) -> Iterator[Past]:
    for report in report_store.reports(db):
        if report.withdrawn_at and report.withdrawn_at < until:
            yield Past(WITHDRAWN, report.name, report.withdrawn_at, 1, report.report_id)


def _exports(db: Connection, home: Home, until: str) -> Iterator[Past]:
    """Files of data/coded that nothing wrote anew, a dataset as one; releases are kept by intent. Then what
    was written elsewhere."""
    limit = datetime.fromisoformat(until).timestamp()
    for path in _export_paths(home):
        changed = path.stat().st_mtime
        if changed < limit:
            since = datetime.fromtimestamp(changed, UTC).isoformat(timespec="microseconds")
            yield Past(EXPORTS, path.relative_to(home.coded).as_posix(), since, 1, str(path))
    coded = home.coded.resolve()
    for name, time in _noted(db, backups=False).items():
        if time < until and Path(name).exists() and coded not in (Path(name), *Path(name).parents):
            yield Past(EXPORTS, name, time, 1, name, "It lies outside data/coded: delete it there.")


def _export_paths(home: Home) -> Iterator[Path]:
    if not home.coded.is_dir():
        return
    sets = [p.parent for p in home.coded.rglob(MANIFEST) if is_dataset(p.parent)]
    for path in sorted(home.coded.rglob("*")):
        inside = any(s in path.parents for s in sets)
        released = path.relative_to(home.coded).parts[0] == _RELEASES
        if path in sets or (path.is_file() and not path.is_symlink() and not inside and not released):
            yield path


def _logs(db: Connection, home: Home, until: str) -> Iterator[Past]:
    count = _log_file(home).older_than(until)
    if count:
        yield Past(LOGS, f"{count} lines of the log", until, count, until)


def _log_file(home: Home) -> LogFile:
    return log_of(home).file


def _backups(db: Connection, home: Home, until: str) -> Iterator[Past]:
    for name, time in _noted(db, backups=True).items():
        if time < until and Path(name).is_file():
            why = "" if _is_backup(Path(name)) else "It is no backup any more, or cannot be read: look at it."
            yield Past(BACKUPS, name, time, 1, name, why)
    for folder in sorted(home.root.parent.glob(f"{home.root.name}.before-*")):
        since = datetime.fromtimestamp(folder.stat().st_mtime, UTC).isoformat(timespec="microseconds")
        if since < until:
            yield Past(BACKUPS, str(folder), since, 1, str(folder), "ctg restore moved it aside: delete it.")


def _is_backup(path: Path) -> bool:
    try:
        with BackupFile(path):
            return True
    except CtgError:
        return False


def _rebuilds(db: Connection, home: Home, until: str) -> Iterator[Past]:
    old = [r.made_at for r in rebuild_store.rebuilds(db) if r.made_at < until]
    if old:
        why = "Codes by the ids of reports, which explain figures that were given out: kept."
        yield Past(REBUILDS, f"{len(old)} kept states of the tables", old[0], len(old), "", why)


def _noted(db: Connection, *, backups: bool) -> dict[str, str]:
    """Files that the audit log says were written, with the last time of each."""
    return {
        str(e.detail[FILE]): e.time
        for e in entries(db, what="export")
        if FILE in e.detail and (e.subject == BACKUP) == backups
    }


_FINDERS = {
    WITHDRAWN: _withdrawn, EXPORTS: _exports, LOGS: _logs, BACKUPS: _backups, REBUILDS: _rebuilds,
}  # fmt: skip
