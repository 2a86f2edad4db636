"""What is told of releases: each with its tables and all that people did with it. Composition of `store` and
`export`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.export.release import table_from
from ctg_nlp.framework import Framework
from ctg_nlp.kept_frameworks import kept_framework
from ctg_nlp.rebuilds import dataset_of
from ctg_nlp.records import Dataset, FrozenTable, Release, ReleaseEvent, ReleaseState
from ctg_nlp.settings import Home
from ctg_nlp.store import releases as release_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.shown import ShownTable

DRAFT_MARK = "DRAFT"
UNPUBLISHED = (ReleaseState.DRAFT, ReleaseState.ASSURED, ReleaseState.APPROVED)


@dataclass(frozen=True, slots=True)
class Told:
    """A release with its tables and all that was done with it."""

    release: Release
    tables: tuple[FrozenTable, ...]
    events: tuple[ReleaseEvent, ...]

    @property
    def state(self) -> ReleaseState:
        """Where it stands now."""
        return self.events[-1].state

    @property
    def mark(self) -> str:
        """What every page and file of it must carry now: "DRAFT", "CORRECTED", "WITHDRAWN", or nothing."""
        if not self.events or self.state in UNPUBLISHED:
            return DRAFT_MARK
        return "" if self.state is ReleaseState.PUBLISHED else self.state.upper()

    @property
    def shown(self) -> tuple[ShownTable, ...]:
        """Its tables as they are printed."""
        return tuple(table_from(t.shown) for t in self.tables)


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A cell that a correction prints otherwise."""

    table: str
    row: str
    column: str
    old: str
    new: str


def told_of(store: Store, release_id: str) -> Told:
    """A release by its id, the first letters of it, or its number. Raises `CtgError` where there is none."""
    with store.reading() as db:
        return told(db, find(db, release_id))


def all_releases(store: Store) -> tuple[Told, ...]:
    """All releases, oldest first."""
    with store.reading() as db:
        return tuple(told(db, r) for r in release_store.releases(db))


def told(db: Connection, release: Release) -> Told:
    """A release with its tables and events."""
    tables = release_store.frozen_tables(db, release.release_id)
    return Told(release, tables, release_store.events(db, release.release_id))


def find(db: Connection, name: str) -> Release:
    """A release by its id, the first letters of it, or its number. Raises `CtgError` where there is none."""
    known = release_store.releases(db)
    exact = [r for r in known if name in (r.release_id, str(r.sequence))]
    found = exact or [r for r in known if name and r.release_id.startswith(name)]
    if len(found) != 1:
        said = ", ".join(r.release_id for r in known) or "none yet"
        raise CtgError(
            f"{'Several releases begin with' if found else 'There is no release'} {name}; there are: {said}."
        )
    return found[0]


def corrections(store: Store, of: Told) -> tuple[ChangedCell, ...]:
    """The cells that a correction prints otherwise than the release that it supersedes."""
    if not of.release.supersedes:
        return ()
    with store.reading() as db:
        old = _cells(told(db, find(db, of.release.supersedes)).shown)
    new = _cells(of.shown)
    return tuple(
        ChangedCell(*key, old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    )


def _cells(tables: Sequence[ShownTable]) -> dict[tuple[str, str, str], str]:
    return {
        (t.id, r.id, label): f"{c.n} of {c.of}" if c.of else c.n
        for t in tables
        for r in t.rows
        for label, c in zip(t.columns, r.cells, strict=False)
    }


def frozen_data(store: Store, of: Told) -> tuple[Framework, Dataset]:
    """What a release was made of: its framework and its dataset, without reports that were erased since.
    Raises `CtgError` where the text of the framework is gone."""
    with store.reading() as db:
        return read_frozen_data(db, of.release)


def read_frozen_data(db: Connection, release: Release) -> tuple[Framework, Dataset]:
    """`frozen_data` in a transaction that is open."""
    framework = kept_framework(db, release.framework_id)
    return framework, dataset_of(db, release.rebuild_id, framework)


def folder_of(home: Home, release: Release) -> Path:
    """Where its files are."""
    return home.coded / "releases" / release.release_id
