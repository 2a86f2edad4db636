"""Repository of rebuilds: states of the tables that were kept, each as the rows that changed before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, null, select, update

from ctg_nlp.records import (
    Answer,
    CodedReport,
    CodedValue,
    Dataset,
    Decision,
    KeptCell,
    Rebuild,
    RecordState,
    SilentGroup,
)
from ctg_nlp.store import schema as s

_FIELDS = tuple(name for name in Rebuild.__dataclass_fields__)
_AT_ONCE = 500  # ids that are named in one query
_STATES = {str(state): state for state in RecordState}


def only_keeper(db: Connection) -> None:
    """Let nobody else keep a rebuild until the transaction ends. SQLite has one writer at a time anyhow."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("LOCK TABLE rebuild IN SHARE ROW EXCLUSIVE MODE")


def rebuilds(db: Connection) -> tuple[Rebuild, ...]:
    """All rebuilds that were kept, oldest first."""
    rows = db.execute(select(*(s.rebuild.c[name] for name in _FIELDS)).order_by(s.rebuild.c.sequence))
    return tuple(Rebuild(*row) for row in rows)


def last_rebuild(db: Connection) -> Rebuild | None:
    """The rebuild that was kept last, or None."""
    query = select(*(s.rebuild.c[name] for name in _FIELDS)).order_by(s.rebuild.c.sequence.desc())
    row = db.execute(query.limit(1)).first()
    return None if row is None else Rebuild(*row)


def put_rebuild(
    db: Connection,
    rebuild: Rebuild,
    dataset: Dataset,
    changed: Iterable[CodedReport],
    gone: Iterable[str],
    cells: Sequence[KeptCell],
) -> None:
    """Keep a rebuild: the rows that `changed` since the one before, and the ids of reports that are `gone`
    from it. `dataset` gives the silent groups and regions."""
    t = s.rebuild
    last = db.execute(select(func.coalesce(func.max(t.c.sequence), 0))).scalar_one()
    values = {name: getattr(rebuild, name) for name in _FIELDS} | {
        "sequence": int(last) + 1,
        "silent": [[g.group_id, [list(p) for p in g.attributes], g.reason] for g in dataset.silent],
        "regions": [list(pair) for pair in dataset.regions],
        "cells": [[c.table, c.row, c.n, c.denominator] for c in cells],
        "sample": sorted(dataset.sample) if dataset.sample is not None else null(),
    }
    db.execute(insert(t).values(**values))
    rows = [_row(rebuild.rebuild_id, r) for r in changed]
    rows += [_row(rebuild.rebuild_id, CodedReport(i, "", b"", ())) | {"counted": False} for i in gone]
    if rows:
        db.execute(insert(s.rebuild_report), rows)


def _row(rebuild_id: str, r: CodedReport) -> dict[str, Any]:
    return {
        "rebuild_id": rebuild_id,
        "report_id": r.report_id,
        "counted": True,
        "group_id": r.group_id,
        "states": r.states,
        "values": [[str(v.state), v.value] for v in r.values],
        "attributes": [list(pair) for pair in r.attributes],
        "expected": r.expected,
    }


def kept_cells(db: Connection, rebuild_id: str) -> tuple[KeptCell, ...]:
    """The figures of the tables as they were when a rebuild was kept."""
    kept = db.execute(select(s.rebuild.c.cells).where(s.rebuild.c.rebuild_id == rebuild_id)).scalar_one()
    return tuple(KeptCell(*cell) for cell in kept)


@dataclass(frozen=True, slots=True)
class Event:
    """A decision that was made after a rebuild and stands, or that stood then and was `undone` since."""

    report_id: str
    dimension: str
    code: str | None
    coder: str
    role: str
    time: str
    framework_id: str
    sequence: int
    undone: bool


def events_since(db: Connection, rebuild: Rebuild) -> Iterator[Event]:
    """What happened to decisions since a rebuild, oldest first."""
    d = s.decision.c
    undone = _undone_at().is_not(None)
    made = (d.sequence > rebuild.last_decision) & ~undone
    taken_back = (d.sequence <= rebuild.last_decision) & undone
    columns = (d.report_id, d.dimension, d.code, d.coder, d.role, d.time, d.framework_id, d.sequence)
    query = select(*columns, undone, d.act_id, d.import_id).select_from(_with_what_undoes())
    since = _undone_since(db, rebuild)
    for row in db.execute(query.where(made | taken_back).order_by(d.sequence)):
        report_id, dimension, code, coder, role, time, framework_id, number, *undoing = row
        if not undoing[0] or not since.isdisjoint(undoing[1:]):
            said = (report_id, dimension, code, coder, role, time, framework_id, number)
            yield Event(*said, undone=bool(undoing[0]))


def decisions_at(db: Connection, rebuild: Rebuild, report_ids: Collection[str]) -> Iterator[Decision]:
    """The decisions on some reports that stood when a rebuild was kept, without their evidence."""
    d = s.decision.c
    was_there = d.sequence <= rebuild.last_decision
    columns = (d.report_id, d.dimension, d.code, d.answer, d.coder, d.time, d.framework_id, d.value)
    what_undoes = (_undone_at().is_not(None), d.act_id, d.import_id)
    base = select(*columns, d.role, d.sequence, *what_undoes).select_from(_with_what_undoes())
    ids, since = sorted(report_ids), _undone_since(db, rebuild)
    for start in range(0, len(ids), _AT_ONCE):
        some = d.report_id.in_(ids[start : start + _AT_ONCE])
        for row in db.execute(base.where(was_there, some).order_by(d.sequence)):
            report_id, dimension, code, answer, coder, time, framework_id, value, role, number, *undone = row
            if not undone[0] or not since.isdisjoint(undone[1:]):
                yield Decision(
                    report_id, dimension, code, Answer(answer), coder, time, framework_id, value,
                    role=role, sequence=number,
                )  # fmt: skip


def _undone_since(db: Connection, rebuild: Rebuild) -> frozenset[str]:
    """The ids of the acts and imports that were undone since a rebuild.

    By the audit log, in which they stand in the order in which they came about: times cannot tell, for the
    time of a rebuild, like that of an undo, is taken some while before it is read or written.
    """
    found = (*_noted_since(db, rebuild, "undo"), *_noted_since(db, rebuild, "import undone"))
    return frozenset(detail.get("act", subject) for subject, detail in found)


def _noted_since(db: Connection, rebuild: Rebuild, what: str) -> list[tuple[str, dict[str, Any]]]:
    t = s.audit_log.c
    query = select(t.subject, t.detail).where(t.sequence > rebuild.last_entry, t.what == what)
    return [(subject, detail) for subject, detail in db.execute(query)]


def _with_what_undoes() -> Any:
    joined = s.decision.outerjoin(s.act, s.act.c.act_id == s.decision.c.act_id)
    return joined.outerjoin(s.decision_import, s.decision_import.c.import_id == s.decision.c.import_id)


def _undone_at() -> ColumnElement[str | None]:
    return func.coalesce(s.act.c.undone_at, s.decision_import.c.undone_at)


def values_of(db: Connection, report_id: str = "") -> Iterator[int | str]:
    """All that one report, or all, had as numbers and texts in any rebuild."""
    t = s.rebuild_report
    query = select(t.c["values"])
    for (values,) in db.execute(query.where(t.c.report_id == report_id) if report_id else query):
        yield from (value for _, value in values if value is not None)


def forget_places(db: Connection, places: Collection[str]) -> None:
    """Take places that only an erased report named out of the regions of all rebuilds."""
    t = s.rebuild.c
    for rebuild_id, regions in db.execute(select(t.rebuild_id, t.regions)).all():
        kept = [pair for pair in regions if pair[0] not in places]
        if kept != regions:
            db.execute(update(s.rebuild).where(t.rebuild_id == rebuild_id).values(regions=kept))


def erased_since(db: Connection, rebuild: Rebuild) -> int:
    """How many reports were erased since a rebuild."""
    return len(_noted_since(db, rebuild, "erasure"))


def dataset_of(db: Connection, rebuild_id: str) -> Dataset:
    """What the tables of a rebuild were made of, in the order of arrival; reports erased since are missing.

    Raises `KeyError` where there is no such rebuild.
    """
    t = s.rebuild
    row = db.execute(select(t).where(t.c.rebuild_id == rebuild_id)).first()
    if row is None:
        raise KeyError(rebuild_id)
    silent = tuple(SilentGroup(g, tuple((n, v) for n, v in pairs), why) for g, pairs, why in row.silent)
    regions = tuple((place, region) for place, region in row.regions)
    sample = None if row.sample is None else frozenset(row.sample)
    return Dataset(row.framework_id, _reports(db, row), silent, regions, sample)


def _reports(db: Connection, rebuild: Row[Any]) -> tuple[CodedReport, ...]:
    """The last row of each report up to a rebuild, since the framework became the one that it is of: the
    first rebuild under a framework has the rows of all reports."""
    t, c = s.rebuild_report, s.rebuild.c
    other = select(func.coalesce(func.max(c.sequence), 0)).where(
        c.sequence < rebuild.sequence, c.framework_id != rebuild.framework_id
    )
    since = db.execute(other).scalar_one()
    query = (
        select(t, s.report.c.sequence.label("arrival"))
        .join(s.rebuild, c.rebuild_id == t.c.rebuild_id)
        .join(s.report, s.report.c.report_id == t.c.report_id)
        .where(c.sequence > since, c.sequence <= rebuild.sequence)
        .order_by(c.sequence)
    )
    last = {row.report_id: row for row in db.execute(query)}
    counted = sorted((row for row in last.values() if row.counted), key=lambda row: row.arrival)
    return tuple(_report(row) for row in counted)


def _report(row: Row[Any]) -> CodedReport:
    said = row._mapping["values"]
    return CodedReport(
        row.report_id,
        row.group_id,
        bytes(row.states),
        tuple(CodedValue(_STATES[state], value) for state, value in said),
        tuple((name, value) for name, value in row.attributes),
        row.expected,
    )
