"""What programs read, part by part: each part sees the store, and its person's rights, as they are then.

No connection is held between parts, so that a slow reader costs others nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from sqlalchemy import Connection

from ctg_nlp.dataset_rows import Coding
from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.filter_rows import Sieve
from ctg_nlp.framework import Dimension
from ctg_nlp.records import CodedReport, Decision, FilterDecision, Report
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.status import counted_reports
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import parts as part_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.parts import Numbered
from ctg_nlp.tallies import refresh
from ctg_nlp.web import v1_columns as columns
from ctg_nlp.web import v1_rows as rows
from ctg_nlp.web.v1_columns import Resource
from ctg_nlp.web.v1_parts import Part, Place, Row, cut, fingerprint
from ctg_nlp.web.v1_reach import Reach

_REPORTS_AT_ONCE, _DECISIONS_AT_ONCE = 50, 500
Groups = Iterator[tuple[int, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows are wanted: of one report, one dimension, one stage, with a larger number of the decision
    than `since`. Empty: all."""

    report: str = ""
    dimension: str = ""
    stage: str = ""
    since: int = 0


class Reader:
    """One person's question for rows of one resource.

    Raises `CtgError` for a dimension that the framework does not have.
    """

    def __init__(self, desk: Desk, resource: Resource, asked: Asked) -> None:
        self.desk, self.resource, self.asked = desk, resource, asked
        self.framework = desk.framework
        self.wanted = self._wanted()
        self._groups = _GROUPS[resource.name]
        self._stages: dict[tuple[str, str, str | None], str | None] = {}
        if resource in (columns.CODED, columns.FILTERS, columns.FILTER_DECISIONS):
            refresh(desk.store, self.framework)

    def _wanted(self) -> tuple[Dimension, ...]:
        named = self.asked.dimension
        if named and self.framework.dimension(named) is None:
            known = ", ".join(d.id for d in self.framework.dimensions)
            raise CtgError(f"The framework has no dimension {named}; it has {known}.")
        return tuple(
            d for d in self.framework.dimensions if named in ("", d.id) and self.asked.stage in ("", d.stage)
        )

    @cached_property
    def model(self) -> str:
        """The model that proposed last when this was asked; empty: none did."""
        if not self.resource.suggested:
            return ""
        with self.desk.store.reading() as db:
            return suggestion_store.last_model(db, self.framework.framework_id) or ""

    @cached_property
    def of(self) -> str:
        """What a cursor of this question is marked with."""
        a = self.asked
        asked = (self.resource.name, a.report, a.dimension, a.stage, str(a.since))
        return fingerprint(*asked, self.framework.framework_id, self.model, self.desk.coder)

    def stage(self, d: Decision) -> str | None:
        """The stage of a decision, empty where the framework has its dimension no more; None: not wanted."""
        said = d.framework_id, d.dimension, d.code
        if said not in self._stages:
            self._stages[said] = self._stage(rows.dimension_now(self.framework, d))
        return self._stages[said]

    def _stage(self, dimension: Dimension | None) -> str | None:
        if dimension is None:
            return None if self.asked.dimension or self.asked.stage else ""
        return dimension.stage if dimension in self.wanted else None

    def part(self, place: Place, most: int) -> Part:
        """The rows from a place on. Raises `UnknownReport` and `NotYours` where one report is asked for."""
        of_model = self.model
        with self.desk.store.reading() as db:
            if "decision" in self.resource.names:
                part_store.await_numbers(db)
            reading = _Reading(self, db, Reach.of(self.desk, db), of_model, most)
            found, following = cut(self._groups(reading, place), place, most)
            return Part(found, following, reading.reach.left_out)

    @cached_property
    def counted(self) -> frozenset[str]:
        """The ids of the reports that enter tables, when this was asked."""
        with self.desk.store.reading() as db:
            return frozenset(c.report_id for c in counted_reports(counting_store.candidates(db)))

    def reports_in(self, part: Part) -> frozenset[str]:
        """The ids of the reports of which something is in a part."""
        at = self.resource.names.index("report")
        return frozenset(row[at] for row in part.rows)


class _Reading:
    """One part in the making."""

    def __init__(self, reader: Reader, db: Connection, reach: Reach, model: str, most: int) -> None:
        self.reader, self.db, self.reach, self.model, self.most = reader, db, reach, model, most

    def reports(self, place: Place, shown: Callable[[str], bool]) -> Iterator[Sequence[Report]]:
        """The reports from a place on, some at a time."""
        only = self._only()
        if only is not None:
            found = (r for r in report_store.reports(self.db, only) if not r.withdrawn_at)
            yield [r for r in found if r.sequence >= place.at and shown(r.report_id)]
            return
        at = place.at
        while some := part_store.reports_from(self.db, at, _REPORTS_AT_ONCE):
            yield [r for r in some if shown(r.report_id)]
            at = some[-1].sequence + 1

    def _only(self) -> frozenset[str] | None:
        """The only reports that can be asked for, where these are few."""
        if self.reader.asked.report:
            return frozenset({self.reader.desk.open_report(self.db, self.reader.asked.report).report_id})
        return self.reach.named

    def _coding(self) -> Coding:
        return Coding(self.reader.framework, self.reader.wanted, (), selection_store.sample(self.db))

    def listed(self, place: Place) -> Groups:
        coding = self._coding()
        for some in self.reports(place, self.reach.report):
            cohorts = report_store.cohorts_of(self.db, {r.group_id for r in some if r.group_id})
            for r in some:
                counts, blind = r.report_id in self.reader.counted, r.report_id in self.reach.blind
                about = cohorts.get(r.group_id or "", ""), counts, blind, coding.in_sample(r.report_id)
                yield r.sequence, [rows.report_row(r, *about)]

    def passages(self, place: Place) -> Groups:
        for r in self._each(place, self.reach.report):
            yield r.sequence, rows.passage_rows(r, report_store.passages(self.db, r.report_id))

    def coded(self, place: Place) -> Groups:
        coding, counted = self._coding(), self.reader.counted
        for some in self.reports(place, lambda r: r in counted and self.reach.resolved(r)):
            for r, coded in self._coded(some):
                yield r.sequence, rows.coded_rows(coding, r, coded)

    def _coded(self, some: Sequence[Report]) -> Iterator[tuple[Report, CodedReport]]:
        f = self.reader.framework
        nothing = states_of(f, ()), values_of(f, ())
        said = coded_store.coded_rows(self.db, f.framework_id, [r.report_id for r in some])
        for r in some:
            yield r, CodedReport(r.report_id, r.group_id or "", *said.get(r.report_id, nothing))

    def filters(self, place: Place) -> Groups:
        sieve, counted = Sieve(self._coding()), self.reader.counted
        for some in self.reports(place, lambda r: r in counted and self.reach.resolved(r)):
            said = self._filtered(some)
            for r, coded in self._coded(some):
                yield r.sequence, rows.filter_rows(sieve, r, coded, said.get(r.report_id, ()))

    def filter_decisions(self, place: Place) -> Groups:
        sieve = Sieve(self._coding())
        for some in self.reports(place, self.reach.report):
            said = self._filtered(some)
            for r in some:
                open_ = [d for d in said.get(r.report_id, ()) if self.reach.decision(d)]
                counts = r.report_id in self.reader.counted
                yield r.sequence, rows.filter_decision_rows(sieve, r, counts, open_)

    def _filtered(self, some: Sequence[Report]) -> Mapping[str, Sequence[FilterDecision]]:
        """The filter decisions on some reports that stand, by report."""
        said: dict[str, list[FilterDecision]] = {}
        for d in selection_store.filter_decisions(self.db, [r.report_id for r in some]):
            said.setdefault(d.report_id, []).append(d)
        return said

    def suggestions(self, place: Place) -> Groups:
        stages, id_ = {d.id: d.stage for d in self.reader.wanted}, self.reader.framework.framework_id
        for r in self._each(place, self.reach.suggestions) if self.model else ():
            found = suggestion_store.suggestions(self.db, self.model, id_, r.report_id)
            yield (
                r.sequence,
                [rows.suggestion_row(r, stages[s.dimension], s) for s in found if s.dimension in stages],
            )

    def _each(self, place: Place, shown: Callable[[str], bool]) -> Iterator[Report]:
        return (r for some in self.reports(place, shown) for r in some)

    def decisions(self, place: Place) -> Groups:
        for d, report, stage in self._decided(place):
            yield d.sequence, [rows.decision_row(report, d.report_id in self.reader.counted, stage, d)]

    def evidence(self, place: Place) -> Groups:
        for d, report, stage in self._decided(place):
            yield d.sequence, tuple(rows.evidence_rows(report, stage, d))

    def _decided(self, place: Place) -> Iterator[tuple[Decision, Report, str]]:
        """The decisions from a place on that are open, each with its report and stage."""
        at, only = max(place.at, self.reader.asked.since + 1), self._only()
        # One more than fits, so that whether there are further ones is known.
        while some := part_store.decisions_from(self.db, at, self.most + 1, only):
            shown = [d for d in some if self.reach.decision(d)]
            for start in range(0, len(shown), _DECISIONS_AT_ONCE):
                yield from self._read(shown[start : start + _DECISIONS_AT_ONCE])
            at = some[-1].number + 1

    def _read(self, some: Sequence[Numbered]) -> Iterator[tuple[Decision, Report, str]]:
        reports = {r.report_id: r for r in report_store.reports(self.db, {d.report_id for d in some})}
        for d in decision_store.numbered(self.db, [d.number for d in some]):
            stage = self.reader.stage(d)
            if stage is not None:
                yield d, reports[d.report_id], stage


_GROUPS: Mapping[str, Callable[[_Reading, Place], Groups]] = MappingProxyType(
    {
        columns.REPORTS.name: _Reading.listed,
        columns.PASSAGES.name: _Reading.passages,
        columns.DECISIONS.name: _Reading.decisions,
        columns.EVIDENCE.name: _Reading.evidence,
        columns.CODED.name: _Reading.coded,
        columns.FILTERS.name: _Reading.filters,
        columns.FILTER_DECISIONS.name: _Reading.filter_decisions,
        columns.SUGGESTIONS.name: _Reading.suggestions,
    }
)


def all_parts(
    reader: Reader, place: Place, most: int, note: Callable[[Iterable[str]], None]
) -> Iterator[Part]:
    """The parts from a place to the end. Of which reports something is in a part is noted before it is given;
    a mere list of reports is no reading of them."""
    following: Place | None = place
    while following is not None:
        part = reader.part(following, most)
        if reader.resource is not columns.REPORTS:
            note(reader.reports_in(part))
        yield part
        following = part.next
