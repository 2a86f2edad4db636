"""Tokens by which programs read in the name of a person: made, shown once, used, revoked. All is logged.

Composition of `store` and `people`. What a token opens is what its person may see at that moment, and of that
only its scopes.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ctg_nlp.errors import PeopleError
from ctg_nlp.people import key_of, same_name
from ctg_nlp.records import ApiToken, Role, Scope, User
from ctg_nlp.store import people as people_store
from ctg_nlp.store import tokens as token_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store

DAYS, MOST_DAYS = 90, 366
PREFIX = "ctg_"
"""With this every token begins, so that one that was published by mistake can be looked for."""

_LONGEST = 100
_TOUCHED = timedelta(minutes=5)  # how exactly the last use is known: not every read is a write


def make_token(
    store: Store, name: str, scopes: Collection[Scope], label: str, *, days: int = DAYS, now: str, who: str
) -> tuple[ApiToken, str]:
    """A new token for a person, and what the program has to send: kept nowhere, so shown this once.

    Raises `PeopleError` for somebody who is not known or may see no report, no scope, a label that is none,
    and too long a life.
    """
    _check(scopes, label, days)
    token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    said = f"{PREFIX}{token_id}_{secret}"
    with store.transaction() as db:
        user = _reader(db, name, scopes)
        expires = datetime.fromisoformat(now) + timedelta(days=days)
        token = ApiToken(
            token_id,
            user.name,
            label,
            frozenset(scopes),
            now,
            who,
            expires.isoformat(timespec="microseconds"),
        )
        token_store.add(db, token, key_of(said))
        noted: dict[str, str | int] = {"token": token_id, "scopes": " ".join(sorted(scopes)), "days": days}
        append(db, now, who, "token made", user.name, noted)
    return token, said


def _check(scopes: Collection[Scope], label: str, days: int) -> None:
    if not scopes:
        raise PeopleError(f"Say what the token may read: {', '.join(Scope)}.")
    if not label.strip() or len(label) > _LONGEST or not label.isprintable():
        raise PeopleError(f"Say in 1 to {_LONGEST} characters which program the token is for.")
    if not 1 <= days <= MOST_DAYS:
        raise PeopleError(f"A token lasts 1 to {MOST_DAYS} days, not {days}.")


def _reader(db: Connection, name: str, scopes: Collection[Scope]) -> User:
    """The user of that name. Raises `PeopleError` where a token could open nothing for them."""
    user = people_store.user(db, same_name(name))
    if user is None:
        known = ", ".join(u.name for u in people_store.users(db)) or "none"
        raise PeopleError(f"There is no user {same_name(name)[:_LONGEST]}; there are: {known}.")
    if not user.active:
        raise PeopleError(f"{user.name} was deactivated, so no program reads in their name.")
    if user.role is Role.ADMINISTRATOR and set(scopes) != {Scope.METRICS}:
        raise PeopleError(f"{user.name} is an administrator and sees no report: a token would open nothing.")
    return user


def revoke_token(store: Store, token_id: str, *, now: str, who: str) -> ApiToken:
    """End a token at once. Returns it as it was. Raises `PeopleError` where there is none by this id, or it
    was revoked before."""
    with store.transaction() as db:
        known = {t.token_id: t for t in token_store.tokens(db)}
        found = known.get(token_id)
        if found is None:
            raise PeopleError(f"There is no token {token_id[:20]}; there are: {', '.join(known) or 'none'}.")
        if found.revoked_at:
            raise PeopleError(f"The token {token_id} was revoked on {found.revoked_at[:10]} already.")
        token_store.revoke(db, token_id, now, who)
        append(db, now, who, "token revoked", found.name, {"token": token_id})
    return found


def token_of(store: Store, said: str, now: str) -> tuple[ApiToken, User] | None:
    """The token that a program sent, with its person as they are now; None where there is none, it expired
    or was revoked, or its person was deactivated."""
    if not said.startswith(PREFIX):
        return None
    with store.reading() as db:
        found = token_store.by_hash(db, key_of(said))
    if found is None or not is_good(*found, now):
        return None
    token = found[0]
    if not token.seen_at or token.seen_at < _moved(now, -_TOUCHED):
        with store.transaction() as db:
            token_store.touch(db, token.token_id, now)
    return found


def is_good(token: ApiToken, user: User, now: str) -> bool:
    """Whether the token opens anything at that time."""
    return user.active and not token.revoked_at and now < token.expires_at


def _moved(now: str, span: timedelta) -> str:
    return (datetime.fromisoformat(now) + span).isoformat(timespec="microseconds")
