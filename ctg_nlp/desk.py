"""What a coder does on the review page: answers, undo, memos. Composition of `review` and `store`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ctg_nlp.errors import CtgError, DecisionsError, UnknownReport
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.independence import Sight, sight
from ctg_nlp.records import (
    Act,
    Answer,
    Assignment,
    Decision,
    Memo,
    Purpose,
    QuotedEvidence,
    Report,
    Span,
    Tally,
)
from ctg_nlp.review.acts import Said, answered, rest_absent, standing
from ctg_nlp.review.carrying import carried
from ctg_nlp.settings import Home
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.content_sums import CONTENT, content_sum
from ctg_nlp.store.database import Store
from ctg_nlp.tallies import put_tally, retally

ANSWER, REST_ABSENT, INDUCTIVE = "answer", "rest absent", "inductive code"
CODER, TRAINEE, ADJUDICATOR = "coder", "trainee", "adjudicator"


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing a coder asks for. `act_id` is made by the page: the same id again is the same act.

    `evidence` is all that the answer shall have. `seconds` is the time spent, `assisted` whether
    suggestions were on the page; `replace` lets codes that stand in the way become absent.
    """

    act_id: str
    dimension: str
    code: str | None = None
    answer: Answer | None = None  # None: all codes not answered yet are absent
    value: int | str | None = None
    evidence: tuple[Span, ...] = ()
    note: str = ""
    seconds: float = 0.0
    assisted: bool = True
    model_id: str = ""
    replace: bool = False


class NotYours(CtgError):
    """A coder asks for a report that they may not open, or not yet."""


class OtherUse(DecisionsError):
    """An id was used for another act or memo before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One coder's place at one project. `restricted`: they see only what they were assigned."""

    home: Home
    store: Store
    coder: str
    clock: Callable[[], str] = field(repr=False)
    restricted: bool = False

    @property
    def framework(self) -> Framework:
        """The framework that is coded by."""
        return self.home.framework

    def sight(self, db: Connection) -> Sight:
        """What this coder may see now."""
        return sight(db, self.coder, restricted=self.restricted)

    def open_report(self, db: Connection, report_id: str) -> Report:
        """A report that this coder may open. Raises `UnknownReport` and `NotYours`."""
        report = open_report(db, report_id)
        seen = self.sight(db)
        if not seen.may_open(report_id):
            first = (
                "The audit sample is coded first, in its order; open the queue for the report that is next."
            )
            raise NotYours(first if seen.waiting else f"{report.name} was not assigned to you.")
        return report

    def as_coder(self, name: str, *, restricted: bool) -> Desk:
        """The place of another coder at the same project."""
        return replace(self, coder=name, restricted=restricted)

    def do(self, report_id: str, doing: Doing) -> Tally:
        """Take an act in, in one transaction, and return the report's tally after it.

        Raises `UnknownReport`, `Forbidden` where the framework forbids it, and `DecisionsError` for what
        the framework does not have or evidence outside the text.
        """
        with self.store.transaction() as db:
            report_store.lock_report(db, report_id)
            report = self.open_report(db, report_id)
            done = act_store.act(db, doing.act_id)
            if done is not None:
                _same(done.report_id == report_id and done.coder == self.coder, "act")
                return retally(db, self.framework, report_id)
            return self._do(db, report, doing, ANSWER if doing.answer else REST_ABSENT)

    def _do(self, db: Connection, report: Report, doing: Doing, kind: str) -> Tally:
        dimension = self.dimension(doing.dimension)
        decided = tuple(decision_store.decisions(db, [report.report_id]))
        place = independence_store.assignment(db, report.report_id, self.coder)
        role = role_of(place)
        read = carried(decided, self.framework, each_coder=True)
        mine = standing(read, self.coder, dimension.id, role)
        if doing.answer is None:
            said = rest_absent(dimension, mine)
        else:
            quoted = quoted_evidence(db, report.report_id, doing.evidence)
            kept = _unanchored(mine.get(doing.code))
            asked = Said(doing.code, doing.answer, doing.value, quoted + kept, doing.note)
            said = answered(dimension, asked, mine, replace=doing.replace)
        if place and place.blind:
            doing = replace(doing, assisted=False)  # whatever the page says: nothing was shown
        return self.keep(db, report.report_id, doing, kind, said, role, decided)

    def keep(
        self,
        db: Connection,
        report_id: str,
        doing: Doing,
        kind: str,
        said: Sequence[Said],
        role: str,
        decided: Sequence[Decision],
        reason: str = "",
    ) -> Tally:
        """Store an act with its decisions, in the transaction of `db`, which has locked the report. `decided`
        are those that stand."""
        model_id = suggestion_store.last_model(db, self.framework.framework_id, report_id) or ""
        shown = (
            doing.model_id if doing.model_id and self._proposed(db, report_id, doing.model_id) else model_id
        )
        act = Act(
            act_id=doing.act_id,
            report_id=report_id,
            kind=kind,
            dimension=doing.dimension,
            code=doing.code,
            coder=self.coder,
            time=self.clock(),
            seconds=max(0.0, doing.seconds),
            model_id=shown if doing.assisted else "",
            reason=reason,
        )
        act_store.add_act(db, act)
        suggested = self._suggested(db, act) if doing.assisted else {}
        new = [self._decision(act, s, role, suggested.get(s.code or "")) for s in said]
        numbers = decision_store.add_decisions(db, new)
        stored = (replace(d, sequence=n) for d, n in zip(new, numbers, strict=True))
        counted = put_tally(db, self.framework, report_id, (*decided, *stored), model_id)
        noted: dict[str, str | int] = {"act": act.act_id, "kind": kind, "decisions": len(new)}
        noted[CONTENT] = content_sum(new)
        append(db, act.time, self.coder, "decision", report_id, noted)  # last: others wait for it
        return counted

    def _decision(self, act: Act, said: Said, role: str, suggested: bool | None) -> Decision:
        return Decision(
            report_id=act.report_id,
            dimension=act.dimension,
            code=said.code,
            answer=said.answer,
            coder=self.coder,
            time=act.time,
            framework_id=self.framework.framework_id,
            value=said.value,
            evidence=said.evidence,
            note=said.note,
            role=role,
            act_id=act.act_id,
            suggested=suggested,
        )

    def _proposed(self, db: Connection, report_id: str, model_id: str) -> bool:
        """Whether that model's suggestions for the report are in the store: a run may have proposed anew
        since the page was opened."""
        made_by = (model_id, self.framework.framework_id)
        return bool(queue_store.scores(db, report_id, *made_by))

    def _suggested(self, db: Connection, act: Act) -> Mapping[str, bool]:
        made_by = (act.model_id, self.framework.framework_id)
        return suggestion_store.suggested_codes(db, act.report_id, *made_by, act.dimension)

    def dimension(self, dimension_id: str) -> Dimension:
        """The dimension of that id. Raises `DecisionsError` where there is none."""
        dimension = self.framework.dimension(dimension_id)
        if dimension is None:
            raise DecisionsError(f"The framework has no dimension {dimension_id}.")
        return dimension

    def undo(self, report_id: str, act_id: str) -> tuple[Act, Tally]:
        """Undo one act of this coder: what was decided before it stands again. Undoing twice changes nothing.

        Raises `DecisionsError` where there is no such act of this coder on the report.
        """
        with self.store.transaction() as db:
            report_store.lock_report(db, report_id)
            self.open_report(db, report_id)
            act = act_store.act(db, act_id)
            if act is None or act.report_id != report_id or act.coder != self.coder:
                raise DecisionsError("There is nothing of yours to undo under this id.")
            if act.undone_at:
                return act, retally(db, self.framework, report_id)
            self._before_lock(db, act)
            last = act_store.last_act(db, self.coder, report_id)
            if last is None or last.act_id != act_id:
                raise DecisionsError("Something was done on this report since; undo that first.")
            now = self.clock()
            act_store.undo_act(db, act_id, now)
            counted = retally(db, self.framework, report_id)
            append(db, now, self.coder, "undo", report_id, {"act": act_id})
            return act, counted

    def _before_lock(self, db: Connection, act: Act) -> None:
        place = independence_store.assignment(db, act.report_id, self.coder)
        if place is not None and place.locked_at and act.time <= place.locked_at:
            raise DecisionsError(
                "This was said before the report was locked, and stays. Answer anew instead."
            )

    def write_memo(self, memo: Memo) -> Tally | None:
        """Store a memo, or its new text. An inductive code (a memo with a label and a dimension) also makes
        the dimension's "other" code present, with the memo's place as its evidence; the tally is then
        returned.

        Raises `UnknownReport`, and `DecisionsError` for a place outside the text, an unknown dimension or
        code, and a memo of somebody else.
        """
        with self.store.transaction() as db:
            report_store.lock_report(db, memo.report_id)
            report = self.open_report(db, memo.report_id)
            known = act_store.memo(db, memo.memo_id)
            if known is not None:
                _same(known.report_id == memo.report_id and known.coder == self.coder, "memo")
                act_store.put_memo(db, replace(known, text=memo.text, label=memo.label))
                counted = retally(db, self.framework, memo.report_id) if known.act_id else None
                append(db, self.clock(), self.coder, "memo changed", memo.report_id, {"memo": memo.memo_id})
                return counted
            other = self._checked_memo(memo)
            quote = quoted_evidence(db, memo.report_id, [memo.span])[0].quote if memo.span else ""
            written = replace(memo, quote=quote, coder=self.coder, time=self.clock())
            if not (memo.label and other):
                act_store.put_memo(db, written)
                append(db, self.clock(), self.coder, "memo", memo.report_id, {"memo": memo.memo_id})
                return None
            _same(act_store.act(db, memo.memo_id) is None, "act")
            act_store.put_memo(db, replace(written, code=other, act_id=memo.memo_id))
            return self._do(db, report, self._under_other(db, memo, other), INDUCTIVE)

    def _checked_memo(self, memo: Memo) -> str | None:
        """The id of the "other" code that an inductive code goes under, or None."""
        if memo.dimension is None:
            return None
        dimension = self.dimension(memo.dimension)
        if memo.code is not None and dimension.code(memo.code) is None:
            raise DecisionsError(f"{dimension.id} has no code {memo.code}.")
        return dimension.other.id if dimension.other else None

    def _under_other(self, db: Connection, memo: Memo, other: str) -> Doing:
        assert memo.dimension is not None
        role = role_of(independence_store.assignment(db, memo.report_id, self.coder))
        stored = decision_store.decisions(db, [memo.report_id])
        said = carried(stored, self.framework, each_coder=True)
        mine = standing(said, self.coder, memo.dimension, role)
        before = mine.get(other)
        present = before is not None and before.answer is Answer.PRESENT
        spans = [s for e in before.evidence for s in e.spans] if before is not None and present else []
        return Doing(
            act_id=memo.memo_id,
            dimension=memo.dimension,
            code=other,
            answer=Answer.PRESENT,
            evidence=tuple(dict.fromkeys([*spans, *([memo.span] if memo.span else [])])),
            note=before.note if before is not None and present else "",
        )

    def delete_memo(self, memo_id: str) -> str:
        """Take a memo off the page. Returns its report's id. Raises `DecisionsError` for another's memo, and
        as `open_report` does where its report is not open to this coder."""
        with self.store.transaction() as db:
            memo = act_store.memo(db, memo_id)
            if memo is None or memo.coder != self.coder:
                raise DecisionsError("There is no memo of yours under this id.")
            self.open_report(db, memo.report_id)
            act_store.delete_memo(db, memo_id, self.clock())
            append(db, self.clock(), self.coder, "memo deleted", memo.report_id, {"memo": memo_id})
            return memo.report_id


def role_of(place: Assignment | None) -> str:
    """In which role a coder answers on a report that they were assigned, or not."""
    return TRAINEE if place is not None and place.purpose is Purpose.TRAINING else CODER


def open_report(db: Connection, report_id: str) -> Report:
    """The report of that id. Raises `UnknownReport` where there is none, or it was withdrawn."""
    report = report_store.report(db, report_id)
    if report is None:
        raise UnknownReport("There is no such report; it may have been erased.")
    if report.withdrawn_at:
        raise UnknownReport(
            f"{report.name} was withdrawn on {report.withdrawn_at[:10]}; nothing can be decided on it."
        )
    return report


def _same(agrees: bool, what: str) -> None:
    if not agrees:
        raise OtherUse(f"This id was used for another {what} before; reload the page and do it once more.")


def quoted_evidence(db: Connection, report_id: str, spans: Sequence[Span]) -> tuple[QuotedEvidence, ...]:
    """The quotes at some places. Raises `DecisionsError` for a place outside the text."""
    if not spans:
        return ()
    texts = report_store.page_texts(db, report_id, {s.page for s in spans})
    return tuple(_quote(texts.get(s.page, ""), s) for s in dict.fromkeys(spans))


def _quote(text: str, span: Span) -> QuotedEvidence:
    quote = text[span.start : span.end]
    if not (0 <= span.start < span.end <= len(text)) or not quote.strip():
        raise DecisionsError(f"There is no text at {span.start} to {span.end} of page {span.page}.")
    return QuotedEvidence(quote, (span,))


def _unanchored(before: Decision | None) -> tuple[QuotedEvidence, ...]:
    """Quotes that the page cannot show: they stay with the answer."""
    return tuple(e for e in before.evidence if not e.spans) if before is not None else ()
