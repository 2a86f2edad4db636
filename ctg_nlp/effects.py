"""What another version of the framework would do to decisions and tables, said beforehand; and what is to be
looked at again after the switch. Composition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from ctg_nlp.dataset import dataset
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Code, Dimension, Edit, Framework
from ctg_nlp.history import Key, Rule, Source, edits_since, framework_at, rules_since
from ctg_nlp.names import Names
from ctg_nlp.records import CodeState, Dataset, ReleaseState
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import releases as release_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import Columns, Mask, States
from ctg_nlp.synthesis.changes import Asked, CellKey, totals


@dataclass(frozen=True, slots=True)
class ToDo:
    """A report that must be looked at again, with the codes ("dimension.code") that must be decided."""

    report: str
    report_id: str
    group_id: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CellEffect:
    """A cell of the tables: its count now (None: it is new), and right after the switch (None: it is no
    more); by looking again it can come to lie between `low` and `high`. `last` is its count in the rebuild
    that was kept last, `published` what published releases print, as (release, figure)."""

    table: str
    row: str
    now: int | None
    after: int | None
    low: int
    high: int
    last: int | None
    published: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Effects:
    """What a switch would do. `warnings` are differences that no edit of the history tells of; `decisions`
    counts the codes of all reports in `worklist`."""

    old: str
    new: str
    edits: tuple[str, ...]
    warnings: tuple[str, ...]
    decisions: int
    worklist: tuple[ToDo, ...]
    cells: tuple[CellEffect, ...]
    rebuild_id: str


def effects(store: Store, old: Framework, new: Framework) -> Effects:
    """What would happen if `new` took the place of `old`. Nothing is changed.

    Raises `FrameworkError` where they are not versions of one framework.
    """
    if old.id != new.id:
        raise FrameworkError(f"{new.framework_id} is no version of {old.framework_id}: its id is another.")
    data = dataset(store, old)
    carried, again = _carried(old, new, data)
    with store.reading() as db:
        names = {r.report_id: r.name for r in report_store.named(db)}
        last = rebuild_store.last_rebuild(db)
        kept = rebuild_store.kept_cells(db, last.rebuild_id) if last else ()
        printed = _printed(db)
    kept_now = {(c.table, c.row): c.n for c in kept}
    worklist = tuple(_todo(data, again, names))
    return Effects(
        old=old.framework_id,
        new=new.framework_id,
        edits=tuple(edit_in_words(e) for e in edits_since(new, old.framework_id)),
        warnings=tuple(_undeclared(old, new)),
        decisions=sum(len(w.codes) for w in worklist),
        worklist=worklist,
        cells=tuple(
            replace(c, published=tuple(printed.get((c.table, c.row), ())))
            for c in _cells(old, new, data, carried, again, kept_now)
        ),
        rebuild_id=last.rebuild_id if last else "",
    )


def _printed(db: Connection) -> dict[Key, list[tuple[str, str]]]:
    """What published releases that were not corrected since print in each cell."""
    state = {e.release_id: e.state for e in release_store.events(db)}
    found: dict[Key, list[tuple[str, str]]] = {}
    for release_id in (r for r, s in state.items() if s is ReleaseState.PUBLISHED):
        for frozen in release_store.frozen_tables(db, release_id):
            table = json.loads(frozen.shown)
            for row in table["rows"] if len(table["columns"]) == 1 else ():
                for cell in row["cells"]:
                    found.setdefault((frozen.table_id, row["id"]), []).append((release_id, cell["n"]))
    return found


def edit_in_words(edit: Edit) -> str:
    """An edit as a sentence for people."""
    place, old, new = edit.dimension, ", ".join(edit.from_), ", ".join(edit.to)
    return {
        "rename": f"{place}: {old} is now called {new}",
        "rename dimension": f"the dimension {old} is now called {new}",
        "merge": f"{place}: {old} were merged into {new}",
        "split": f"{place}: {old} was split into {new}",
        "new": f"{place}: {new or 'the dimension'} is new",
        "retire": f"{place}: {old or 'the dimension'} was retired",
    }[edit.edit]


@dataclass(frozen=True, slots=True)
class Again:
    """Which reports must be looked at again for one code, and in which way that can move its count: those in
    `up` can become present, those in `down` are present and can become absent."""

    up: Mask
    down: Mask

    @property
    def either(self) -> Mask:
        """All reports that must be looked at again."""
        return np.asarray(self.up | self.down, bool)


Sources = list[tuple[States | None, bool]]
"""The old columns of which a code was made, each with whether it carries "present"; None: there was none."""


def _carried(old: Framework, new: Framework, data: Dataset) -> tuple[Dataset, dict[Key, Again]]:
    """The dataset as it would be under the new framework, and what must be looked at again for which code."""
    columns = Columns(old, data)
    touched = np.array([any(r.states) for r in data.reports], bool)
    rules = rules_since(new, old.framework_id)
    made_of = rules.sources if rules else {}
    states, again = [], {}
    for key in new.keys:
        rule = made_of.get(key, (Source(key),))
        before = _sources(old, columns, rule)
        column = carry(before, len(data.reports))
        states.append(column)
        mask = _again(before, column, touched, _means_other(old, new, key, rule))
        if mask.either.any():
            again[key] = mask
    packed = np.stack(states, axis=1) if states else np.zeros((len(data.reports), 0), np.uint8)
    names = Names(old, new)
    rows = tuple(
        replace(r, states=packed[i].tobytes(), values=names.values_now(r.values))
        for i, r in enumerate(data.reports)
    )
    return replace(data, framework_id=new.framework_id, reports=rows), again


def _sources(old: Framework, columns: Columns, rule: Rule) -> Sources:
    known = set(old.keys)
    return [(columns.code(*s.key) if s.key in known and s.key else None, s.exact) for s in rule]


def carry(sources: Sources, reports: int) -> States:
    """The states of a code of now by those of its sources, as `review.carrying` reads decisions."""
    found = np.full(reports, CodeState.UNDECIDED, np.uint8)
    columns = [column for column, _ in sources if column is not None]
    if len(columns) == len(sources):
        found[(np.stack(columns) == CodeState.ABSENT).all(axis=0)] = CodeState.ABSENT
    for state in (CodeState.CONFLICT, CodeState.PRESENT):
        for column, exact in sources:
            if exact and column is not None:
                found[column == state] = state
    return found


def _again(sources: Sources, carried: States, touched: Mask, means_other: bool) -> Again:
    """Where a code was decided, as far as it could be, and is not any more; all decided reports where it
    `means_other` than before."""
    opened = touched & (carried == CodeState.UNDECIDED)
    for column, _ in sources:
        if column is not None:
            opened &= np.isin(column, (CodeState.ABSENT, CodeState.PRESENT))
    up, down = (carried == s if means_other else np.zeros(len(touched), bool) for s in (1, 2))
    return Again(np.asarray(opened | up, bool), np.asarray(down, bool))


def _means_other(old: Framework, new: Framework, key: Key, rule: Rule) -> bool:
    """Whether coders read something else under the same code than before; a rename tells that it is the
    same."""
    if len(rule) != 1 or rule[0].key is None or not rule[0].exact:
        return False
    before, after = _code(old, rule[0].key), _code(new, key)
    renamed = rule[0].key[1] != key[1]
    if before is None or after is None:
        return False
    return before.definition != after.definition or (before.label != after.label and not renamed)


def _code(framework: Framework, key: Key) -> Code | None:
    dimension = framework.dimension(key[0])
    return dimension.code(key[1]) if dimension else None


def _undeclared(old: Framework, new: Framework) -> Iterator[str]:
    """What differs though no edit tells of it."""
    if old.version == new.version and old.framework_id != new.framework_id:
        yield f"Both are version {new.version}: no history leads to the new one. Give it another."
    then = framework_at(new, old.framework_id)
    for before in old.dimensions:
        after = then.dimension(before.id)
        if after is None:
            yield f"{before.id}: the dimension is gone without an edit; decisions in it count no more."
        else:
            yield from _undeclared_in(before, after)
    for after in then.dimensions:
        if old.dimension(after.id) is None:
            yield f"{after.id}: the dimension is there without an edit; it is open in all reports."
    rules = rules_since(new, old.framework_id)
    for key in new.keys:
        rule = rules.sources.get(key, (Source(key),)) if rules else (Source(key),)
        if _means_other(old, new, key, rule):
            yield f"{key[0]}.{key[1]}: its label or definition changed; look at what was decided on it again."


def _undeclared_in(before: Dimension, after: Dimension) -> Iterator[str]:
    if before.kind != after.kind:
        yield f"{before.id}: its kind was {before.kind} and is {after.kind}; no edit tells of that."
    for code in before.codes:
        if after.coded and after.code(code.id) is None:
            yield f"{before.id}.{code.id}: the code is gone without an edit; decisions on it count no more."
    for code in after.codes:
        if before.coded and before.code(code.id) is None:
            yield f"{before.id}.{code.id}: the code is there without an edit; it is open where not implied."


def _todo(data: Dataset, again: Mapping[Key, Again], names: Mapping[str, str]) -> Iterator[ToDo]:
    for i, r in enumerate(data.reports):
        codes = tuple(f"{key[0]}.{key[1]}" for key, mask in again.items() if mask.either[i])
        if codes:
            yield ToDo(names.get(r.report_id, r.report_id[:12]), r.report_id, r.group_id, codes)


def _cells(
    old: Framework,
    new: Framework,
    data: Dataset,
    carried: Dataset,
    again: Mapping[Key, Again],
    kept: Mapping[Key, int],
) -> Iterator[CellEffect]:
    names = Names(old, new)
    before = {names.now(key): (f, key) for key, f in totals(old, data, Asked()).items()}
    after = totals(new, carried, Asked())
    for key in dict.fromkeys((*after, *before)):
        now, then = before.get(key), after.get(key)
        mask = _of_row(new, key, again, len(data.reports))
        count = then.n if then else 0
        low, high = count - int(mask.down.sum()), count + int(mask.up.sum())
        n = now[0].n if now else None
        moves = low != high or (n if n is not None else 0) != count or (now and then and now[0] != then)
        if moves:
            last = kept.get((now[1].table, now[1].row)) if now else None
            yield CellEffect(key.table, key.row, n, then.n if then else None, low, high, last)


def _of_row(new: Framework, key: CellKey, again: Mapping[Key, Again], reports: int) -> Again:
    """What must be looked at again for a row: its code's, or those of any of its codes."""
    dimension = new.dimension(key.table)
    rows = {r.id: r.codes for r in dimension.any_of} if dimension else {}
    none = np.zeros(reports, bool)
    masks = [again[key.table, c] for c in rows.get(key.row, (key.row,)) if (key.table, c) in again]
    return Again(
        np.any([m.up for m in masks], axis=0) if masks else none,
        np.any([m.down for m in masks], axis=0) if masks else none,
    )


def to_look_at_again(store: Store, framework: Framework) -> tuple[ToDo, ...]:
    """What edits of the framework left open in reports that have decisions: new codes, and parts of codes
    that were split. It grows shorter as coders decide; the queue has the same codes open."""
    data = dataset(store, framework)
    open_codes = [
        (place, key)
        for place, key in enumerate(framework.keys)
        if any(_opens(framework, key, version) for version in _versions(framework))
    ]
    with store.reading() as db:
        names = {r.report_id: r.name for r in report_store.named(db)}
    found = []
    for r in data.reports:
        codes = tuple(f"{d}.{c}" for place, (d, c) in open_codes if r.states[place] == CodeState.UNDECIDED)
        if codes and any(r.states):
            found.append(ToDo(names.get(r.report_id, r.report_id[:12]), r.report_id, r.group_id, codes))
    return tuple(found)


def _versions(framework: Framework) -> tuple[str, ...]:
    """Ids that stand for each older version, the one before the history first."""
    return tuple(f"{framework.id}@{v}+" for v in ("", *(e.version for e in framework.history[:-1])))


def _opens(framework: Framework, key: Key, version: str) -> bool:
    rules = rules_since(framework, version)
    return rules is not None and any(s.key is None or not s.exact for s in rules.sources.get(key, ()))
