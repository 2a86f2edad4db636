"""Repository of the tokens by which programs read in the name of a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ctg_nlp.records import ApiToken, Role, Scope, User
from ctg_nlp.store import schema as s

_T, _P = s.api_token.c, s.person.c
_KEPT = tuple(ApiToken.__dataclass_fields__)
_MAYBE = ("revoked_at", "revoked_by", "seen_at")
_USER = tuple(User.__dataclass_fields__)


def add(db: Connection, token: ApiToken, token_hash: str) -> None:
    """Keep a token by its hash."""
    values = {name: getattr(token, name) for name in _KEPT}
    values |= {name: values[name] or None for name in _MAYBE}
    values |= {"scopes": sorted(token.scopes), "token_hash": token_hash}
    db.execute(insert(s.api_token).values(**values))


def tokens(db: Connection) -> tuple[ApiToken, ...]:
    """All tokens that were ever made, oldest first."""
    query = select(s.api_token).order_by(_T.created_at, _T.token_id)
    return tuple(_token(row) for row in db.execute(query))


def by_hash(db: Connection, token_hash: str) -> tuple[ApiToken, User] | None:
    """The token of that hash with its person, whether it is good or not; None where there is none."""
    person = [_P[name].label(f"person_{name}") for name in _USER]
    query = select(s.api_token, *person).join(s.person, _P.name == _T.name)
    row = db.execute(query.where(_T.token_hash == token_hash)).first()
    if row is None:
        return None
    values = {name: getattr(row, f"person_{name}") for name in _USER}
    return _token(row), User(**values | {"role": Role(values["role"])})


def revoke(db: Connection, token_id: str, now: str, who: str) -> None:
    """End a token that was not ended before."""
    ended = update(s.api_token).where(_T.token_id == token_id, _T.revoked_at.is_(None))
    db.execute(ended.values(revoked_at=now, revoked_by=who))


def touch(db: Connection, token_id: str, now: str) -> None:
    """Note that a token is in use."""
    db.execute(update(s.api_token).where(_T.token_id == token_id).values(seen_at=now))


def _token(row: Row[Any]) -> ApiToken:
    values = {name: getattr(row, name) for name in _KEPT}
    values |= {name: values[name] or "" for name in _MAYBE}
    return ApiToken(**values | {"scopes": frozenset(map(Scope, row.scopes))})
