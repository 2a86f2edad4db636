"""Whether a release is as it was frozen, and comes out the same when it is made again. Composition."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError
from ctg_nlp.export.release import changed_files, csv_of, sha256_of, table_from
from ctg_nlp.published_before import published_tables
from ctg_nlp.rebuilds import code_version, data_hash
from ctg_nlp.records import Dataset, Release
from ctg_nlp.release_files import release_files
from ctg_nlp.release_making import left_out, plain_tables
from ctg_nlp.release_told import Told, find, folder_of, read_frozen_data, told, told_of
from ctg_nlp.settings import Home
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.disclosure import Rules, controlled


@dataclass(frozen=True, slots=True)
class Remade:
    """What making a release again came to: ids of tables that are `different`, reports `erased` since (then
    the tables cannot be made again; their kept numbers stay), the program then and now."""

    release_id: str
    tables: int
    different: tuple[str, ...]
    erased: int
    code_then: str
    code_now: str


def remake(store: Store, release_id: str) -> Remade:
    """Make all tables of a release again, from the kept rebuild and the stored text of its framework, and
    compare them byte for byte.

    Raises `CtgError` where there is no such release, or what it was made of is not as it was kept.
    """
    with store.reading() as db:
        frozen = told(db, find(db, release_id))
        release = frozen.release
        framework, data = read_frozen_data(db, release)
        before = published_tables(db, framework, release.earlier)
        erased = _erased(db, release, data)
    kept = {t.table_id: t.sha256 for t in frozen.tables}
    versions = release.code_version, code_version()
    if erased:
        return Remade(release.release_id, len(kept), (), erased, *versions)
    tables = plain_tables(framework, data, release.by, left_out(framework, kept))
    made = {t.id: sha256_of(csv_of(t)) for t in controlled(tables, Rules(*release.rules), before)}
    different = tuple(t for t in dict.fromkeys((*kept, *made)) if kept.get(t) != made.get(t))
    return Remade(release.release_id, len(kept), different, 0, *versions)


def _erased(db: Connection, release: Release, data: Dataset) -> int:
    """How many reports of a release were erased since. Raises `CtgError` where its data is not what it was
    made of without them."""
    kept = release_store.frozen_report(db, release.release_id)
    if kept is None or data_hash(data) != kept.data_hash:
        raise CtgError(
            f"What {release.release_id} was made of was changed in the database: the rebuild "
            f"{release.rebuild_id} has another hash than was frozen, and no erasure explains it. Its tables "
            "cannot be made again; look for when it happened in your backups."
        )
    counted = next(r.reports for r in rebuild_store.rebuilds(db) if r.rebuild_id == release.rebuild_id)
    return counted - len(data.reports)


def verify(store: Store, home: Home, release_id: str) -> tuple[str, ...]:
    """What of a release is not as it was frozen: files that are not what the database says, are gone or are
    no part of it; tables and the report in the database whose checksum is another. Empty: all is whole."""
    frozen = told_of(store, release_id)
    expected = {name: sha256_of(text) for name, text in release_files(store, frozen).items()}
    with store.reading() as db:
        expected |= release_store.noted_files(db, frozen.release.release_id)
    wrong = changed_files(folder_of(home, frozen.release), expected)
    return (*wrong, *_changed_rows(store, frozen))


def _changed_rows(store: Store, frozen: Told) -> tuple[str, ...]:
    tables = [t.table_id for t in frozen.tables if sha256_of(csv_of(table_from(t.shown))) != t.sha256]
    with store.reading() as db:
        report = release_store.frozen_report(db, frozen.release.release_id)
    whole = report is not None and sha256_of(report.contents) == report.sha256
    said = [f"table {t} in the database" for t in tables]
    return tuple(said if whole else [*said, "the report in the database"])
