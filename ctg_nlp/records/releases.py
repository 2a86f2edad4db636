"""Releases: tables that were frozen, and what people did with them, one act after another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReleaseState(StrEnum):
    """Where a release stands. Only a published one may leave the house."""

    DRAFT = "draft"
    ASSURED = "quality-assured"
    APPROVED = "approved"
    PUBLISHED = "published"
    CORRECTED = "corrected"  # a later release supersedes it; it stays readable
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """One act: a release came to a state by a person, at a time (UTC, ISO 8601), with their reason."""

    release_id: str
    state: ReleaseState
    who: str
    time: str
    why: str


@dataclass(frozen=True, slots=True)
class FrozenTable:
    """A table as it was frozen. `shown` is its JSON, `sha256` that of its CSV; `verdict` and `quality` say
    how far it can be relied on, in sentences."""

    table_id: str
    shown: str
    sha256: str
    verdict: str
    quality: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrozenReport:
    """The report of a release as it was frozen: its `contents` as JSON without what changes with the state,
    and their checksum. `data_hash`: of what the release was made of, without reports that were erased."""

    contents: str
    sha256: str
    data_hash: str


@dataclass(frozen=True, slots=True)
class Release:
    """What a release was made of. `rules` and `by` (breakdowns) are how, `earlier` the releases that had been
    published when it was; `supersedes` is the one that it corrects, or empty."""

    release_id: str
    title: str
    sequence: int
    rebuild_id: str
    framework_id: str
    data_hash: str
    model_id: str
    code_version: str
    rules: tuple[int, bool, int]
    by: tuple[str, ...]
    earlier: tuple[str, ...]
    supersedes: str
    made_by: str
    made_at: str
