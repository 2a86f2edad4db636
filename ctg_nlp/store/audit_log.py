"""Repository of the audit log: who did what to which report and when, each entry bound to the one before.

An entry's hash covers the entry and the hash before it, so that none can be changed, put in or taken out
without all later hashes changing. The head (number and hash of the last entry) is kept in a table of its own:
it shows a tail that was cut off, and its row is the lock under which entries are added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ctg_nlp.errors import StoreError
from ctg_nlp.store import schema as s

START = "0" * 64
"""What stands for the hash before the first entry."""

FILE = "file"
"""In the detail of an export: where it was written."""

_AT_ONCE = 1000
_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. `subject`: a report's id, a user or a model; `detail`: ids and numbers."""

    sequence: int
    time: str
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]
    previous: str
    hash: str

    def computed(self) -> str:
        """The hash that the entry must have."""
        said = [self.sequence, self.time, self.who, self.what, self.subject, self.detail, self.previous]
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The number and hash of the last entry."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk along the chain found. `broken_at` is the first entry that is wrong, or None; `why` says
    how in words."""

    entries: int
    head: Head
    broken_at: int | None = None
    why: str = ""


def append(
    db: Connection,
    time: str,
    who: str,
    what: str,
    subject: str = "",
    detail: Mapping[str, str | int] | None = None,
) -> None:
    """Add an entry, as the last thing in the transaction that it tells of: others wait until it ends."""
    t = s.audit_head
    last = db.execute(select(t.c.sequence, t.c.hash).where(t.c.one == 1).with_for_update()).first()
    if last is None:
        raise StoreError("The head of the audit log is gone, so nothing can be stored. See: ctg audit verify")
    bare = Entry(last.sequence + 1, time, who[:200], what, subject[:_SUBJECT], detail or {}, last.hash, "")
    values = {name: getattr(bare, name) for name in Entry.__slots__} | {"hash": bare.computed()}
    db.execute(insert(s.audit_log).values(**values))
    db.execute(update(t).where(t.c.one == 1).values(sequence=bare.sequence, hash=values["hash"]))


def head(db: Connection) -> Head | None:
    """The head as it is kept apart, or None where it was removed."""
    row = db.execute(select(s.audit_head.c.sequence, s.audit_head.c.hash)).first()
    return None if row is None else Head(row.sequence, row.hash)


def entries(db: Connection, *, who: str = "", subject: str = "", what: str = "") -> Iterator[Entry]:
    """The entries, oldest first, all or those of a person, on a subject (or its first letters), of a kind."""
    t = s.audit_log
    query = select(t).order_by(t.c.sequence)
    if who:
        query = query.where(t.c.who == who)
    if subject:
        query = query.where(t.c.subject.startswith(subject, autoescape=True))
    if what:
        query = query.where(t.c.what == what)
    for row in db.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield _entry(row)


def _entry(row: Row[Any]) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__slots__})


def walk(db: Connection, noted: Head | None = None) -> Walked:
    """Follow the chain from its start to its head. `noted`: a head that was written down elsewhere before,
    which the chain must still go through."""
    before, last, count = head(db), Head(0, START), 0
    for entry in entries(db):
        why = _wrong(entry, last, before, noted)
        if why:
            return Walked(count, last, entry.sequence, why)
        last, count = Head(entry.sequence, entry.hash), count + 1
    after = head(db)
    if before is None or after is None:
        return Walked(count, last, last.sequence, "the head, which is kept apart, is gone")
    if last.sequence < before.sequence:
        return Walked(count, last, last.sequence + 1, f"the end was cut off; there were {before.sequence}")
    if last.sequence > after.sequence:
        return Walked(count, last, after.sequence + 1, "it was added without the head")
    if noted is not None and last.sequence < noted.sequence:
        return Walked(count, last, last.sequence + 1, f"the end was cut off; there were {noted.sequence}")
    return Walked(count, last)


def _wrong(entry: Entry, last: Head, kept: Head | None, noted: Head | None) -> str:
    """What is wrong with an entry that follows `last`, or empty."""
    if entry.sequence != last.sequence + 1:
        return f"entry {last.sequence + 1} is missing before it"
    if entry.previous != last.hash:
        return "it does not follow from the entry before"
    if entry.hash != entry.computed():
        return "it was changed"
    if kept is not None and entry.sequence == kept.sequence and entry.hash != kept.hash:
        return "it is not the entry that the head, which is kept apart, was made of"
    if noted is not None and entry.sequence == noted.sequence and entry.hash != noted.hash:
        return "it is not the entry that was noted"
    return ""
