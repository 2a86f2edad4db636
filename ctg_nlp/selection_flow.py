"""Where each report stands on its way to the second stage, as the store is now. Composition of `review`,
`synthesis` and `store`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import (
    By,
    CodedValue,
    CodeState,
    FilterDecision,
    FilterOutcome,
    Flow,
    RecordState,
    Report,
    ReportKind,
    VerdictKind,
)
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.selection import outcomes
from ctg_nlp.status import chase, counted_reports
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.flow import Around, Fate, flow
from ctg_nlp.tallies import refresh

Row = tuple[bytes, Sequence[CodedValue]]
_DONE = frozenset({int(CodeState.ABSENT), int(CodeState.PRESENT)})


class Coding:
    """Reads off a report's coded row how far its coding is, and which codes that filters ask of it has."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._places = {f"{d}.{c}": i for i, (d, c) in enumerate(framework.keys)}
        self._values = {d.id: i for i, d in enumerate(framework.valued)}
        self._asked = tuple(dict.fromkeys(code for f in framework.filters for code in f.blocked_by))
        self._of_stage = {stage: self._all_of(framework, stage) for stage in ("map", "indepth")}
        self._nothing: Row = (states_of(framework, ()), values_of(framework, ()))

    def _all_of(self, framework: Framework, stage: str) -> tuple[list[int], list[int]]:
        """Where the codes and the values of a stage stand in a row."""
        mine = [d for d in framework.dimensions if d.stage == stage]
        codes = [self._places[f"{d.id}.{c.id}"] for d in mine for c in d.codes]
        return codes, [self._values[d.id] for d in mine if not d.coded]

    def row(self, rows: Mapping[str, Row], report_id: str) -> Row:
        """The row of a report; where it has none, nothing is decided."""
        return rows.get(report_id, self._nothing)

    def open(self, row: Row, stage: str) -> tuple[Dimension, ...]:
        """The dimensions of a stage that are not wholly decided."""
        states, values = row
        return tuple(
            d for d in self._framework.dimensions if d.stage == stage and not self._done(d, states, values)
        )

    def _done(self, d: Dimension, states: bytes, values: Sequence[CodedValue]) -> bool:
        if not d.coded:
            return values[self._values[d.id]].state is RecordState.DECIDED
        return all(states[self._places[f"{d.id}.{c.id}"]] in _DONE for c in d.codes)

    def whole(self, row: Row, stage: str) -> bool:
        """Whether a stage is wholly decided: the same as that nothing of it is open, at once."""
        states, values = row
        codes, valued = self._of_stage[stage]
        decided = _DONE.issuperset(map(states.__getitem__, codes))
        return decided and all(values[i].state is RecordState.DECIDED for i in valued)

    def left(self, row: Row, stage: str) -> tuple[int, int]:
        """How many codes and values of a stage are not decided, and how many it has."""
        states, values = row
        codes, valued = self._of_stage[stage]
        done = sum(states[i] in _DONE for i in codes)
        done += sum(values[i].state is RecordState.DECIDED for i in valued)
        return len(codes) + len(valued) - done, len(codes) + len(valued)

    def begun(self, row: Row, stage: str) -> bool:
        """Whether anything of a stage was decided, be it that coders differ on it."""
        states, values = row
        codes, valued = self._of_stage[stage]
        decided = any(map(states.__getitem__, codes))
        return decided or any(values[i].state is not RecordState.UNDECIDED for i in valued)

    def codes(self, row: Row) -> frozenset[str]:
        """Those of the codes that block filters which the report has, each as "dimension.code"."""
        return frozenset(c for c in self._asked if row[0][self._places[c]] == CodeState.PRESENT)


def fates(db: Connection, framework: Framework, reports: Sequence[Report]) -> tuple[Fate, ...]:
    """Where each of all reports of the store stands, in their order."""
    counted = {c.report_id for c in counted_reports(counting_store.candidates(db))}
    chosen = {r.group_id for r in reports if r.group_id and r.chosen and r.report_id in counted}
    rows = coded_store.coded_rows(db, framework.framework_id)
    said: dict[str, list[FilterDecision]] = {}
    for d in selection_store.filter_decisions(db):
        said.setdefault(d.report_id, []).append(d)
    coding = Coding(framework)
    unsaid = cache(lambda codes: outcomes(framework.filters, (), codes))  # the same for most reports

    def fate(report_id: str) -> Fate:
        row = coding.row(rows, report_id)
        codes, mine = coding.codes(row), said.get(report_id)
        found = outcomes(framework.filters, mine, codes) if mine else unsaid(codes)
        return _fate(coding, row, report_id, found)

    return tuple(fate(r.report_id) if r.report_id in counted else _passed_over(r, chosen) for r in reports)


def _fate(coding: Coding, row: Row, report_id: str, found: tuple[FilterOutcome, ...]) -> Fate:
    return Fate(
        report_id,
        mapped=coding.whole(row, "map"),
        outcomes=found,
        deep=coding.whole(row, "indepth"),
        begun=coding.begun(row, "indepth"),
    )


_WHY = {
    VerdictKind.REFUSED: "Unreadable",
    VerdictKind.FAILED: "Reading failed",
    VerdictKind.NEAR_DUPLICATE: "Nearly the same as another report",
    VerdictKind.REVISION: "Revisions of a report that counts",
}


def _passed_over(r: Report, chosen: set[str]) -> Fate:
    """Why a report does not count, in words, and who decided so."""
    if r.withdrawn_at:
        return Fate(r.report_id, "Withdrawn", By.PEOPLE)
    if r.group_id in chosen and r.kind is ReportKind.FINAL and r.readable:
        return Fate(r.report_id, "Superseded: another report of the group was chosen", By.PEOPLE)
    if r.readable and not r.settled:
        return Fate(r.report_id, unsettled=True)
    if r.readable and r.kind is not ReportKind.FINAL:
        return Fate(r.report_id, "Other documents than the final report")
    return Fate(r.report_id, _WHY.get(r.verdict, "Superseded: another report of the group counts"))


Sample = tuple[str, frozenset[str]]
"""The name of a frozen selection and the ids of its reports."""


def around(db: Connection, sample: Sample | None = None) -> Around:
    """What the flow counts besides all reports of the store. `sample`: as if this one were in use."""
    registered = overview.has_groups(db)
    expected = overview.expected_groups(db) if registered else None
    silent = len(chase(*overview.unanswering(db))) if registered else None
    current = selection_store.in_use(db)
    if sample is None and current is not None:
        sample = current.name, frozenset(current.reports)
    name, members = sample or ("", None)
    return Around(overview.copies(db), selection_store.erased_reports(db), expected, silent, members, name)


def flow_now(store: Store, framework: Framework) -> Flow:
    """The flow of counts as the store is now."""
    refresh(store, framework)
    with store.reading() as db:
        return flow_of(db, framework)


def flow_of(db: Connection, framework: Framework, sample: Sample | None = None) -> Flow:
    """The same within a transaction, once every report has its coded row; `sample`: as if it were in use."""
    reports = report_store.reports(db)
    return flow(framework, fates(db, framework, reports), around(db, sample))


_FLOW = TypeAdapter(Flow)


def flow_from(plain: Mapping[str, Any]) -> Flow | None:
    """The flow that was kept with a frozen selection; None where none was, or it cannot be read."""
    try:
        return _FLOW.validate_python(dict(plain)) if plain else None
    except ValidationError:
        return None
