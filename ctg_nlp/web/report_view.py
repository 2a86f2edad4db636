"""One report as the review page shows it: plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from ctg_nlp.deep_work import sample_with
from ctg_nlp.desk import ADJUDICATOR, CODER, Desk, role_of
from ctg_nlp.errors import UnknownReport
from ctg_nlp.framework import Code, Dimension
from ctg_nlp.records import (
    Act,
    Assignment,
    CodedRecord,
    Decision,
    Evidence,
    Memo,
    Page,
    QuotedEvidence,
    RecordState,
    Suggestion,
    Tally,
)
from ctg_nlp.review.carrying import carried
from ctg_nlp.review.queue import open_codes_of
from ctg_nlp.review.resolution import resolve
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.web.enquiry_view import asked, coding_order
from ctg_nlp.web.words import score_in_words, undo_in_words

Plain = dict[str, Any]


def report_state(desk: Desk, report_id: str) -> Plain:
    """All that the page of a report shows, but for the pages' text. Raises `UnknownReport`."""
    with desk.store.reading() as db:
        report = desk.open_report(db, report_id)
        cohorts = report_store.cohort_of_group(db, report.group_id) if report.group_id else ""
        seen = Seen.of(desk, db, report_id)
        pages = report_store.page_sizes(db, report_id)
        return {
            "report": {
                "report_id": report_id,
                "name": report.name,
                "group_id": report.group_id or "",
                "cohort": cohorts or report.cohort_said,
                "verdict": report.verdict_in_words,
                "warnings": report.message if not report.readable else report.warnings,
                "counted": report.counted,
                "pages": [_size(p) for p in pages],
            },
            "framework_id": desk.framework.framework_id,
            "model_id": seen.model_id or None,
            "calibrated": is_calibrated(seen.model_id),
            "coder": desk.coder,
            "place": _place(seen.place),
            "dimensions": [seen.dimension(d) for d in coding_order(desk.framework)],
            **_memos_and_undo(desk, db, report_id, seen.place),
            "left": seen.left(),
            "sample": _sample(desk, db, report_id),
        }


def _sample(desk: Desk, db: Connection, report_id: str) -> str:
    """The sample in use that the report belongs to, or an empty text; who codes anything blind is not told,
    for samples are made of what others said."""
    return "" if desk.sight(db).waiting else sample_with(db, report_id)


def changed_dimension(desk: Desk, tally: Tally, dimension_id: str | None) -> Plain:
    """What the page needs after something was done: one dimension anew, memos, what can be undone."""
    dimension = desk.framework.dimension(dimension_id or "")
    with desk.store.reading() as db:
        seen = Seen.of(desk, db, tally.report_id, dimension_id)
        shown = seen.dimension(dimension) if dimension else None
        left = seen.left() if seen.place is not None else tally.open
        return {"dimension": shown, "left": left, **_memos_and_undo(desk, db, tally.report_id, seen.place)}


def _memos_and_undo(desk: Desk, db: Connection, report_id: str, place: Assignment | None) -> Plain:
    memos = [_memo(m) for m in _memos(desk, db, report_id, place)]
    return {"memos": memos, "undo": _undo(desk, act_store.last_act(db, desk.coder, report_id))}


def memos_of(desk: Desk, report_id: str) -> Plain:
    """The memos on a report."""
    with desk.store.reading() as db:
        place = independence_store.assignment(db, report_id, desk.coder)
        return {"memos": [_memo(m) for m in _memos(desk, db, report_id, place)]}


def _memos(desk: Desk, db: Connection, report_id: str, place: Assignment | None) -> list[Memo]:
    """The memos that the coder may see: their own while they code blind."""
    blind = place is not None and place.blind
    return [m for m in act_store.memos(db, report_id) if not blind or m.coder == desk.coder]


def page_state(desk: Desk, report_id: str, number: int) -> Plain:
    """The text of one page, its words with boxes and its passages. Raises `UnknownReport`."""
    with desk.store.reading() as db:
        desk.open_report(db, report_id)
        page = next(iter(report_store.pages(db, report_id, number)), None)
        if page is None:
            raise UnknownReport(f"The report has no page {number}.")
        passages = report_store.passages(db, report_id, number)
    boxes = [[w.start, w.end, w.box.x0, w.box.y0, w.box.x1, w.box.y1] for w in page.words]
    marked = [[p.start, p.end, str(p.kind), p.heading] for p in passages]
    return {**_size(page), "text": page.text, "words": boxes, "passages": marked}


def is_calibrated(model_id: str) -> bool:
    """Whether its scores are probabilities: a classifier's are, those of cues alone are not."""
    return any(part.startswith("classifier-") for part in model_id.split("|"))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a coder may know of a report: its suggestions, decisions and what those come to. Who codes it
    blind knows of their own decisions alone, a trainee of theirs as if they counted."""

    desk: Desk
    place: Assignment | None
    model_id: str
    suggestions: Mapping[tuple[str, str], Suggestion]
    decisions: tuple[Decision, ...]
    records: Mapping[str, CodedRecord]

    @classmethod
    def of(cls, desk: Desk, db: Connection, report_id: str, dimension: str | None = None) -> Seen:
        """Read it from the store; with `dimension` only what is said on it, but all decisions of a coder who
        was assigned the report: what is left is theirs alone, and counted from them."""
        framework = desk.framework
        place = independence_store.assignment(db, report_id, desk.coder)
        if place is not None and place.blind:
            return cls._blind(desk, db, place)
        model = suggestion_store.last_model(db, framework.framework_id, report_id) or ""
        found = suggestion_store.suggestions(db, model, framework.framework_id, report_id, dimension)
        # In older versions of the framework the dimension may have had another name.
        only = dimension if place is None and not framework.history else None
        stored = tuple(decision_store.decisions(db, [report_id], dimensions=[only] if only else None))
        decisions = carried(stored, framework, each_coder=True)
        records = {r.dimension: r for r in resolve(stored, framework)}
        return cls(desk, place, model, {(s.dimension, s.code or ""): s for s in found}, decisions, records)

    @classmethod
    def _blind(cls, desk: Desk, db: Connection, place: Assignment) -> Seen:
        stored = carried(decision_store.decisions(db, [place.report_id]), desk.framework, each_coder=True)
        mine = tuple(d for d in stored if d.coder == desk.coder and d.role != ADJUDICATOR)
        as_counted = [replace(d, role=CODER) for d in mine]
        records = {r.dimension: r for r in resolve(as_counted, desk.framework)}
        return cls(desk, place, "", {}, mine, records)

    def left(self) -> int:
        """How many codes of the map nobody has decided."""
        mapped = self.desk.framework.stage("map")
        return sum(len(open_codes_of(d, self.records.get(d.id))) for d in mapped)

    def dimension(self, dimension: Dimension) -> Plain:
        """A dimension with all its codes."""
        record = self.records.get(dimension.id)
        groups = {g.id: g.label for g in dimension.groups}
        state = record.state if record is not None else RecordState.UNDECIDED
        return {
            "id": dimension.id,
            "title": dimension.title,
            "kind": dimension.kind,
            "stage": dimension.stage,
            "question": dimension.question,
            "definition": dimension.definition,
            "note": dimension.note,
            "counts": dimension.counts,
            "state": str(state),
            "left": len(open_codes_of(dimension, record)),
            "other": dimension.other.id if dimension.other else None,
            **asked(dimension, self.desk.framework),
            "codes": [
                {**_code(c, groups), **self._answers(dimension, c.id), "resolved": _resolved(record, c.id)}
                for c in dimension.codes
            ],
            "value": None if dimension.coded else self._value(dimension, record),
        }

    def _value(self, dimension: Dimension, record: CodedRecord | None) -> Plain:
        shown = self._answers(dimension, None)
        conflict = record is not None and bool(record.conflicts)
        decided = record is not None and record.value_decided
        return shown | {"resolved": "conflict" if conflict else "value" if decided else None}

    def _answers(self, dimension: Dimension, code: str | None) -> Plain:
        last = {(d.role, d.coder): d for d in self.decisions if (d.dimension, d.code) == (dimension.id, code)}
        mine = last.pop((role_of(self.place), self.desk.coder), None)
        suggestion = self.suggestions.get((dimension.id, code or ""))
        return {
            "answer": str(mine.answer) if mine else None,
            "value": mine.value if mine else None,
            "note": mine.note if mine else "",
            "evidence": _quotes(mine.evidence) if mine else [],
            "others": [_other(d) for d in last.values()],
            "suggestion": _suggestion(suggestion, self.model_id) if suggestion else None,
        }


def _place(place: Assignment | None) -> Plain | None:
    if place is None:
        return None
    return {"purpose": str(place.purpose), "blind": place.blind, "locked_at": place.locked_at}


def _size(page: Page) -> Plain:
    return {"number": page.number, "width": page.width, "height": page.height, "source": page.source}


def _code(code: Code, groups: Mapping[str, str]) -> Plain:
    return {
        "id": code.id,
        "label": code.label,
        "definition": code.definition,
        "exclusive": code.exclusive,
        "missing": code.missing,
        "group": groups.get(code.group or "", ""),
        "compare_with": list(code.compare_with),
    }


def _resolved(record: CodedRecord | None, code: str) -> str | None:
    if record is None:
        return None
    if code in record.conflicts:
        return "conflict"
    return "present" if code in record.present else "absent" if code in record.absent else None


def _other(d: Decision) -> Plain:
    return {
        "coder": d.coder,
        "role": d.role,
        "answer": str(d.answer),
        "value": d.value,
        "note": d.note,
        "evidence": _quotes(d.evidence),
    }


def _quotes(evidence: Sequence[QuotedEvidence]) -> list[Plain]:
    return [{"quote": e.quote, "spans": [[s.page, s.start, s.end] for s in e.spans]} for e in evidence]


def _suggestion(s: Suggestion, model_id: str) -> Plain:
    return {
        "score": round(s.score, 3),
        "words": score_in_words(s.score, s.threshold, calibrated=is_calibrated(model_id)),
        "threshold": round(s.threshold, 3),
        "suggested": s.suggested,
        "value": s.value,
        "evidence": _places(s.evidence),
        "held_back": _places(s.held_back),
        "opinions": [{"rater": o.rater, "score": round(o.score, 3), "says": o.says} for o in s.opinions],
    }


def _places(evidence: Iterable[Evidence]) -> list[Plain]:
    return [
        {
            "page": e.page,
            "start": e.start,
            "end": e.end,
            "quote": e.quote,
            "boxes": [[b.x0, b.y0, b.x1, b.y1] for b in e.boxes],
            "status": str(e.status),
            "because": list(e.because),
        }
        for e in evidence
    ]


def _memo(m: Memo) -> Plain:
    place = m.span
    return {
        "memo_id": m.memo_id,
        "text": m.text,
        "label": m.label,
        "dimension": m.dimension,
        "code": m.code,
        "page": place.page if place else None,
        "start": place.start if place else None,
        "end": place.end if place else None,
        "quote": m.quote,
        "coder": m.coder,
        "time": m.time,
    }


def _undo(desk: Desk, act: Act | None) -> Plain | None:
    if act is None:
        return None
    return {"act_id": act.act_id, "words": undo_in_words(act, desk.framework)}
