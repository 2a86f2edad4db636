"""Repository of the run lock: which run has the store to itself, and whether it still lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from ctg_nlp.errors import RunIncomplete
from ctg_nlp.store import schema as s
from ctg_nlp.store.database import Store

_NAME = "run"


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that holds the lock. `process` tells a process within its `place` (a machine since it was
    started); `beats` grows while it lives."""

    owner: str
    what: str
    host: str
    place: str
    process: str
    started_at: str
    beat_at: str
    beats: int = 0


def holder(db: Connection) -> Holder | None:
    """Who holds the lock, or None."""
    row = db.execute(select(s.run_lock).where(s.run_lock.c.name == _NAME)).first()
    return None if row is None else Holder(*(getattr(row, name) for name in Holder.__slots__))


def take(db: Connection, new: Holder) -> bool:
    """Take the lock where nobody holds it. Returns whether that went well."""
    values = {name: getattr(new, name) for name in Holder.__slots__}
    try:
        with db.begin_nested():  # of two that try at once PostgreSQL refuses one
            db.execute(insert(s.run_lock).values(name=_NAME, **values))
    except IntegrityError:
        return False
    return True


def take_over(db: Connection, seen: Holder, new: Holder) -> bool:
    """Take the lock from a run, unless that gave a sign of life since it was `seen`. Returns whether."""
    values = {name: getattr(new, name) for name in Holder.__slots__}
    t = s.run_lock.c
    of = update(s.run_lock).where(t.name == _NAME, t.owner == seen.owner, t.beats == seen.beats)
    return db.execute(of.values(**values)).rowcount == 1


def beat(db: Connection, owner: str, now: str) -> bool:
    """A sign of life of a run. Returns whether it holds the lock still."""
    t = s.run_lock.c
    mine = update(s.run_lock).where(t.name == _NAME, t.owner == owner)
    return db.execute(mine.values(beat_at=now, beats=t.beats + 1)).rowcount == 1


def give_back(db: Connection, owner: str) -> None:
    """End the hold of a run; that of another stays."""
    db.execute(delete(s.run_lock).where(s.run_lock.c.owner == owner))


class HeldStore(Store):
    """The store as the run that holds the lock sees it: it can write only as long as it holds it."""

    def __init__(self, store: Store, owner: str) -> None:
        self.engine, self._turn, self.owner = store.engine, store._turn, owner

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction. Raises `RunIncomplete` where another run took the place of this one."""
        with super().transaction() as db:
            # FOR SHARE: PostgreSQL lets nobody take over before this transaction is through.
            held = select(s.run_lock.c.owner).where(s.run_lock.c.owner == self.owner)
            if db.execute(held.with_for_update(read=True)).first() is None:
                raise RunIncomplete(
                    "Another run took the place of this one, which gave no sign of life for a while. What "
                    "was finished is stored; nothing more is written."
                )
            yield db
