"""Which cells of the tables changed since a rebuild, and why. Composition of `rebuilds`, `causes` and
`cell_changes`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ctg_nlp.causes import Cause, Causes, Why
from ctg_nlp.cell_changes import CellChange, Known, Moved, Side, cell_change
from ctg_nlp.dataset import read_dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.kept_frameworks import kept_framework
from ctg_nlp.names import Names
from ctg_nlp.rebuilds import data_hash, dataset_of
from ctg_nlp.records import Dataset, Decision, Rebuild
from ctg_nlp.resolved import states_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store
from ctg_nlp.store.rebuilds import Event
from ctg_nlp.synthesis.changes import Asked, CellKey, Count, cells, differing, dimensions, only, totals
from ctg_nlp.tabulation import Tabulation
from ctg_nlp.tallies import refresh


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a rebuild. `erased`: how many reports were erased since, which may be missing from
    a breakdown before."""

    rebuild: Rebuild
    framework_id: str
    cells: tuple[CellChange, ...]
    erased: int = 0


def changes_since(store: Store, home: Home, since: str, asked: Asked | None = None) -> Changes:
    """The cells that changed since a rebuild: its id, a date (the last rebuild of that day or before), or
    "last" (the last one whose data were other than now). Raises `CtgError` where there is no such rebuild."""
    refresh(store, home.framework)
    with store.reading() as db:
        after = read_dataset(db, home.framework)
        now = data_hash(after) if since == "last" else ""
        rebuild = chosen(rebuild_store.rebuilds(db), since, now)
        return _changes(db, home.framework, rebuild, after, asked or Asked())


def chosen(kept: Sequence[Rebuild], since: str, now: str) -> Rebuild:
    """The rebuild that is meant; `now` is the hash of the data as they are."""
    found = [r for r in kept if r.rebuild_id == since]
    if since == "last":
        found = [r for r in kept if r.data_hash != now] or list(kept)
    elif not found and len(since) == 10:
        found = [r for r in kept if r.made_at[:10] <= since]
    if not found:
        last = ", ".join(r.rebuild_id for r in kept[-5:])
        said = f"the last ones are {last}" if last else "none was kept yet: ctg tables --write keeps one"
        raise CtgError(f"There is no rebuild {since} (an id, a date or `last`): {said}.")
    return found[-1]


def _changes(db: Connection, framework: Framework, rebuild: Rebuild, after: Dataset, asked: Asked) -> Changes:
    old = kept_framework(db, rebuild.framework_id, framework)
    before = dataset_of(db, rebuild.rebuild_id, old)
    events = tuple(rebuild_store.events_since(db, rebuild))
    names = Names(old, framework)
    between = _carried(db, names, rebuild, before, after, events) if names.changed else before
    asked = asked_now(asked, Tabulation(framework, after), before.attribute_names)
    asked_then = names.asked_then(asked)
    every, which = frozenset(r.report_id for r in before.reports), differing(between, after)
    causes = _causes(db, framework, rebuild, (between, after), events)
    moved = Moved()
    if names.changed:
        first = _cells(old, before, asked_then, every, names)
        moved.add(first, _cells(framework, between, asked, every), lambda cell, move: Why(Cause.FRAMEWORK))
    moved.add(_cells(framework, between, asked, which), _cells(framework, after, asked, which), causes.why)
    tables_then = {d.id for d in dimensions(old, asked_then.tables)}
    kept = {} if asked.by else _kept(db, rebuild, names, tables_then)
    then = {names.now(key, asked_then.by): f for key, f in totals(old, before, asked_then).items()}
    found = moved.cells(kept, then, totals(framework, after, asked))
    known = _known(db, moved, (old, framework))
    made = tuple(cell_change(key, *counts, moved, known) for key, counts in found.items())
    return Changes(rebuild, framework.framework_id, made, rebuild_store.erased_since(db, rebuild))


def asked_now(asked: Asked, tables: Tabulation, further: Collection[str] = ()) -> Asked:
    """What was asked for with the name of its breakdown as the framework or the register writes it, and with
    the rows by which a dimension breaks tables down. `further`: names that once were known of the groups.

    Raises `CtgError` where nothing can be broken down by it.
    """
    if not asked.by or asked.rows:
        return asked
    if asked.by in further and asked.by not in tables.breakdowns():
        return asked
    name = tables.name_of(asked.by)
    tables.parts(name)  # raises where there are too many
    dimension, rows = tables.rows_of(name)
    return replace(asked, by=dimension.id if dimension else name, rows=rows)


def _known(db: Connection, moved: Moved, frameworks: Sequence[Framework]) -> Known:
    reports = {r.report_id: r for r in report_store.reports(db, moved.reports)}
    titles = {d.id: d.title for f in frameworks for d in f.dimensions}
    return Known(reports, titles, independence_store.still_blind(db))


def _cells(
    framework: Framework, dataset: Dataset, asked: Asked, which: Collection[str], names: Names | None = None
) -> Side:
    """Some reports of a dataset and their cells, by the keys of now."""
    some = only(dataset, which)
    found = cells(framework, some, asked)
    return some, {names.now(c.key, asked.by) if names else c.key: c for c in found}


def _kept(db: Connection, rebuild: Rebuild, names: Names, tables: Collection[str]) -> dict[CellKey, Count]:
    kept = [c for c in rebuild_store.kept_cells(db, rebuild.rebuild_id) if c.table in tables]
    return {names.now(CellKey(c.table, c.row)): Count(c.n, c.denominator) for c in kept}


def _causes(
    db: Connection,
    framework: Framework,
    rebuild: Rebuild,
    data: tuple[Dataset, Dataset],
    events: Iterable[Event],
) -> Causes:
    one, other = ({r.report_id for r in d.reports} for d in data)
    reports = report_store.reports(db, one ^ other)
    withdrawn = {e.subject for e in entries(db, what="withdrawal")} if reports else set()
    return Causes(framework, rebuild, *data, reports, events, withdrawn)


def _carried(
    db: Connection,
    names: Names,
    rebuild: Rebuild,
    before: Dataset,
    after: Dataset,
    events: Iterable[Event],
) -> Dataset:
    """The dataset of the rebuild as it would have been under the framework of now.

    Reports on which nothing was decided since stand now as they would have then.
    """
    framework, now = names.new, {r.report_id: r for r in after.reports}
    touched = {e.report_id for e in events} | {r.report_id for r in before.reports if r.report_id not in now}
    then: dict[str, list[Decision]] = {}
    for d in rebuild_store.decisions_at(db, rebuild, touched):
        then.setdefault(d.report_id, []).append(d)
    rows = tuple(
        replace(
            r,
            states=states_of(framework, resolve(then.get(r.report_id, ()), framework))
            if r.report_id in touched
            else now[r.report_id].states,
            values=names.values_now(r.values),
        )
        for r in before.reports
    )
    return replace(before, framework_id=framework.framework_id, reports=rows)
