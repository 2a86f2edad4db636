"""Who the coders of a foreign file are here, in which role they may speak, and when they spoke."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.errors import DecisionsError
from ctg_nlp.exchange.foreign import Brought
from ctg_nlp.records import Answer, Role
from ctg_nlp.review.decisions import DecisionLine, parse_line
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import people as people_store

_LONGEST_NAME = 100  # as that of a user
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class KnownPeople:
    """The people of a store: `names` of users and coders, and who spoke or may speak in which role.

    Of names that differ in capitals alone the first one given is the person.
    """

    def __init__(self, names: Iterable[str], roles: Iterable[tuple[str, str]]) -> None:
        self._exact = dict.fromkeys(names)
        self._alike: dict[str, str] = {}
        for name in self._exact:
            self._alike.setdefault(_plain(name).casefold(), name)
        self._roles = set(roles)

    def here(self, name: str) -> str:
        """The name as it is written here; one that is new is written so from now on."""
        if name in self._exact:
            return name
        return self._alike.setdefault(_plain(name).casefold(), _plain(name))

    def may(self, name: str, role: str) -> bool:
        """Whether somebody's answers count in a role without anybody saying so."""
        return role == "coder" or (name, role) in self._roles


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def known_people(db: Connection) -> KnownPeople:
    """The users and coders of a store; users first, since a name is theirs to choose."""
    users = people_store.users(db)
    spoke = decision_store.coders(db)
    may = {(u.name, "adjudicator") for u in users if u.role in (Role.ADJUDICATOR, Role.LEAD)}
    return KnownPeople((*(u.name for u in users), *(name for name, _ in spoke)), may | set(spoke))


def line_of(b: Brought) -> DecisionLine:
    """What was brought as a line of decisions, by the same checks as a file of these.

    Raises `DecisionsError` for a name, role, time or sign that no line may have.
    """
    if len(b.coder) > _LONGEST_NAME or _CONTROL.search(b.coder):
        raise DecisionsError(
            f"the coder's name has line breaks or more than {_LONGEST_NAME} characters; "
            "say who it is with --coder"
        )
    dimension, code = b.key
    told = {name: getattr(b, name) for name in ("coder", "role", "time", "framework", "note")}
    data: dict[str, Any] = {"report": "this one", "dimension": dimension, **told}
    if code is None:
        data |= {"value": b.value} | ({"unsure": ["value"]} if b.answer is Answer.UNSURE else {})
    else:
        keys = {"codes": Answer.PRESENT, "absent": Answer.ABSENT, "unsure": Answer.UNSURE}
        data |= {key: [code] if b.answer is answer else [] for key, answer in keys.items()}
    return parse_line(data | {"evidence": {code or "value": [q.text for q in b.quotes]}})


def moment(time: str) -> datetime | None:
    """A time in ISO 8601, without a zone taken as UTC; None where none is told."""
    try:
        told = datetime.fromisoformat(time)
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def in_order(time: str) -> datetime:
    """The same to sort by; what has no time comes first."""
    return moment(time) or _BEGINNING
