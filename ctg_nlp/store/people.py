"""Repository of users and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from ctg_nlp.records import Role, User
from ctg_nlp.store import schema as s

_FIELDS = tuple(User.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in that lasts. `key` is the hash of the token that the browser has."""

    key: str
    user: User
    created_at: str
    seen_at: str


def any_users(db: Connection) -> bool:
    """Whether there is any user, active or not: from then on people must log in."""
    return db.execute(select(s.person.c.name).limit(1)).first() is not None


def users(db: Connection) -> tuple[User, ...]:
    """All users by name."""
    return tuple(_user(row) for row in db.execute(select(s.person).order_by(s.person.c.name)))


def user(db: Connection, name: str) -> User | None:
    """The user of that name, or None."""
    row = db.execute(select(s.person).where(s.person.c.name == name)).first()
    return None if row is None else _user(row)


def password_hash(db: Connection, name: str) -> str | None:
    """The stored hash of a user's password, or None where there is no such user."""
    return db.execute(select(s.person.c.password_hash).where(s.person.c.name == name)).scalar_one_or_none()


def lock_users(db: Connection) -> None:
    """Let nobody else add or change users until the transaction ends."""
    db.execute(select(s.person.c.name).with_for_update()).all()


def put_user(db: Connection, user: User, password_hash: str = "") -> None:
    """Store a user, or what changed of one; without a hash the password stays as it is."""
    values = {name: getattr(user, name) for name in _FIELDS} | {"role": str(user.role)}
    if password_hash:
        values["password_hash"] = password_hash
    known = s.person.c.name == user.name
    if db.execute(select(s.person.c.name).where(known)).first() is None:
        db.execute(insert(s.person).values(**values))
    else:
        db.execute(update(s.person).where(known).values(**values))


def _user(row: Row[Any]) -> User:
    return User(**{name: getattr(row, name) for name in _FIELDS} | {"role": Role(row.role)})


def add_session(db: Connection, key: str, name: str, now: str) -> None:
    """Note a log-in."""
    db.execute(insert(s.session).values(token_hash=key, name=name, created_at=now, seen_at=now))


def session(db: Connection, key: str) -> Session | None:
    """The session of that key, expired or not, or None."""
    t = s.session
    query = select(s.person, t.c.created_at.label("begun"), t.c.seen_at).join(t, t.c.name == s.person.c.name)
    row = db.execute(query.where(t.c.token_hash == key)).first()
    return None if row is None else Session(key, _user(row), row.begun, row.seen_at)


def touch(db: Connection, key: str, now: str) -> None:
    """Note that a session is in use."""
    db.execute(update(s.session).where(s.session.c.token_hash == key).values(seen_at=now))


def end_session(db: Connection, key: str) -> None:
    """End one session."""
    db.execute(delete(s.session).where(s.session.c.token_hash == key))


def end_sessions_of(db: Connection, name: str) -> int:
    """End all sessions of a user. Returns how many there were."""
    return db.execute(delete(s.session).where(s.session.c.name == name)).rowcount


def end_all_sessions(db: Connection) -> int:
    """End the sessions of everybody. Returns how many there were."""
    return db.execute(delete(s.session)).rowcount


def sweep_sessions(db: Connection, begun_before: str, seen_before: str) -> None:
    """Forget sessions that are over."""
    t = s.session
    db.execute(delete(t).where((t.c.created_at < begun_before) | (t.c.seen_at < seen_before)))
