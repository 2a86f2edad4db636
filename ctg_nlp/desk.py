"""What a coder does on the review page: answers, undo, memos. Composition of `review` and `store`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ctg_nlp.errors import DecisionsError, UnknownReport
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Act, Answer, Decision, Memo, QuotedEvidence, Report, Span, Tally
from ctg_nlp.review.acts import Said, answered, rest_absent, standing
from ctg_nlp.settings import Home
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.tallies import retally

ANSWER, REST_ABSENT, INDUCTIVE = "answer", "rest absent", "inductive code"


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
    replace: bool = False


class OtherUse(DecisionsError):
    """An id was used for another act or memo before."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One coder's place at one project."""

    home: Home
    store: Store
    coder: str
    clock: Callable[[], str] = field(repr=False)

    @property
    def framework(self) -> Framework:
        """The framework that is coded by."""
        return self.home.framework

    def do(self, report_id: str, doing: Doing) -> Tally:
        """Take an act in, in one transaction, and return the report's tally after it.

        Raises `UnknownReport`, `Forbidden` where the framework forbids it, and `DecisionsError` for what
        the framework does not have or evidence outside the text.
        """
        with self.store.transaction() as db:
            report_store.lock_report(db, report_id)
            report = open_report(db, report_id)
            done = act_store.act(db, doing.act_id)
            if done is not None:
                _same(done.report_id == report_id and done.coder == self.coder, "act")
                return retally(db, self.framework, report_id)
            return self._do(db, report, doing, ANSWER if doing.answer else REST_ABSENT)

    def _do(self, db: Connection, report: Report, doing: Doing, kind: str) -> Tally:
        dimension = self._dimension(doing.dimension)
        decided = tuple(decision_store.decisions(db, [report.report_id]))
        mine = standing(decided, self.coder, dimension.id)
        if doing.answer is None:
            said = rest_absent(dimension, mine)
        else:
            quoted = _quoted(db, report.report_id, doing.evidence)
            kept = _unanchored(mine.get(doing.code))
            asked = Said(doing.code, doing.answer, doing.value, quoted + kept, doing.note)
            said = answered(dimension, asked, mine, replace=doing.replace)
        new = self._decisions(db, report.report_id, doing, said)
        act = Act(
            act_id=doing.act_id,
            report_id=report.report_id,
            kind=kind,
            dimension=dimension.id,
            code=doing.code,
            coder=self.coder,
            time=self.clock(),
            seconds=max(0.0, doing.seconds),
            model_id=self._model(db, report.report_id) if doing.assisted else "",
        )
        act_store.add_act(db, act)
        decision_store.add_decisions(db, [replace(d, time=act.time) for d in new])
        return retally(
            db, self.framework, report.report_id, (*decided, *(replace(d, time=act.time) for d in new))
        )

    def _decisions(
        self, db: Connection, report_id: str, doing: Doing, said: Sequence[Said]
    ) -> tuple[Decision, ...]:
        suggested = self._suggested(db, report_id, doing.dimension) if doing.assisted else {}
        return tuple(
            Decision(
                report_id=report_id,
                dimension=doing.dimension,
                code=s.code,
                answer=s.answer,
                coder=self.coder,
                time="",
                framework_id=self.framework.framework_id,
                value=s.value,
                evidence=s.evidence,
                note=s.note,
                act_id=doing.act_id,
                suggested=suggested.get(s.code or ""),
            )
            for s in said
        )

    def _suggested(self, db: Connection, report_id: str, dimension: str) -> Mapping[str, bool]:
        model = self._model(db, report_id)
        return suggestion_store.suggested_codes(db, report_id, model, self.framework.framework_id, dimension)

    def _model(self, db: Connection, report_id: str) -> str:
        return suggestion_store.last_model(db, self.framework.framework_id, report_id) or ""

    def _dimension(self, dimension_id: str) -> Dimension:
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
            open_report(db, report_id)
            act = act_store.act(db, act_id)
            if act is None or act.report_id != report_id or act.coder != self.coder:
                raise DecisionsError("There is nothing of yours to undo under this id.")
            if not act.undone_at:
                last = act_store.last_act(db, self.coder, report_id)
                if last is None or last.act_id != act_id:
                    raise DecisionsError("Something was done on this report since; undo that first.")
                act_store.undo_act(db, act_id, self.clock())
            return act, retally(db, self.framework, report_id)

    def write_memo(self, memo: Memo) -> Tally | None:
        """Store a memo, or its new text. An inductive code (a memo with a label and a dimension) also makes
        the dimension's "other" code present, with the memo's place as its evidence; the tally is then
        returned.

        Raises `UnknownReport`, and `DecisionsError` for a place outside the text, an unknown dimension or
        code, and a memo of somebody else.
        """
        with self.store.transaction() as db:
            report_store.lock_report(db, memo.report_id)
            report = open_report(db, memo.report_id)
            known = act_store.memo(db, memo.memo_id)
            if known is not None:
                _same(known.report_id == memo.report_id and known.coder == self.coder, "memo")
                act_store.put_memo(db, replace(known, text=memo.text, label=memo.label))
                return None
            other = self._checked_memo(memo)
            quote = _quoted(db, memo.report_id, [memo.span])[0].quote if memo.span else ""
            written = replace(memo, quote=quote, coder=self.coder, time=self.clock())
            if not (memo.label and other):
                act_store.put_memo(db, written)
                return None
            act_store.put_memo(db, replace(written, code=other, act_id=memo.memo_id))
            return self._do(db, report, self._under_other(db, memo, other), INDUCTIVE)

    def _checked_memo(self, memo: Memo) -> str | None:
        """The id of the "other" code that an inductive code goes under, or None."""
        if memo.dimension is None:
            return None
        dimension = self._dimension(memo.dimension)
        if memo.code is not None and dimension.code(memo.code) is None:
            raise DecisionsError(f"{dimension.id} has no code {memo.code}.")
        return dimension.other.id if dimension.other else None

    def _under_other(self, db: Connection, memo: Memo, other: str) -> Doing:
        assert memo.dimension is not None
        mine = standing(tuple(decision_store.decisions(db, [memo.report_id])), self.coder, memo.dimension)
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
        """Take a memo off the page. Returns its report's id. Raises `DecisionsError` for another's memo."""
        with self.store.transaction() as db:
            memo = act_store.memo(db, memo_id)
            if memo is None or memo.coder != self.coder:
                raise DecisionsError("There is no memo of yours under this id.")
            act_store.delete_memo(db, memo_id, self.clock())
            return memo.report_id


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


def _quoted(db: Connection, report_id: str, spans: Sequence[Span]) -> tuple[QuotedEvidence, ...]:
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
