"""Repository of coded reports: what decisions come to, one small row for each report and framework.

Derived from the decisions and kept true in their transactions (`tallies`), so that tables of a hundred
thousand reports need not read ten million decisions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Text, cast, insert, or_, select, update

from ctg_nlp.records import CodedValue, RecordState
from ctg_nlp.store import schema as s

_AT_A_TIME = 5000  # rows that are in memory before they are taken
_STATES = {str(state): state for state in RecordState}
Row = tuple[bytes, tuple[CodedValue, ...]]
"""The states of the codes and the values, as in `CodedReport`."""


def put_coded(
    db: Connection, report_id: str, framework_id: str, states: bytes, values: Sequence[CodedValue]
) -> None:
    """Store what decisions on a report come to under a framework, or replace it."""
    t = s.coded_report
    row = {"states": states, "values": _plain(values)}
    key = (t.c.report_id == report_id) & (t.c.framework_id == framework_id)
    if db.execute(update(t).where(key).values(row)).rowcount == 0:
        db.execute(insert(t).values(report_id=report_id, framework_id=framework_id, **row))


def coded_rows(db: Connection, framework_id: str, report_ids: Iterable[str] | None = None) -> dict[str, Row]:
    """What decisions on reports come to under a framework, by report: of all of them or some."""
    t = s.coded_report
    return _rows(db, framework_id, () if report_ids is None else (t.c.report_id.in_(list(report_ids)),))


def rows_besides(db: Connection, framework_id: str, nothing: Row) -> dict[str, Row]:
    """The same of the reports on which anything was decided: whose row is not `nothing`, the row of those on
    which nothing was. (One that is stored in other words may be among them.)"""
    t, (states, values) = s.coded_report, nothing
    undecided = json.dumps(_plain(values))
    return _rows(db, framework_id, (or_(t.c.states != states, cast(t.c["values"], Text) != undecided),))


def _rows(db: Connection, framework_id: str, wanted: Iterable[ColumnElement[bool]]) -> dict[str, Row]:
    t = s.coded_report
    query = select(t.c.report_id, t.c.states, cast(t.c["values"], Text))
    query = query.where(t.c.framework_id == framework_id, *wanted).execution_options(yield_per=_AT_A_TIME)
    known: dict[str, tuple[CodedValue, ...]] = {}  # many reports say the same: kept once
    found = {}
    for report_id, packed, said in db.execute(query):
        if said not in known:
            known[said] = tuple(CodedValue(_STATES[state], value) for state, value in json.loads(said))
        found[report_id] = bytes(packed), known[said]
    return found


def _plain(values: Sequence[CodedValue]) -> list[list[int | str | None]]:
    return [[str(v.state), v.value] for v in values]
