"""Sets that are given out part by part: where a part begins, where it ends, and how that is written. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ctg_nlp.errors import CtgError

Row = tuple[Any, ...]
_MOST = 2**53  # whole numbers that every reader of JSON takes


class WrongCursor(CtgError):
    """A cursor that is none, or of another question, or of what is not so any more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part begins: at a number in an order that only grows, and so many rows of it left out."""

    at: int = 0
    past: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a set; `next` is where the next part begins, None at the end. `left_out`: so many reports
    are open, but not what was said of them."""

    rows: tuple[Row, ...]
    next: Place | None
    left_out: int = 0


def cut(
    groups: Iterable[tuple[int, Sequence[Row]]], begin: Place, most: int
) -> tuple[tuple[Row, ...], Place | None]:
    """The first rows from a place on, at most so many, and where the next ones are; `groups` are rows by
    their number, in order, from `begin.at` on."""
    found: list[Row] = []
    for number, rows in groups:
        past = begin.past if number == begin.at else 0
        room = most - len(found)
        if len(rows) - past > room:
            return (*found, *rows[past : past + room]), Place(number, past + room)
        found += rows[past:]
    return tuple(found), None


def fingerprint(*asked: str | None) -> str:
    """What a cursor is of, in a few letters."""
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]


def written(place: Place | None, of: str) -> str | None:
    """A place as a cursor."""
    if place is None:
        return None
    said = json.dumps([of, place.at, place.past], separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(cursor: str, of: str) -> Place:
    """The place that a cursor names; the beginning where it is empty. Raises `WrongCursor`."""
    if not cursor:
        return Place()
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        was, at, past = said
        place = Place(int(at), int(past))
    except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as error:
        raise WrongCursor(
            "This is no cursor of ours. Send back `next` of the part before as it was."
        ) from error
    if not (0 <= place.at < _MOST and 0 <= place.past < _MOST):
        raise WrongCursor("This is no cursor of ours. Send back `next` of the part before as it was.")
    if was != of:
        raise WrongCursor(
            "This cursor is of another question, or of what is not so any more (another framework or model). "
            "Begin again without it."
        )
    return place
