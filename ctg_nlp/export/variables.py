"""The variables of a dataset: what each column holds, in words, and what stands where there is no value.

A reader must be able to tell "absent" from "nobody decided", so what is missing has a word of its own
everywhere: no cell that is empty means two things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Why(StrEnum):
    """Why there is neither present nor absent, or no value. In words with a space: no id of a code is one."""

    UNDECIDED = "not decided"
    CONFLICT = "in conflict"
    NOT_APPLICABLE = "not applicable"
    NOT_TOLD = "cannot be told"


MEANINGS = {
    Why.UNDECIDED: "no coder has decided it, or only as unsure; this is not absent",
    Why.CONFLICT: "coders disagree and nobody has adjudicated",
    Why.NOT_APPLICABLE: "a dimension of the second stage, and the report is not in its frozen sample",
    Why.NOT_TOLD: "decided: the report does not tell it",
}
NUMBERS = {Why.UNDECIDED: -9, Why.CONFLICT: -8, Why.NOT_APPLICABLE: -7, Why.NOT_TOLD: -6}
"""User-missing values in SPSS."""
LETTERS = {Why.UNDECIDED: "a", Why.CONFLICT: "b", Why.NOT_APPLICABLE: "c", Why.NOT_TOLD: "d"}
"""Extended missing values in Stata: .a to .d."""


WHY = "__why"
"""What the name of the column ends in that says in Parquet why a value is missing."""


class Kind(StrEnum):
    """What the cells of a variable are."""

    MARK = "1, 0 or why not"  # of a code: present, absent, or a `Why`
    NUMBER = "number or why not"
    CHOICE = "code or why not"
    TEXT = "text"
    TIME = "time"  # UTC in ISO 8601, empty where it is not known
    COUNT = "whole number"  # empty where there is none
    SCORE = "number from 0 to 1"

    @property
    def explained(self) -> bool:
        """Whether a cell without a value says why."""
        return self in (Kind.MARK, Kind.NUMBER, Kind.CHOICE)


@dataclass(frozen=True, slots=True)
class Variable:
    """A column. `name` is unique in its table; `label` says in a line what it is, `values` what each value
    means (value, meaning). `dimension` and `code` are set where it comes from the framework. `states`: its
    cells say in words why there is no value."""

    name: str
    kind: Kind
    label: str
    dimension: str = ""
    code: str = ""
    definition: str = ""
    values: tuple[tuple[int | str, str], ...] = ()
    states: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A table of a dataset without its rows. `what` says what one row is. `suggested`: made by a machine,
    and no finding. `about`: it tells of the other tables."""

    name: str
    what: str
    variables: tuple[Variable, ...]
    suggested: bool = False
    about: bool = False


def moment(text: str) -> datetime | None:
    """A time in UTC from ISO 8601, or None for an empty text; a time that names no zone is UTC."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except OverflowError:  # a zone's hours before the first year or after the last
        return found.replace(tzinfo=UTC)


def in_utc(text: str) -> str:
    """A time of ISO 8601 in UTC, in the same form; empty for an empty text."""
    found = None if text.endswith("+00:00") else moment(text)
    return text if found is None else found.isoformat()


def plain_name(text: str) -> str:
    """A text as a name of lower-case letters, digits and underscores, beginning with a letter."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return name if name[:1].isalpha() else f"v_{name}".rstrip("_")


def unique(names: Iterable[str], most: int, reserved: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The names in their order, cut to so many characters, with a number where two would be alike or one is
    `reserved`. The same names give the same names."""
    taken: set[str] = set()
    found = []
    for name in names:
        wanted, number = name[:most].rstrip("_") or "v", 1
        made = wanted
        while made.lower() in taken or made.lower() in reserved:
            number += 1
            ending = f"_{number}"
            made = wanted[: most - len(ending)].rstrip("_") + ending
        taken.add(made.lower())
        found.append(made)
    return tuple(found)


_SPSS_NAME, _STATA_NAME = 64, 32
_SPSS = frozenset("all and by eq ge gt le lt ne not or to with".split())
_STATA = frozenset(
    "_all _b _coef _cons _n _pi _pred _rc _skip byte double float if in int long strl using with".split()
)
_STR = re.compile(r"str\d+")


def statistics_names(variables: Sequence[Variable]) -> tuple[tuple[str, str], ...]:
    """For each variable its name in SPSS (64 characters at most) and in Stata (32).

    In Stata the labels of its values are a thing of its own, whose name is that of the variable with its
    place in the table: so many characters less.
    """
    plain = [_not_a_type(plain_name_kept(v.name)) for v in variables]
    stata = unique(plain, _STATA_NAME - len(str(len(plain))), _STATA)
    return tuple(zip(unique(plain, _SPSS_NAME, _SPSS), stata, strict=True))


def plain_name_kept(name: str) -> str:
    """A name as it is where statistics packages take it, else in plain letters."""
    return name if re.fullmatch(r"[a-z][a-z0-9_]*", name) else plain_name(name)


def _not_a_type(name: str) -> str:
    return f"{name}_x" if _STR.fullmatch(name) else name
