"""What another version of the framework would do to decisions and tables, said beforehand. Composition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from ctg_nlp.carried_findings import orphaned
from ctg_nlp.changes import asked_now
from ctg_nlp.dataset import dataset
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.history import Key, edits_since
from ctg_nlp.kept_frameworks import kept_framework
from ctg_nlp.names import Names
from ctg_nlp.records import CodeState, Dataset, Release, ReleaseState
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.switching import Again, carried_over, edit_in_words, undeclared
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind
from ctg_nlp.synthesis.changes import Addends, Asked, CellKey, cells, parts_of, totals
from ctg_nlp.synthesis.tables import reach_of
from ctg_nlp.tabulation import Tabulation
from ctg_nlp.worklist import ToDo


@dataclass(frozen=True, slots=True)
class CellEffect:
    """A cell of the tables, or of a breakdown that was published: its count now (None: it is new), and right
    after the switch (None: it is no more); by looking again it can come to lie between `low` and `high`.

    `last` is its count in the rebuild that was kept last (None for breakdowns), `published` what published
    releases print, under whatever name, as (release, figure)."""

    table: str
    row: str
    part: str
    now: int | None
    after: int | None
    low: int
    high: int
    last: int | None
    published: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a switch would do. `warnings` are differences that no edit of the history tells of, `orphaned`
    findings, quotations and decisions of filters that would lose their place, in sentences; `decisions`
    counts the codes of all reports in `worklist`, `sampled` the reports in it that are of the selected
    sample; None where none is frozen."""

    old: str
    new: str
    edits: tuple[str, ...]
    warnings: tuple[str, ...]
    decisions: int
    worklist: tuple[ToDo, ...]
    cells: tuple[CellEffect, ...]
    rebuild_id: str
    orphaned: tuple[str, ...] = ()
    sampled: int | None = None


def effects(store: Store, old: Framework, new: Framework) -> Effects:
    """What would happen if `new` took the place of `old`. Nothing is changed.

    Raises `FrameworkError` where they are not versions of one framework.
    """
    if old.id != new.id:
        raise FrameworkError(f"{new.framework_id} is no version of {old.framework_id}: its id is another.")
    data = dataset(store, old)
    carried, again = carried_over(old, new, data)
    with store.reading() as db:
        names = {r.report_id: r.name for r in report_store.named(db)}
        last = rebuild_store.last_rebuild(db)
        kept = _kept(db, old, new)
        lost = tuple(orphaned(db, new))
        printed = _printed(db, old, new)
    switch = _Switch(old, new, data, carried, again)
    breakdowns = dict.fromkeys((Asked(), *(asked for asked, _ in printed)))
    worklist = tuple(_todo(data, again, names))
    return Effects(
        old=old.framework_id,
        new=new.framework_id,
        edits=tuple(edit_in_words(e) for e in edits_since(new, old.framework_id)),
        warnings=tuple(undeclared(old, new)),
        decisions=sum(len(w.codes) for w in worklist),
        worklist=worklist,
        cells=tuple(
            replace(
                c, last=None if asked.by else kept.get(key), published=tuple(printed.get((asked, key), ()))
            )
            for asked in breakdowns
            for key, c in switch.cells(asked)
        ),
        rebuild_id=last.rebuild_id if last else "",
        orphaned=lost,
        sampled=None if data.sample is None else sum(w.report_id in data.sample for w in worklist),
    )


def _kept(db: Connection, old: Framework, new: Framework) -> dict[CellKey, int]:
    """What the rebuild that was kept last counted, by the cells of the new framework."""
    last = rebuild_store.last_rebuild(db)
    if last is None:
        return {}
    names = _Path(kept_framework(db, last.framework_id, old), old, new)
    return {names.now(CellKey(c.table, c.row)): c.n for c in rebuild_store.kept_cells(db, last.rebuild_id)}


class _Path:
    """Names that lead from a framework of then over the one of now to the new one, so that a code that the
    new one has no more goes by its name of now."""

    def __init__(self, then: Framework, old: Framework, new: Framework) -> None:
        self._to_old, self._to_new = Names(then, old), Names(old, new)

    def now(self, key: CellKey, by: str = "") -> CellKey:
        """The cell under the new framework."""
        return self._to_new.now(self._to_old.now(key, by), self._to_old.tables.get(by, by))

    def table(self, name: str) -> str:
        """The dimension under the new framework."""
        then = self._to_old.tables.get(name, name)
        return self._to_new.tables.get(then, then)


Printed = dict[tuple[Asked, CellKey], list[tuple[str, str]]]


def _printed(db: Connection, old: Framework, new: Framework) -> Printed:
    """What published releases that were not corrected since print in each cell, by the cells of the new
    framework, under whatever names they were published."""
    state = {e.release_id: e.state for e in release_store.events(db)}
    found: Printed = {}
    for release in release_store.releases(db):
        if state.get(release.release_id) is ReleaseState.PUBLISHED:
            for at, figure in _printed_in(db, release, old, new):
                found.setdefault(at, []).append((release.release_id, figure))
    return found


def _printed_in(
    db: Connection, release: Release, old: Framework, new: Framework
) -> Iterator[tuple[tuple[Asked, CellKey], str]]:
    then = kept_framework(db, release.framework_id, old)
    names = _Path(then, old, new)
    tables = Tabulation(then, rebuild_store.dataset_of(db, release.rebuild_id))
    asked = {name: asked_now(Asked(by=name), tables, (name,)) for name in release.by}
    parts = {name: {p.label: p.id for p, _ in parts_of(tables.columns, a)} for name, a in asked.items()}
    for frozen in release_store.frozen_tables(db, release.release_id):
        shown = json.loads(frozen.shown)
        dimension, _, by = frozen.table_id.partition(" by ")
        known = asked.get(by, Asked())
        now = replace(known, by=names.table(known.by)) if known.rows else known
        for row in shown["rows"]:
            for label, cell in zip(shown["columns"], row["cells"], strict=False):
                if by and label == shown["columns"][0]:
                    continue  # all reports: the table that is not broken down has them
                key = CellKey(dimension, row["id"], parts.get(by, {}).get(label, label))
                yield (now, names.now(key, known.by)), cell["n"]


@dataclass(frozen=True, slots=True)
class _Switch:
    """The reports before and after a switch, with what must be looked at again."""

    old: Framework
    new: Framework
    data: Dataset
    carried: Dataset
    again: Mapping[Key, Again]

    def cells(self, asked: Asked) -> Iterator[tuple[CellKey, CellEffect]]:
        """The cells that move or can move, by those of the new framework."""
        names = Names(self.old, self.new)
        then = names.asked_then(asked)
        before = {names.now(key, then.by): (f, key) for key, f in totals(self.old, self.data, then).items()}
        after = {c.key: c for c in cells(self.new, self.carried, asked)}
        counts = totals(self.new, self.carried, asked)
        parts = self._parts(asked)
        for key in dict.fromkeys((*after, *before)):
            now, count = before.get(key), counts.get(key)
            low, high = self._range(after.get(key), parts.get(key.part), asked) if count else (0, 0)
            was = now[0].n if now else None
            n = count.n if count else 0
            if low != high or (was or 0) != n or (now and count and now[0] != count):
                effect = CellEffect(
                    key.table, key.row, key.part, was, count.n if count else None, low, high, None
                )
                yield key, effect

    def _parts(self, asked: Asked) -> dict[str, Mask]:
        return {part.id: mask for part, mask in parts_of(Columns(self.new, self.carried), asked)}

    def _range(self, cell: Addends | None, part: Mask | None, asked: Asked) -> tuple[int, int]:
        """The least and the most that a cell can come to once all was looked at again."""
        assert cell is not None
        assert part is not None
        row = self._of_row(cell.key.table, cell.key.row)
        moves = self._of_part(asked, cell.key.part)
        part = part & self._reach(cell.key.table)  # no report beyond the sample enters its tables
        sure, can = part & ~moves.down, part | (moves.up & self._reach(cell.key.table))
        present = cell.states == CodeState.PRESENT
        if cell.kind is RowKind.TOTAL:
            return (int(cell.n.sum()),) * 2
        inside = int(cell.n.sum()) - int((present & part).sum())  # present, but not in the sample: 0 or less
        low = int((present & ~row.down & sure).sum()) + min(inside, 0)
        return max(low, 0), int(((present | row.up) & can).sum()) + min(inside, 0)

    def _reach(self, table: str) -> Mask:
        """The reports that the table of a dimension of the new framework could be over."""
        dimension = self.new.dimension(table)
        every = np.ones(len(self.data.reports), bool)
        return every if dimension is None else reach_of(Columns(self.new, self.carried), dimension)

    def _of_row(self, table: str, row: str) -> Again:
        """What must be looked at again for a row: its code's, or those of any of its codes."""
        dimension = self.new.dimension(table)
        rows = {r.id: r.codes for r in dimension.any_of} if dimension else {}
        masks = [self.again[table, c] for c in rows.get(row, (row,)) if (table, c) in self.again]
        return self._any(masks)

    def _of_part(self, asked: Asked, part: str) -> Again:
        """The same for being in a part; of one that is no code (undecided, none) for any of its codes."""
        if not asked.rows:
            return self._any([])
        own = [self.again[asked.by, part]] if (asked.by, part) in self.again else []
        dimension = self.new.dimension(asked.by)
        if dimension is None or dimension.code(part) is not None:
            return self._any(own)
        every = self._any([m for (table, _), m in self.again.items() if table == asked.by])
        return Again(every.either, every.either)

    def _any(self, masks: list[Again]) -> Again:
        none = [np.zeros(len(self.data.reports), bool)]
        return Again(
            np.any(none + [m.up for m in masks], axis=0), np.any(none + [m.down for m in masks], axis=0)
        )


def _todo(data: Dataset, again: Mapping[Key, Again], names: Mapping[str, str]) -> Iterator[ToDo]:
    for i, r in enumerate(data.reports):
        codes = tuple(f"{key[0]}.{key[1]}" for key, mask in again.items() if mask.either[i])
        if codes:
            yield ToDo(names.get(r.report_id, r.report_id[:12]), r.report_id, r.group_id, codes)
