"""The work of coding in depth: which reports of the selected sample wait for it, which were begun, which are
complete. Composition over `store`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Report, Selection
from ctg_nlp.selection_flow import Coding, counted_ids
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store


class DeepState(StrEnum):
    """How far a report is coded in depth. Complete: every code and text of the second stage is decided, by
    coders who agree. Begun: some are. Not begun: none is."""

    BEGUN = "begun"
    WAITING = "not begun"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class DeepReport:
    """A report of the sample: how many of its codes and texts of the second stage are not decided, of how
    many, and the dimensions that these belong to."""

    report: Report
    cohort: str
    state: DeepState
    left: int
    codes: int
    open: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class DeepWork:
    """The reports of the sample that count, of those that may be seen: begun ones first, then those that
    wait, complete ones last, each in the order of arrival."""

    sample: str
    reports: tuple[DeepReport, ...]

    @property
    def states(self) -> tuple[DeepState, ...]:
        """All there may be."""
        return tuple(DeepState)

    def number(self, state: DeepState) -> int:
        """How many stand so."""
        return sum(r.state is state for r in self.reports)

    def open_in(self) -> dict[str, int]:
        """For each dimension of the second stage in how many of the reports it is not wholly decided."""
        return dict(Counter(d.id for r in self.reports for d in r.open))

    def in_words(self) -> str:
        """How many there are of each state."""
        done, begun, waiting = map(self.number, (DeepState.COMPLETE, DeepState.BEGUN, DeepState.WAITING))
        return f"{done} complete, {begun} begun, {waiting} not begun"


def deep_work(db: Connection, framework: Framework, only: Collection[str] | None = None) -> DeepWork | None:
    """What is to be coded in depth, of the sample that is in use; None where there is none, or the framework
    has no second stage. `only`: of these reports alone. Reports without a coded row count as not begun."""
    current = selection_store.in_use(db) if framework.stage("indepth") else None
    return None if current is None else work_on(db, framework, current, only)


def work_on(
    db: Connection, framework: Framework, current: Selection, only: Collection[str] | None = None
) -> DeepWork:
    """The same of any frozen sample."""
    counted = set(counted_ids(db))
    wanted = [r for r in current.reports if r in counted and (only is None or r in only)]
    found = sorted(_reports(db, framework, wanted), key=lambda r: _ORDER.index(r.state))
    return DeepWork(current.name, tuple(found))


_ORDER = tuple(DeepState)


def _reports(db: Connection, framework: Framework, wanted: Collection[str]) -> Iterator[DeepReport]:
    known = report_store.reports(db, wanted)
    cohorts = report_store.cohorts_of(db, {r.group_id for r in known if r.group_id})
    rows = coded_store.coded_rows(db, framework.framework_id, wanted)
    coding = Coding(framework)
    for report in known:
        row = coding.row(rows, report.report_id)
        left, codes = coding.left(row, "indepth")
        state = DeepState.BEGUN if coding.begun(row, "indepth") else DeepState.WAITING
        yield DeepReport(
            report, cohorts.get(report.group_id or "", "") or report.cohort_said,
            state if left else DeepState.COMPLETE, left, codes, coding.open(row, "indepth"),
        )  # fmt: skip


def sample_with(db: Connection, report_id: str) -> str:
    """The name of the sample that is in use, where the report is in it; else an empty text."""
    current = selection_store.in_use(db)
    return current.name if current is not None and report_id in current.reports else ""
