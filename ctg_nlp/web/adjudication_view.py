"""Disagreements, the worklist of the framework, and a trainee's comparison, as their pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ctg_nlp.adjudicating import open_disputes, worklist
from ctg_nlp.desk import TRAINEE, Desk
from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import Answer, Decision, Purpose, Report
from ctg_nlp.review.adjudication import REASONS, Dispute
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.acts import Task

PAGE = 20


@dataclass(frozen=True, slots=True)
class ShownDispute:
    """A dispute with the words of the framework."""

    report: Report
    dimension: Dimension
    code: Code | None
    dispute: Dispute

    @property
    def label(self) -> str:
        """The code's label; of a value the dimension's title."""
        return self.code.label if self.code else self.dimension.title

    @property
    def key(self) -> str:
        """An id for the page."""
        return f"{self.report.report_id[:12]}-{self.dimension.id}-{self.code.id if self.code else ''}"


def adjudication_page(desk: Desk, page: int) -> dict[str, Any]:
    """What coders disagree on, some reports at a time."""
    found = open_disputes(desk, limit=PAGE + 1, offset=(page - 1) * PAGE)
    shown = [s for d in found[:PAGE] for x in d.disputes if (s := _shown(desk, d.report, x)) is not None]
    with desk.store.reading() as db:
        left = queue_store.left(db, desk.framework.framework_id)
    return {"disputes": shown, "reasons": REASONS, "page": page, "more": len(found) > PAGE, "left": left}


def _shown(desk: Desk, report: Report, dispute: Dispute) -> ShownDispute | None:
    dimension = desk.framework.dimension(dispute.dimension)
    if dimension is None:
        return None
    code = dimension.code(dispute.code) if dispute.code is not None else None
    return ShownDispute(report, dimension, code, dispute)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task of the worklist with the words of the framework."""

    task: Task
    dimension: str
    label: str
    report: str


def worklist_page(desk: Desk) -> dict[str, Any]:
    """What adjudications ask of the framework, open tasks first."""
    tasks = worklist(desk)
    with desk.store.reading() as db:
        names = {r.report_id: r.name for r in report_store.reports(db, {t.act.report_id for t in tasks})}
    shown = []
    for task in tasks:
        dimension = desk.framework.dimension(task.act.dimension)
        code = dimension.code(task.act.code or "") if dimension else None
        title = dimension.title if dimension else task.act.dimension
        label = code.label if code else task.act.code or title
        shown.append(ShownTask(task, title, label, names.get(task.act.report_id, "")))
    return {"tasks": sorted(shown, key=lambda s: bool(s.task.closed_at))}


@dataclass(frozen=True, slots=True)
class Compared:
    """One answer of a trainee beside what was agreed."""

    dimension: str
    label: str
    address: str
    said: str
    agreed: str


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """A training report: how far it is, and once locked where the trainee differs. `agreed` counts answers
    that are as agreed, of `compared` that can be compared."""

    report: Report
    locked: bool
    agreed: int = 0
    compared: int = 0
    different: tuple[Compared, ...] = ()


def training_page(desk: Desk) -> dict[str, Any]:
    """Training reports of this coder; what was agreed is only told of those that they have locked."""
    with desk.store.reading() as db:
        mine = [a for a in independence_store.assignments(db, desk.coder) if a.purpose is Purpose.TRAINING]
        reports = {r.report_id: r for r in report_store.reports(db, [a.report_id for a in mine])}
        shown = []
        for a in mine:
            if not a.locked_at:
                shown.append(TrainedOn(reports[a.report_id], locked=False))
                continue
            decisions = tuple(decision_store.decisions(db, [a.report_id]))
            shown.append(_trained_on(desk, reports[a.report_id], decisions))
    return {"training": shown}


def _trained_on(desk: Desk, report: Report, decisions: tuple[Decision, ...]) -> TrainedOn:
    read = carried(decisions, desk.framework, each_coder=True)
    said = {(d.dimension, d.code): d for d in read if (d.role, d.coder) == (TRAINEE, desk.coder)}
    agreed = 0
    different = []
    compared = 0
    for (dimension_id, code_id), right in _agreed(desk, decisions).items():
        dimension = desk.framework.dimension(dimension_id)
        mine = said.get((dimension_id, code_id))
        if dimension is None or mine is None:
            continue
        compared += 1
        given = _in_words(mine)
        if given == right:
            agreed += 1
            continue
        code = dimension.code(code_id or "")
        label = code.label if code else dimension.title
        place = f"/reports/{report.report_id}#d={dimension_id}&c={code_id or ''}"
        different.append(Compared(dimension.title, label, place, given, right))
    return TrainedOn(report, True, agreed, compared, tuple(different))


def _agreed(desk: Desk, decisions: tuple[Decision, ...]) -> dict[tuple[str, str | None], str]:
    found: dict[tuple[str, str | None], str] = {}
    for record in resolve(decisions, desk.framework):
        found |= {(record.dimension, c): "present" for c in record.present}
        found |= {(record.dimension, c): "absent" for c in record.absent}
        if record.value_decided:
            found[record.dimension, None] = _value(record.value)
    return found


def _in_words(decision: Decision) -> str:
    return _value(decision.value) if decision.answer is Answer.VALUE else str(decision.answer)


def _value(value: int | str | None) -> str:
    return "cannot be told" if value is None else str(value)
