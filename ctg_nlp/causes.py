"""Why a report moves a cell: what happened to it, or to the decisions on it, since a rebuild."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.framework import Framework
from ctg_nlp.history import Key, rules_since
from ctg_nlp.records import CodedReport, CodeState, Dataset, Rebuild, Report
from ctg_nlp.store.rebuilds import Event
from ctg_nlp.synthesis.changes import Addends, Move, resampled


class Cause(StrEnum):
    """Why a figure changed, in the words used everywhere."""

    NEW_REPORT = "new report"
    WITHDRAWN = "withdrawn report"
    RESTORED = "restored report"
    REVISED = "revised report"
    COUNTED = "report counted now"
    NOT_COUNTED = "report not counted any more"
    ERASED = "erased report"
    DECIDED = "new decision"
    CHANGED = "changed decision"
    UNDONE = "undone decision"
    DISAGREEMENT = "disagreement"
    ADJUDICATION = "adjudication"
    FRAMEWORK = "framework version"
    REGISTER = "cohort or register"
    SAMPLE = "selected sample"
    OTHER = "place names or program version"


@dataclass(frozen=True, slots=True)
class Why:
    """The cause of one move; for decisions with the coder and time of the last one that led to it."""

    cause: Cause
    coder: str = ""
    time: str = ""


class Causes:
    """What is known of the time since a rebuild, to be asked why a report moved a cell."""

    def __init__(
        self,
        framework: Framework,
        rebuild: Rebuild,
        before: Dataset,
        after: Dataset,
        reports: Iterable[Report],
        events: Iterable[Event],
        withdrawn: Collection[str],
    ) -> None:
        """`reports`: those that count in one of the datasets only, at least; `withdrawn`: the ids of reports
        that were withdrawn at any time."""
        self.framework, self.rebuild = framework, rebuild
        self.before, self.after = ({r.report_id: r for r in d.reports} for d in (before, after))
        self.reports = {r.report_id: r for r in reports}
        self.withdrawn = withdrawn
        self.events = _by_report(framework, events)
        self.resampled = resampled(before, after)
        self.left = _groups(r for i, r in self.before.items() if i not in self.after)
        self.came = _groups(r for i, r in self.after.items() if i not in self.before)

    def why(self, cell: Addends, move: Move) -> Why:
        """Why a report moved a cell."""
        old, new = self.before.get(move.report_id), self.after.get(move.report_id)
        if old is None and new is not None:
            return Why(self._came(new))
        if new is None and old is not None:
            return Why(self._left(old))
        same = move.before == move.after or None in (move.before, move.after)  # None: no such part
        if same and old is not None and new is not None and old.attributes != new.attributes:
            return Why(Cause.REGISTER)
        if move.report_id in self.resampled and not self.events.get(move.report_id):
            return Why(Cause.SAMPLE)
        return self._decided(cell, move)

    def _came(self, r: CodedReport) -> Cause:
        if r.group_id in self.left or self._related(r.report_id) in self.before:
            return Cause.REVISED
        known = self.reports.get(r.report_id)
        if known is not None and known.received_at > self.rebuild.made_at:
            return Cause.NEW_REPORT
        return Cause.RESTORED if r.report_id in self.withdrawn else Cause.COUNTED

    def _left(self, r: CodedReport) -> Cause:
        if r.group_id in self.came:
            return Cause.REVISED
        known = self.reports.get(r.report_id)
        return Cause.WITHDRAWN if known is not None and known.withdrawn_at else Cause.NOT_COUNTED

    def _related(self, report_id: str) -> str | None:
        """The report that this one revises, where that one counts no more."""
        known = self.reports.get(report_id)
        related = known.related_to if known is not None else None
        return related if related not in self.after else None

    def _decided(self, cell: Addends, move: Move) -> Why:
        events = self._relevant(cell, move.report_id)
        standing = [e for e in events if not e.undone]
        if not events:
            return Why(Cause.OTHER)
        last = (standing or events)[-1]
        return Why(_cause(move, standing), last.coder, last.time)

    def _relevant(self, cell: Addends, report_id: str) -> Sequence[Event]:
        """What happened to the codes of a row; else to its dimension, which says who is in the sample; else
        to the report, by which it may be in another part."""
        of_report = self.events.get(report_id, {})
        codes = [e for code in cell.codes for e in of_report.get((cell.key.table, code), ())]
        mine = [e for (table, _), found in of_report.items() if table == cell.key.table for e in found]
        everything = [e for found in of_report.values() for e in found]
        return sorted(codes or mine or everything, key=lambda e: e.sequence)


def _cause(move: Move, standing: Sequence[Event]) -> Cause:
    if not standing:
        return Cause.UNDONE
    if any(e.role == "adjudicator" for e in standing):
        return Cause.ADJUDICATION
    if move.after == CodeState.CONFLICT:
        return Cause.DISAGREEMENT
    return Cause.DECIDED if move.before == CodeState.UNDECIDED else Cause.CHANGED


def _by_report(framework: Framework, events: Iterable[Event]) -> Mapping[str, Mapping[Key, Sequence[Event]]]:
    found: dict[str, dict[Key, list[Event]]] = {}
    for e in events:
        if e.role != "trainee":
            of_report = found.setdefault(e.report_id, {})
            for key in _targets(framework, e):
                of_report.setdefault(key, []).append(e)
    return found


def _targets(framework: Framework, event: Event) -> tuple[Key, ...]:
    """The codes of now that a decision tells of."""
    key = (event.dimension, event.code or "")
    rules = rules_since(framework, event.framework_id)
    return (key,) if rules is None or event.dimension not in rules.dimensions else rules.targets.get(key, ())


def _groups(reports: Iterable[CodedReport]) -> frozenset[str]:
    return frozenset(r.group_id for r in reports if r.group_id)
