"""Where each report stands on its way to the second stage, as the store is now. Composition of `review`,
`synthesis` and `store`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import (
    READABLE,
    By,
    CodedValue,
    CodeState,
    FilterDecision,
    Flow,
    RecordState,
    ReportKind,
    VerdictKind,
)
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.review.selection import outcomes
from ctg_nlp.status import chase, counted_reports
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import overview
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.counting import Candidate, PassedOver
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.flow import Around, Fate, flow
from ctg_nlp.tallies import refresh

Row = tuple[bytes, Sequence[CodedValue]]
_DECIDED = bytes((CodeState.ABSENT, CodeState.PRESENT))
_DONE, _UNDECIDED = frozenset(_DECIDED), bytes((CodeState.UNDECIDED,))


class Coding:
    """Reads off a report's coded row how far its coding is, and which codes that filters ask of it has."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._places = {f"{d}.{c}": i for i, (d, c) in enumerate(framework.keys)}
        self._values = {d.id: i for i, d in enumerate(framework.valued)}
        self._asked = {code: self._places[code] for f in framework.filters for code in f.blocked_by}
        self._of_stage = {stage: self._all_of(framework, stage) for stage in ("map", "indepth")}
        self.nothing: coded_store.Row = (states_of(framework, ()), values_of(framework, ()))

    def _all_of(self, framework: Framework, stage: str) -> tuple[list[slice], list[int]]:
        """Where the codes and the values of a stage stand in a row."""
        mine = [d for d in framework.dimensions if d.stage == stage]
        places = [self._places[f"{d.id}.{c.id}"] for d in mine for c in d.codes]
        return _runs(places), [self._values[d.id] for d in mine if not d.coded]

    def row(self, rows: Mapping[str, Row], report_id: str) -> Row:
        """The row of a report; where it has none, nothing is decided."""
        return rows.get(report_id, self.nothing)

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
        if any(states[run].strip(_DECIDED) for run in codes):
            return False
        return all(values[i].state is RecordState.DECIDED for i in valued)

    def left(self, row: Row, stage: str) -> tuple[int, int]:
        """How many codes and values of a stage are not decided, and how many it has."""
        states, values = row
        runs, valued = self._of_stage[stage]
        codes = b"".join(states[run] for run in runs)
        done = sum(codes.count(state) for state in _DECIDED)
        done += sum(values[i].state is RecordState.DECIDED for i in valued)
        return len(codes) + len(valued) - done, len(codes) + len(valued)

    def begun(self, row: Row, stage: str) -> bool:
        """Whether anything of a stage was decided, be it that coders differ on it."""
        states, values = row
        codes, valued = self._of_stage[stage]
        if any(states[run].strip(_UNDECIDED) for run in codes):
            return True
        return any(values[i].state is not RecordState.UNDECIDED for i in valued)

    def codes(self, row: Row) -> frozenset[str]:
        """Those of the codes that block filters which the report has, each as "dimension.code"."""
        return frozenset(code for code, i in self._asked.items() if row[0][i] == CodeState.PRESENT)


def _runs(places: Sequence[int]) -> list[slice]:
    """Places in their order as slices of neighbours."""
    found: list[slice] = []
    for i in places:
        if found and found[-1].stop == i:
            found[-1] = slice(found[-1].start, i + 1)
        else:
            found.append(slice(i, i + 1))
    return found


@dataclass(frozen=True, slots=True)
class Fates:
    """Where all documents of the store stand. `counted` are the reports that count, in the order of arrival:
    `apart` tells of those on which anything was decided or that were asked for, and all others are `alike`.
    `out` are documents that do not count."""

    counted: Sequence[str]
    apart: Mapping[str, Fate]
    alike: Fate
    out: Sequence[Fate]

    def of(self, report_id: str) -> Fate:
        """Where one report that counts stands."""
        return self.apart.get(report_id) or replace(self.alike, report_id=report_id)

    @property
    def selected(self) -> tuple[str, ...]:
        """The reports that are mapped and passed every filter."""
        return tuple(i for i in self.counted if self.apart.get(i, self.alike).selected)

    @property
    def to_count(self) -> tuple[Fate, ...]:
        """What the flow counts: the reports apart one by one, all others with how many there are."""
        others = len(self.counted) - len(self.apart)
        return (*self.out, *self.apart.values(), *((replace(self.alike, number=others),) if others else ()))


def fates(db: Connection, framework: Framework, apart: Collection[str] | None = None) -> Fates:
    """Where all documents stand; of the reports on which nothing was decided none is read. `apart`: ids of
    reports that are told apart in any case."""
    counted, out = _arrived(db)
    coding = Coding(framework)
    rows = coded_store.rows_besides(db, framework.framework_id, coding.nothing)
    said: dict[str, list[FilterDecision]] = {}
    for d in selection_store.filter_decisions(db):
        said.setdefault(d.report_id, []).append(d)
    unsaid = cache(lambda codes: outcomes(framework.filters, (), codes))  # the same for most reports

    def fate(report_id: str) -> Fate:
        row, mine = coding.row(rows, report_id), said.get(report_id)
        codes = coding.codes(row)
        found = outcomes(framework.filters, mine, codes) if mine else unsaid(codes)
        return Fate(
            report_id,
            mapped=coding.whole(row, "map"),
            outcomes=found,
            deep=coding.whole(row, "indepth"),
            begun=coding.begun(row, "indepth"),
        )

    wanted = rows.keys() | said.keys() | set(apart or ())
    return Fates(counted, {i: fate(i) for i in counted if i in wanted}, fate(""), out)


def counted_ids(db: Connection) -> Sequence[str]:
    """The ids of the reports that count, in the order of arrival."""
    return _arrived(db)[0]


def _arrived(db: Connection) -> tuple[Sequence[str], tuple[Fate, ...]]:
    """The reports that count, in the order of arrival, and where the documents are that do not."""
    arrived, people = counting_store.settled(db), counting_store.read_by_people(db)
    asked = (Candidate(p.report_id, p.group_id, "", settled=False) for p in people if not p.answered)
    counting = {c.report_id for c in counted_reports(asked)}
    arrived += [(p.sequence, p.report_id) for p in people if p.report_id in counting]
    chosen = {p.group_id for p in people if p.chosen and p.report_id in counting and p.group_id}
    out = [_passed_over(p) for p in counting_store.passed_over(db, chosen)]
    if len(people) > len(counting):
        out.append(Fate("", _WHY[VerdictKind.REFUSED], number=len(people) - len(counting)))
    return [report_id for _, report_id in (sorted(arrived) if counting else arrived)], tuple(out)


_WHY = {
    VerdictKind.REFUSED: "Unreadable",
    VerdictKind.FAILED: "Reading failed",
    VerdictKind.NEAR_DUPLICATE: "Nearly the same as another report",
    VerdictKind.REVISION: "Revisions of a report that counts",
}


def _passed_over(p: PassedOver) -> Fate:
    """Why documents do not count, in words, and who decided so."""
    readable, final = p.verdict in READABLE, p.kind is ReportKind.FINAL
    if p.withdrawn:
        return Fate("", "Withdrawn", By.PEOPLE, number=p.number)
    if p.other_chosen and final and readable:
        return Fate("", "Superseded: another report of the group was chosen", By.PEOPLE, number=p.number)
    if readable and not p.settled:
        return Fate("", unsettled=True, number=p.number)
    if readable and not final:
        return Fate("", "Other documents than the final report", number=p.number)
    why = _WHY.get(p.verdict, "Superseded: another report of the group counts")
    return Fate("", why, number=p.number)


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
    near = around(db, sample)
    return flow(framework, fates(db, framework, near.sample).to_count, near)


_FLOW = TypeAdapter(Flow)


def flow_from(plain: Mapping[str, Any]) -> Flow | None:
    """The flow that was kept with a frozen selection; None where none was, or it cannot be read."""
    try:
        return _FLOW.validate_python(dict(plain)) if plain else None
    except ValidationError:
        return None
