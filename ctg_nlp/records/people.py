"""Who may do what, who codes what, and the audit sample."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a user may do. A lead may also do what adjudicators and coders may; an administrator manages
    users and sees no report."""

    CODER = "coder"
    ADJUDICATOR = "adjudicator"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in. Users are never deleted, since decisions carry their names: deactivated ones
    cannot log in."""

    name: str
    role: Role
    active: bool = True
    must_change: bool = False  # the password was set by somebody else
    created_at: str = ""
    created_by: str = ""


class Scope(StrEnum):
    """What a token lets a program read, within what its person may see."""

    REPORTS = "reports"  # which reports there are
    TEXT = "text"  # their passages
    DECISIONS = "decisions"  # what coders said with their quotes, and what that comes to
    SUGGESTIONS = "suggestions"  # what a model proposes
    TABLES = "tables"
    EXPORTS = "exports"  # files that were written
    METRICS = "metrics"  # figures for a program that watches the server


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token by which a program reads in the name of a person; the token itself is kept nowhere.

    Times are UTC in ISO 8601. `revoked_at` and `seen_at` (its last use, to five minutes) may be empty.
    """

    token_id: str
    name: str
    label: str
    scopes: frozenset[Scope]
    created_at: str
    created_by: str
    expires_at: str
    revoked_at: str = ""
    revoked_by: str = ""
    seen_at: str = ""


class Purpose(StrEnum):
    """Why a coder is to code a report. All but `CODING` are coded blind until they are locked."""

    AUDIT = "audit"  # in the audit sample
    DOUBLE = "double"  # a second, independent coding
    TRAINING = "training"  # compared with what was agreed; never counts
    CODING = "coding"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A report that a coder is to code. `locked_at` is empty until their blind coding of it is closed."""

    report_id: str
    coder: str
    purpose: Purpose
    position: int
    assigned_at: str
    assigned_by: str
    locked_at: str = ""

    @property
    def blind(self) -> bool:
        """Whether suggestions and others' answers are to be kept from the coder."""
        return self.purpose is not Purpose.CODING and not self.locked_at


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of the audit sample: `size` of `population` reports, each with the same probability.

    Later arrivals are drawn in a draw, and so a stratum, of their own.
    """

    draw: int
    seed: int
    population: int
    size: int
    drawn_at: str
    drawn_by: str


@dataclass(frozen=True, slots=True)
class AuditUnit:
    """A report of a draw's population with its permanent random number; `position` counts the sampled ones
    from 1 in the order in which they are coded, and is 0 for the others."""

    report_id: str
    draw: int
    number: float
    position: int
