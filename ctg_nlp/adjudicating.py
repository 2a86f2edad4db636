"""Closing blind coding, settling what coders disagree on, what that asks of the framework. Composition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.desk import ADJUDICATOR, CODER, Desk, Doing, OtherUse, open_report, quoted_evidence, role_of
from ctg_nlp.errors import CtgError, DecisionsError
from ctg_nlp.framework import Dimension
from ctg_nlp.records import (
    Answer,
    Assignment,
    CodedRecord,
    Decision,
    QuotedEvidence,
    Report,
    Tally,
)
from ctg_nlp.review.acts import Said, answered, standing
from ctg_nlp.review.adjudication import FOR_THE_FRAMEWORK, REASONS, Dispute, disputes
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.acts import Task
from ctg_nlp.store.audit_log import append

ADJUDICATION = "adjudication"


def lock(desk: Desk, report_id: str) -> Assignment:
    """Close this coder's blind coding of a report; from then on they see suggestions and others' answers.

    Raises `DecisionsError` where something of the map is not answered yet, and `CtgError` where the report
    is not theirs to code blind.
    """
    with desk.store.transaction() as db:
        report_store.lock_report(db, report_id)
        desk.open_report(db, report_id)
        place = independence_store.assignment(db, report_id, desk.coder)
        if place is None or not place.blind:
            raise CtgError("There is nothing to lock: you do not code this report blind.")
        waiting = unanswered(desk, db, place)
        if waiting:
            raise DecisionsError(f"Not answered yet: {', '.join(d.title for d in waiting)}.")
        independence_store.lock(db, report_id, desk.coder, desk.clock())
        locked = independence_store.assignment(db, report_id, desk.coder)
        append(db, desk.clock(), desk.coder, "blind coding locked", report_id)
    assert locked is not None  # it was there a moment ago, in the same transaction
    return locked


def unanswered(desk: Desk, db: Connection, place: Assignment) -> tuple[Dimension, ...]:
    """The dimensions of the map in which the coder has not answered every code; unsure is an answer."""
    decided = carried(decision_store.decisions(db, [place.report_id]), desk.framework, each_coder=True)
    found = []
    for dimension in desk.framework.stage("map"):
        mine = standing(decided, desk.coder, dimension.id, role_of(place))
        wanted = {c.id for c in dimension.codes} if dimension.coded else {None}
        if wanted - set(mine):
            found.append(dimension)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Disputed:
    """A report with what its coders disagree on."""

    report: Report
    disputes: tuple[Dispute, ...]


def open_disputes(desk: Desk, *, limit: int, offset: int = 0) -> tuple[Disputed, ...]:
    """Reports on which coders disagree, with what on, in the order of arrival.

    While somebody still codes a report blind, it is no dispute yet.
    """
    with desk.store.reading() as db:
        ids = queue_store.in_conflict(db, desk.framework.framework_id, limit=limit, offset=offset)
        return tuple(
            Disputed(open_report(db, r), disputes(tuple(decision_store.decisions(db, [r])), desk.framework))
            for r in ids
        )


def adjudicate(desk: Desk, report_id: str, doing: Doing, reason: str) -> Tally:
    """Settle a code (or a value) for good; the coders' own decisions stay as they are. Returns the tally.

    Raises `DecisionsError` for another reason than those of `REASONS` or without an answer, `Forbidden` where
    the framework forbids it beside what is settled, and `OtherUse` for an id that was used before. While
    somebody codes the report blind it is refused: that somebody may be the one who asks.
    """
    if reason not in REASONS:
        raise DecisionsError(f"The reason is one of: {', '.join(REASONS)}.")
    if doing.answer in (None, Answer.UNSURE):
        raise DecisionsError("An adjudicator says present, absent or a value.")
    dimension = desk.dimension(doing.dimension)
    with desk.store.transaction() as db:
        report_store.lock_report(db, report_id)
        open_report(db, report_id)
        if independence_store.is_coded_blind(db, report_id):
            raise DecisionsError("Somebody still codes this report blind. Settle it once it is locked.")
        if act_store.act(db, doing.act_id) is not None:
            raise OtherUse("This was sent before; reload the page.")
        decided = tuple(decision_store.decisions(db, [report_id]))
        assert doing.answer is not None
        read = carried(decided, desk.framework, each_coder=True)
        quoted = quoted_evidence(db, report_id, doing.evidence) or _of_those_who_agree(read, doing)
        asked = Said(doing.code, doing.answer, doing.value, quoted, doing.note)
        said = answered(dimension, asked, _settled(desk, read, dimension), replace=doing.replace)
        return desk.keep(db, report_id, doing, ADJUDICATION, said, ADJUDICATOR, decided, reason)


def _of_those_who_agree(decided: tuple[Decision, ...], doing: Doing) -> tuple[QuotedEvidence, ...]:
    """The evidence of the coders who said what the adjudicator says."""
    last = {
        d.coder: d
        for d in decided
        if d.role == CODER and (d.dimension, d.code) == (doing.dimension, doing.code)
    }
    agreeing = (d for d in last.values() if (d.answer, d.value) == (doing.answer, doing.value))
    return tuple(dict.fromkeys(e for d in agreeing for e in d.evidence))


def _settled(
    desk: Desk, decided: tuple[Decision, ...], dimension: Dimension
) -> Mapping[str | None, Decision]:
    """What is present by the coded record, as the decisions that an adjudicator's has to go with."""
    record = next((r for r in resolve(decided, desk.framework) if r.dimension == dimension.id), None)
    present = record.present if isinstance(record, CodedRecord) else frozenset()
    last = {d.code: d for d in decided if d.dimension == dimension.id and d.answer is Answer.PRESENT}
    return {code: d for code, d in last.items() if code in present}


def worklist(desk: Desk) -> tuple[Task, ...]:
    """What adjudications ask of the framework: guideline gaps and cues that are too wide, oldest first."""
    with desk.store.reading() as db:
        return act_store.tasks(db, FOR_THE_FRAMEWORK)


def close_task(desk: Desk, act_id: str, how: str) -> None:
    """Note that a task of the worklist was done, and how. Raises `DecisionsError` where there is none, or
    nothing is said of how."""
    if not how.strip():
        raise DecisionsError("Say in a word or two what was done.")
    with desk.store.transaction() as db:
        act = act_store.act(db, act_id)
        if act is None or act.reason not in FOR_THE_FRAMEWORK or act.undone_at:
            raise DecisionsError("There is no such task.")
        act_store.close_task(db, act_id, desk.clock(), desk.coder, how.strip())
        append(db, desk.clock(), desk.coder, "task closed", act.report_id, {"act": act_id})
