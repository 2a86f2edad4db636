"""Users, log-ins and who may do what. Composition of `store` and `passwords`; all of it is logged."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ctg_nlp.errors import PeopleError
from ctg_nlp.passwords import fits, hashed, too_weak
from ctg_nlp.records import Role, User
from ctg_nlp.store import people as people_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.store.people import Session

IDLE = timedelta(hours=12)
"""A session that is not used so long is over."""
ABSOLUTE = timedelta(days=7)
"""After this a user logs in again, whatever they did."""

_LONGEST_NAME = 100
_TOUCHED = timedelta(minutes=5)  # how exactly the last use is known: not every picture is a write
_UNKNOWN = "unknown name"  # people type passwords into the wrong field, so what was typed is not kept


def same_name(name: str) -> str:
    """A name in the form in which it is kept."""
    return unicodedata.normalize("NFC", name).strip()


def add_user(
    store: Store, name: str, role: Role, password: str, *, now: str, who: str, must_change: bool = True
) -> User:
    """Add a user who may log in. `must_change`: with this password only once, to choose an own one.

    Raises `PeopleError` for a name that is taken or none, and for a weak password.
    """
    user = User(_checked_name(name), role, True, must_change, now, who)
    kept = _kept(password, user.name)
    with store.transaction() as db:
        people_store.lock_users(db)
        if user.name.casefold() in {u.name.casefold() for u in people_store.users(db)}:
            raise PeopleError(f"There is a user {user.name} already.")
        people_store.put_user(db, user, kept)
        append(db, now, who, "user added", user.name, {"role": str(role)})
    return user


def set_role(store: Store, name: str, role: Role, *, now: str, who: str) -> User:
    """Give a user another role; their sessions end. Raises `PeopleError` where there is no such user."""
    with store.transaction() as db:
        before = _user(db, name)
        people_store.put_user(db, replace(before, role=role))
        people_store.end_sessions_of(db, before.name)
        append(db, now, who, "role changed", before.name, {"from": str(before.role), "to": str(role)})
    return replace(before, role=role)


def set_active(store: Store, name: str, active: bool, *, now: str, who: str) -> User:
    """Let a user log in, or no more; what they decided stays. Raises `PeopleError` for an unknown name."""
    with store.transaction() as db:
        user = replace(_user(db, name), active=active)
        people_store.put_user(db, user)
        people_store.end_sessions_of(db, user.name)
        append(db, now, who, "user activated" if active else "user deactivated", user.name)
    return user


def set_password(
    store: Store, name: str, password: str, *, now: str, who: str, must_change: bool = True
) -> User:
    """Give a user another password and end their sessions. Raises `PeopleError` as `add_user` does."""
    kept = _kept(password, same_name(name))
    with store.transaction() as db:
        user = replace(_user(db, name), must_change=must_change)
        people_store.put_user(db, user, kept)
        people_store.end_sessions_of(db, user.name)
        append(db, now, who, "password set", user.name)
    return user


def change_password(store: Store, name: str, old: str, new: str, *, now: str) -> None:
    """A user's own change of the password; all their sessions end.

    Raises `PeopleError` where the old one is wrong or the new one weak or the same.
    """
    with store.reading() as db:
        kept = people_store.password_hash(db, name)
    if not fits(kept, old):
        raise PeopleError("The present password is not this one.")
    if fits(kept, new):
        raise PeopleError("The new password is the present one. Choose another.")
    set_password(store, name, new, now=now, who=name, must_change=False)


def _checked_name(name: str) -> str:
    kept = same_name(name)
    if not kept or len(kept) > _LONGEST_NAME or not kept.isprintable():
        raise PeopleError(f"A user's name has 1 to {_LONGEST_NAME} characters that can be printed.")
    return kept


def _kept(password: str, name: str) -> str:
    if why := too_weak(password, name):
        raise PeopleError(why)
    return hashed(password)


def _user(db: Connection, name: str) -> User:
    people_store.lock_users(db)
    user = people_store.user(db, same_name(name))
    if user is None:
        known = ", ".join(u.name for u in people_store.users(db)) or "none"
        raise PeopleError(f"There is no user {same_name(name)[:_LONGEST_NAME]}; there are: {known}.")
    return user


def log_in(store: Store, name: str, password: str, *, now: str, address: str) -> tuple[User, str] | None:
    """The user and the token of a new session, or None. Takes as long for a name that there is not.

    Both is noted: the name only where there is such a user.
    """
    with store.reading() as db:
        user = people_store.user(db, same_name(name))
        kept = people_store.password_hash(db, user.name) if user and user.active else None
    right = fits(kept, password)
    with store.transaction() as db:
        user = people_store.user(db, user.name) if user else None
        if user is None or not right or not user.active:
            append(db, now, user.name if user else _UNKNOWN, "failed log-in", detail={"address": address})
            return None
        token = secrets.token_urlsafe(32)
        people_store.sweep_sessions(db, _before(now, ABSOLUTE), _before(now, IDLE))
        people_store.add_session(db, key_of(token), user.name, now)
        append(db, now, user.name, "log-in", detail={"address": address})
    return user, token


def log_out(store: Store, token: str, *, now: str) -> None:
    """End the session of a token; nothing where there is none."""
    with store.transaction() as db:
        found = people_store.session(db, key_of(token))
        if found is not None:
            people_store.end_session(db, found.key)
            append(db, now, found.user.name, "log-out")


def end_sessions(store: Store, name: str, *, now: str, who: str) -> int:
    """End all sessions of a user, or of everybody where the name is empty: who was logged in has to log in
    again. Returns how many there were. Raises `PeopleError` for an unknown name."""
    with store.transaction() as db:
        user = _user(db, name).name if name else ""
        count = people_store.end_sessions_of(db, user) if user else people_store.end_all_sessions(db)
        append(db, now, who, "sessions ended", user, {"sessions": count})
    return count


def session_of(store: Store, token: str, now: str) -> Session | None:
    """The session of a token, or None where there is none, it is over, or its user was deactivated."""
    with store.reading() as db:
        found = people_store.session(db, key_of(token))
    if found is None or not found.user.active:
        return None
    if found.created_at < _before(now, ABSOLUTE) or found.seen_at < _before(now, IDLE):
        return None
    if found.seen_at < _before(now, _TOUCHED):
        with store.transaction() as db:
            people_store.touch(db, found.key, now)
    return found


def key_of(token: str) -> str:
    """What the store knows of a token: who reads the database cannot use it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _before(now: str, span: timedelta) -> str:
    return (datetime.fromisoformat(now) - span).isoformat(timespec="microseconds")
