"""Keeping rebuilds of the tables, so that a figure that has changed can be explained. Composition of
`dataset`, `synthesis` and `store`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Connection

from ctg_nlp.dataset import read_dataset
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import framework_text
from ctg_nlp.records import CodedReport, Dataset, KeptCell, Rebuild
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import rebuilds as rebuild_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import append, head
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.tables import synthesis_tables
from ctg_nlp.tallies import refresh


def keep(store: Store, home: Home, *, now: str, who: str) -> Rebuild:
    """Keep the tables as they are now. Returns the rebuild, or the last one again if nothing has changed."""
    refresh(store, home.framework)
    while True:
        with store.reading() as db:  # long with many reports, so that nobody has to wait for it
            now_is = _read(db, home.framework)
        if now_is.last is not None and now_is.last.data_hash == now_is.data_hash:
            return now_is.last
        cells = kept_cells(home.framework, now_is.dataset)
        with store.transaction() as db:
            rebuild_store.only_keeper(db)
            if rebuild_store.last_rebuild(db) == now_is.last:
                return _put(db, home, now_is, cells, now, who)


@dataclass(frozen=True, slots=True)
class _Read:
    """The tables' data as it is, beside the rebuild that was kept last and its data."""

    last: Rebuild | None
    before: Dataset | None
    dataset: Dataset
    data_hash: str
    last_decision: int
    last_entry: int
    model_id: str


def _read(db: Connection, framework: Framework) -> _Read:
    last = rebuild_store.last_rebuild(db)
    same = last is not None and last.framework_id == framework.framework_id
    before = rebuild_store.dataset_of(db, last.rebuild_id) if last is not None and same else None
    found = read_dataset(db, framework)
    number = decision_store.last_decision(db)
    noted = head(db)
    model = suggestion_store.last_model(db, framework.framework_id) or ""
    return _Read(last, before, found, data_hash(found), number, noted.sequence if noted else 0, model)


def _put(db: Connection, home: Home, read: _Read, cells: tuple[KeptCell, ...], now: str, who: str) -> Rebuild:
    framework = home.framework
    suggestion_store.put_framework(db, framework.framework_id, framework_text(home.framework_source), now)
    today = sum(r.rebuild_id.startswith(now[:10]) for r in rebuild_store.rebuilds(db))
    made = Rebuild(
        rebuild_id=f"{now[:10]}-{today + 1}",
        made_at=now,
        made_by=who,
        framework_id=framework.framework_id,
        data_hash=read.data_hash,
        code_version=code_version(),
        model_id=read.model_id,
        last_decision=read.last_decision,
        last_entry=read.last_entry,
        reports=len(read.dataset.reports),
    )
    before = {r.report_id: r for r in read.before.reports} if read.before else {}
    changed = [r for r in read.dataset.reports if before.pop(r.report_id, None) != r]
    rebuild_store.put_rebuild(db, made, read.dataset, changed, before, cells)
    append(db, now, who, "rebuild", made.rebuild_id, {"reports": made.reports})
    return made


def kept_cells(framework: Framework, dataset: Dataset) -> tuple[KeptCell, ...]:
    """The figures of all tables but those of texts that reports gave: what is kept may outlast the erasure of
    a report, so none of its words is in it."""
    return tuple(
        KeptCell(table.dimension, row.id, row.n, row.denominator)
        for stage in ("map", "indepth")
        for table in synthesis_tables(framework, dataset, stage)
        for row in table.rows
        if row.n is not None and (row.kind is not RowKind.VALUE or row.missing)
    )


def dataset_of(db: Connection, rebuild_id: str, framework: Framework) -> Dataset:
    """What the tables of a rebuild were made of; reports erased since are missing from it.

    Raises `CtgError` where there is no such rebuild, or it was made under another framework than this.
    """
    try:
        found = rebuild_store.dataset_of(db, rebuild_id)
    except KeyError as error:
        raise _unknown(rebuild_store.rebuilds(db), rebuild_id) from error
    if found.framework_id != framework.framework_id:
        raise CtgError(
            f"The rebuild {rebuild_id} was made under {found.framework_id}, not {framework.framework_id}."
        )
    return found


def _unknown(known: Iterable[Rebuild], rebuild_id: str) -> CtgError:
    last = ", ".join([r.rebuild_id for r in known][-5:])
    said = f"the last ones are {last}" if last else "none was kept yet; keep one with: ctg tables --write"
    return CtgError(f"There is no rebuild {rebuild_id}: {said}.")


def data_hash(dataset: Dataset) -> str:
    """The sha256 of all that figures are made of, in hexadecimal digits. Neither the order of reports matters
    nor in what words it is told why a group is silent."""
    lines = [json.dumps(["framework", dataset.framework_id])]
    lines += sorted(_line(r) for r in dataset.reports)
    lines += sorted(json.dumps(["silent", g.group_id, sorted(g.attributes)]) for g in dataset.silent)
    lines += sorted(json.dumps(["region", *pair]) for pair in dataset.regions)
    if dataset.sample is not None:
        lines.append(json.dumps(["sample", *sorted(dataset.sample)]))
    return hashlib.sha256("\n".join(lines).encode("ascii")).hexdigest()


def _line(r: CodedReport) -> str:
    values = [[str(v.state), v.value] for v in r.values]
    return json.dumps([r.report_id, r.group_id, r.states.hex(), values, sorted(r.attributes), r.expected])


def code_version() -> str:
    """The version of this program, empty where it is not installed."""
    try:
        return version("ctg_nlp")
    except PackageNotFoundError:
        return ""
