"""The tables that were published before, by the names of now: new ones are looked at together with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from ctg_nlp.export.release import table_from
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.names import Names
from ctg_nlp.records import Release, ReleaseState
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.synthesis.changes import CellKey
from ctg_nlp.synthesis.shown import ShownTable


def published_releases(db: Connection) -> tuple[Release, ...]:
    """All that were ever public: what was said cannot be unsaid, so withdrawn ones count too."""
    out = {e.release_id for e in release_store.events(db) if e.state is ReleaseState.PUBLISHED}
    return tuple(r for r in release_store.releases(db) if r.release_id in out)


def published_tables(
    db: Connection, framework: Framework, releases: Collection[str] | None = None
) -> tuple[ShownTable, ...]:
    """The tables of these releases, or of all that were published, as a framework calls their rows and
    columns now: after a renaming they are still the same figures."""
    chosen = [r for r in release_store.releases(db) if r.release_id in (releases or ())]
    found = published_releases(db) if releases is None else chosen
    return tuple(
        _by_names_of(names, table_from(t.shown))
        for r in found
        for names in (_names(db, r, framework),)
        for t in release_store.frozen_tables(db, r.release_id)
    )


def _names(db: Connection, release: Release, framework: Framework) -> Names | None:
    """None where nothing is called otherwise, as far as is known: the text of then may be gone."""
    if release.framework_id == framework.framework_id:
        return None
    source = suggestion_store.framework_source(db, release.framework_id)
    return None if source is None else Names(read_framework(release.framework_id, source), framework)


def _by_names_of(names: Names | None, table: ShownTable) -> ShownTable:
    if names is None:
        return table
    dimension, _, by = table.id.partition(" by ")
    now = names.tables.get(dimension, dimension)
    by_now = names.tables.get(by, by)
    rows = tuple(replace(r, id=names.now(CellKey(dimension, r.id)).row) for r in table.rows)
    labels = _labels(names, by, by_now) if by else {}
    columns = tuple(labels.get(label, label) for label in table.columns)
    return replace(table, id=f"{now} by {by_now}" if by else now, rows=rows, columns=columns)


def _labels(names: Names, by: str, by_now: str) -> Mapping[str, str]:
    """What the columns of a breakdown by a dimension are headed now, by what they were."""
    then, now = names.old.dimension(by), names.new.dimension(by_now)
    if then is None or now is None:
        return {}
    called = {c.id: c.label for c in now.codes}
    moved = {c.label: names.now(CellKey(by, c.id)).row for c in then.codes}
    return {label: called[row] for label, row in moved.items() if row in called}
