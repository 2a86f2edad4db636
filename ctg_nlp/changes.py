"""Which cells of the tables changed since a rebuild, and why. Composition of `rebuilds` and `causes`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ctg_nlp.causes import Cause, Causes, Why
from ctg_nlp.dataset import read_dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import read_framework
from ctg_nlp.names import Names
from ctg_nlp.rebuilds import data_hash, dataset_of
from ctg_nlp.records import Dataset, Decision, Rebuild, Report
from ctg_nlp.resolved import states_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import entries
from ctg_nlp.store.database import Store
from ctg_nlp.store.rebuilds import Event
from ctg_nlp.synthesis.changes import (
    Asked,
    Cell,
    CellKey,
    Figures,
    Move,
    cells,
    differing,
    dimensions,
    moves,
    only,
    totals,
)
from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.tallies import refresh


@dataclass(frozen=True, slots=True)
class MovedReport:
    """What one report added to a cell's count and denominator; `coder` and `time` of the last decision that
    led to it, empty where it was none."""

    report_id: str
    name: str
    group_id: str
    n: int
    denominator: int
    coder: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one cause did to a cell: over `reports` reports `n` to its count and `denominator` to that. Of
    reports that were erased only the figures are left, and none is in `moved`."""

    cause: Cause
    reports: int
    n: int
    denominator: int
    moved: tuple[MovedReport, ...] = ()


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that changed, `before` and `after`; None on the side of the framework that does not have it. The
    contributions add up to the difference."""

    table: str
    title: str
    row: str
    part: str
    label: str
    before: Figures | None
    after: Figures | None
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a rebuild. `erased`: how many reports were erased since, which may be missing from
    a breakdown before."""

    rebuild: Rebuild
    framework_id: str
    cells: tuple[CellChange, ...]
    erased: int = 0


def percent(figures: Figures | None) -> str:
    """The percentage as printed, or empty."""
    return percent_text(figures.n, figures.denominator) if figures and figures.denominator else ""


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


def framework_of(db: Connection, rebuild: Rebuild, now: Framework) -> Framework:
    """The framework that a rebuild was made under, from the store where it is not that of now."""
    if rebuild.framework_id == now.framework_id:
        return now
    source = suggestion_store.framework_source(db, rebuild.framework_id)
    if not source:
        raise CtgError(f"The framework {rebuild.framework_id} of {rebuild.rebuild_id} was not kept.")
    return read_framework(rebuild.framework_id, source)


def _changes(db: Connection, framework: Framework, rebuild: Rebuild, after: Dataset, asked: Asked) -> Changes:
    old = framework_of(db, rebuild, framework)
    before = dataset_of(db, rebuild.rebuild_id, old)
    events = tuple(rebuild_store.events_since(db, rebuild))
    names = Names(old, framework)
    between = _carried(db, names, rebuild, before, after, events) if names.changed else before
    asked_then = replace(asked, tables=names.tables_then(asked.tables))
    every, which = frozenset(r.report_id for r in before.reports), differing(between, after)
    causes = _causes(db, framework, rebuild, (between, after), events)
    moved = _Moved()
    if names.changed:
        first = _cells(old, before, asked_then, every, names)
        moved.add(first, _cells(framework, between, asked, every), lambda cell, move: Why(Cause.FRAMEWORK))
    moved.add(_cells(framework, between, asked, which), _cells(framework, after, asked, which), causes.why)
    tables_then = {d.id for d in dimensions(old, asked_then.tables)}
    kept = {} if asked.by else _kept(db, rebuild, names, tables_then)
    then = {names.now(key): f for key, f in totals(old, before, asked_then).items()}
    found = moved.cells(kept, then, totals(framework, after, asked))
    known = {r.report_id: r for r in report_store.reports(db, moved.reports)}
    titles = {d.id: d.title for d in (*old.dimensions, *framework.dimensions)}
    erased = rebuild_store.erased_since(db, rebuild)
    made = tuple(_cell_change(key, *figures, moved, known, titles) for key, figures in found.items())
    return Changes(rebuild, framework.framework_id, made, erased)


Side = tuple[Dataset, dict[CellKey, Cell]]


def _cells(
    framework: Framework, dataset: Dataset, asked: Asked, which: Collection[str], names: Names | None = None
) -> Side:
    """Some reports of a dataset and their cells, by the keys of now."""
    some = only(dataset, which)
    return some, {names.now(c.key) if names else c.key: c for c in cells(framework, some, asked)}


class _Moved:
    """The moves of all cells with their causes."""

    def __init__(self) -> None:
        self.moves: dict[CellKey, list[tuple[Move, Why]]] = {}
        self.labels: dict[CellKey, str] = {}

    def add(self, before: Side, after: Side, why: Callable[[Cell, Move], Why]) -> None:
        """The moves between two datasets."""
        for key in (*before[1], *after[1]):
            self.labels[key] = (after[1].get(key) or before[1][key]).label
        for key, found in moves(before, after).items():
            cell = after[1].get(key) or before[1][key]
            self.moves.setdefault(key, []).extend((move, why(cell, move)) for move in found)

    @property
    def reports(self) -> frozenset[str]:
        """The ids of all reports that moved anything."""
        return frozenset(move.report_id for found in self.moves.values() for move, _ in found)

    def cells(
        self,
        kept: Mapping[CellKey, Figures],
        then: Mapping[CellKey, Figures],
        now: Mapping[CellKey, Figures],
    ) -> dict[CellKey, tuple[Figures | None, Figures | None, Figures]]:
        """What every cell that moved was and is, and what reports erased since added to it. `kept`: as it was
        when the rebuild was kept, `then` what is left of that."""
        found = {}
        for key in sorted(dict.fromkeys((*now, *kept, *then)), key=_place(now, then)):
            was, left = kept.get(key, then.get(key)), then.get(key)
            gap = _gap(was, left)
            if key in self.moves or gap != _NONE:
                found[key] = (was, now.get(key), gap)
        return found


_NONE = Figures(0, 0)


def _gap(was: Figures | None, left: Figures | None) -> Figures:
    """What the reports that were erased since had added."""
    was, left = was or _NONE, left or _NONE
    return Figures(was.n - left.n, (was.denominator or 0) - (left.denominator or 0))


def _place(*orders: Iterable[CellKey]) -> Callable[[CellKey], tuple[int, int]]:
    """Tables in the order of the framework of now, what is no more at their end."""
    tables: dict[str, int] = {}
    rows: dict[CellKey, int] = {}
    for order in orders:
        for key in order:
            tables.setdefault(key.table, len(tables))
            rows.setdefault(key, len(rows))
    return lambda key: (tables.get(key.table, len(tables)), rows.get(key, len(rows)))


def _cell_change(
    key: CellKey,
    was: Figures | None,
    now: Figures | None,
    gap: Figures,
    moved: _Moved,
    known: Mapping[str, Report],
    titles: Mapping[str, str],
) -> CellChange:
    by_cause: dict[Cause, list[MovedReport]] = {}
    for move, why in moved.moves.get(key, ()):
        by_cause.setdefault(why.cause, []).append(_moved_report(move, why, known))
    found = [
        Contribution(
            cause,
            len({m.report_id for m in reports}),
            sum(m.n for m in reports),
            sum(m.denominator for m in reports),
            tuple(reports),
        )
        for cause, reports in by_cause.items()
    ]
    if gap != _NONE:
        count = abs(gap.denominator or 0) or abs(gap.n)
        found.append(Contribution(Cause.ERASED, count, -gap.n, -(gap.denominator or 0)))
    order = list(Cause)
    found.sort(key=lambda c: order.index(c.cause))
    label = moved.labels.get(key, key.row)
    return CellChange(
        key.table, titles.get(key.table, key.table), key.row, key.part, label, was, now, tuple(found)
    )


def _moved_report(move: Move, why: Why, known: Mapping[str, Report]) -> MovedReport:
    report = known.get(move.report_id)
    name, group = (report.name, report.group_id or "") if report else ("", "")
    return MovedReport(move.report_id, name, group, move.n, move.denominator, why.coder, why.time)


def _kept(db: Connection, rebuild: Rebuild, names: Names, tables: Collection[str]) -> dict[CellKey, Figures]:
    kept = [c for c in rebuild_store.kept_cells(db, rebuild.rebuild_id) if c.table in tables]
    return {names.now(CellKey(c.table, c.row)): Figures(c.n, c.denominator) for c in kept}


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
