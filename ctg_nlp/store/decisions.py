"""Repository of decisions: added, resolved elsewhere, never changed."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from ctg_nlp.records import Answer, Decision, QuotedEvidence, Span
from ctg_nlp.store import schema as s


@dataclass(frozen=True, slots=True)
class DecisionImport:
    """A file of decisions that was taken in. `undone_at` is empty while it stands."""

    import_id: str
    name: str
    sha256: str
    imported_at: str
    imported_by: str
    decisions: int
    undone_at: str = ""
    undone_by: str = ""


def add_decisions(db: Connection, decisions: Sequence[Decision]) -> tuple[int, ...]:
    """Append decisions, with their quotes as given and where those were found. Returns their numbers."""
    if not decisions:
        return ()
    rows = [
        {
            "report_id": d.report_id,
            "dimension": d.dimension,
            "code": d.code,
            "answer": str(d.answer),
            "value": d.value,
            "quotes": [e.quote for e in d.evidence],
            "note": d.note,
            "coder": d.coder,
            "role": d.role,
            "time": d.time,
            "framework_id": d.framework_id,
            "import_id": d.import_id or None,
            "act_id": d.act_id or None,
            "suggested": d.suggested,
        }
        for d in decisions
    ]
    added = insert(s.decision).returning(s.decision.c.sequence, sort_by_parameter_order=True)
    numbers = tuple(db.execute(added, rows).scalars())
    anchors = [
        {"sequence": number, "quote": n, "spans": [[x.page, x.start, x.end] for x in e.spans]}
        for number, d in zip(numbers, decisions, strict=True)
        for n, e in enumerate(d.evidence)
    ]
    if anchors:
        db.execute(insert(s.anchor), anchors)
    return numbers


_FEW = 200  # numbers that are named one by one in a query; SQLite takes so many quickly


@functools.cache
def stands() -> ColumnElement[bool]:
    """Neither the import nor the act that a decision was part of was undone."""
    imports = select(s.decision_import.c.import_id).where(s.decision_import.c.undone_at.is_not(None))
    acts = select(s.act.c.act_id).where(s.act.c.undone_at.is_not(None))
    c = s.decision.c
    return and_(
        or_(c.import_id.is_(None), c.import_id.not_in(imports)),
        or_(c.act_id.is_(None), c.act_id.not_in(acts)),
    )


def decisions(
    db: Connection,
    report_ids: Iterable[str] | None = None,
    code: tuple[str, str | None] | None = None,
    dimensions: Collection[str] | None = None,
    answer: Answer | None = None,
) -> Iterator[Decision]:
    """Decisions that stand (those of an import or an act that was undone do not), oldest first.

    All of them, or only those on some reports, in some dimensions, on one code: (dimension, code), code
    None for a value; or with one answer.
    """
    d = s.decision.c
    wanted = [stands()]
    if report_ids is not None:
        wanted.append(d.report_id.in_(list(report_ids)))
    if dimensions is not None:
        wanted.append(d.dimension.in_(list(dimensions)))
    if answer is not None:
        wanted.append(d.answer == str(answer))
    if code is not None:
        wanted += [d.dimension == code[0], d.code.is_(None) if code[1] is None else d.code == code[1]]
    query = select(s.decision).where(*wanted).order_by(d.sequence)
    if len(wanted) == 1:
        yield from _all(db, query)
        return
    rows = db.execute(query).all()
    quoted = [row.sequence for row in rows if row.quotes]
    named = quoted if len(quoted) <= _FEW else select(d.sequence).where(*wanted)
    anchors = db.execute(select(s.anchor).where(s.anchor.c.sequence.in_(named))) if quoted else ()
    spans = {(r.sequence, r.quote): r.spans for r in anchors}
    said: dict[str, str] = {}
    for row in rows:
        yield _decision(row, spans, said)


def are_all_of(db: Connection, framework_id: str, dimensions: Collection[str]) -> bool:
    """Whether all decisions in some dimensions were made under this framework."""
    d = s.decision.c
    other = select(d.sequence).where(d.dimension.in_(list(dimensions)), d.framework_id != framework_id)
    return db.execute(other.limit(1)).first() is None


def numbered(db: Connection, numbers: Sequence[int]) -> tuple[Decision, ...]:
    """The decisions of these numbers (some hundreds at most), oldest first, whether they stand or not."""
    d, a = s.decision.c, s.anchor.c
    anchors = db.execute(select(s.anchor).where(a.sequence.in_(numbers)))
    spans = {(r.sequence, r.quote): r.spans for r in anchors}
    rows = db.execute(select(s.decision).where(d.sequence.in_(numbers)).order_by(d.sequence))
    said: dict[str, str] = {}
    return tuple(_decision(row, spans, said) for row in rows)


def _all(db: Connection, query: Select[Any]) -> Iterator[Decision]:
    """All decisions with their anchors beside them: there may be ten million, so neither is held."""
    a = s.anchor.c
    anchors: Iterator[Row[Any]] = iter(db.execute(_in_parts(select(s.anchor).order_by(a.sequence, a.quote))))
    anchor = next(anchors, None)
    said: dict[str, str] = {}
    for row in db.execute(_in_parts(query)):
        spans = {}
        while anchor is not None and anchor.sequence <= row.sequence:
            spans[anchor.sequence, anchor.quote] = anchor.spans
            anchor = next(anchors, None)
        yield _decision(row, spans, said)


def _in_parts(query: Select[Any]) -> Select[Any]:
    return query.execution_options(yield_per=2000)


def _decision(row: Row[Any], spans: dict[tuple[int, int], list[list[int]]], said: dict[str, str]) -> Decision:
    """A row as a decision; what many of them say is kept once, in `said`."""
    same = said.setdefault
    evidence = tuple(
        QuotedEvidence(quote, tuple(Span(*x) for x in spans.get((row.sequence, n), ())))
        for n, quote in enumerate(row.quotes)
    )
    return Decision(
        report_id=same(row.report_id, row.report_id),
        dimension=same(row.dimension, row.dimension),
        code=row.code and same(row.code, row.code),
        answer=Answer(row.answer),
        coder=same(row.coder, row.coder),
        time=row.time,
        framework_id=same(row.framework_id, row.framework_id),
        value=row.value,
        evidence=evidence,
        note=row.note,
        role=same(row.role, row.role),
        import_id=row.import_id or "",
        sequence=row.sequence,
        act_id=row.act_id or "",
        suggested=row.suggested,
    )


def put_anchors(db: Connection, decision: Decision) -> None:
    """Anchor the quotes of a decision anew, after its report was read again."""
    db.execute(delete(s.anchor).where(s.anchor.c.sequence == decision.sequence))
    rows = [
        {"sequence": decision.sequence, "quote": n, "spans": [[x.page, x.start, x.end] for x in e.spans]}
        for n, e in enumerate(decision.evidence)
    ]
    if rows:
        db.execute(insert(s.anchor), rows)


def learnable(db: Connection) -> tuple[int, int]:
    """How many decisions that stand models may learn from, and on how many reports: trainees' and those on
    the audit sample left out."""
    d, sampled = s.decision.c, select(s.audit_unit.c.report_id).where(s.audit_unit.c.position > 0)
    query = select(func.count(), func.count(d.report_id.distinct()))
    row = db.execute(query.where(stands(), d.role != "trainee", d.report_id.not_in(sampled))).one()
    return int(row[0]), int(row[1])


def decided_reports(db: Connection) -> frozenset[str]:
    """The ids of reports with at least one decision, standing or undone."""
    return frozenset(db.execute(select(s.decision.c.report_id).distinct()).scalars())


def last_decision(db: Connection) -> int:
    """The number of the last decision, standing or undone; 0 where there is none."""
    return int(db.execute(select(func.coalesce(func.max(s.decision.c.sequence), 0))).scalar_one())


def last_decided_at(db: Connection) -> str:
    """The time of the last decision that stands, or empty; imports may carry no times."""
    return db.execute(select(func.max(s.decision.c.time)).where(stands())).scalar_one() or ""


def add_import(db: Connection, item: DecisionImport) -> None:
    """Note that a file of decisions was taken in."""
    db.execute(
        insert(s.decision_import).values(
            import_id=item.import_id,
            name=item.name,
            sha256=item.sha256,
            imported_at=item.imported_at,
            imported_by=item.imported_by,
            decisions=item.decisions,
        )
    )


def imports(db: Connection) -> tuple[DecisionImport, ...]:
    """All files of decisions that were taken in, oldest first."""
    query = select(s.decision_import).order_by(s.decision_import.c.imported_at, s.decision_import.c.import_id)
    return tuple(
        DecisionImport(
            r.import_id,
            r.name,
            r.sha256,
            r.imported_at,
            r.imported_by,
            r.decisions,
            r.undone_at or "",
            r.undone_by or "",
        )
        for r in db.execute(query)
    )


def coders(db: Connection) -> tuple[tuple[str, str], ...]:
    """Who decided anything that stands, in which role: (name, role), in the order of the alphabet."""
    d = s.decision.c
    rows = db.execute(select(d.coder, d.role).where(stands()).distinct().order_by(d.coder, d.role))
    return tuple((row.coder, row.role) for row in rows)


def reports_of_import(db: Connection, import_id: str) -> tuple[str, ...]:
    """The ids of the reports that an import decided on."""
    d = s.decision.c
    return tuple(db.execute(select(d.report_id).where(d.import_id == import_id).distinct()).scalars())


def undo_import(db: Connection, import_id: str, now: str, who: str) -> None:
    """Mark an import as undone: its decisions stay, and count no more."""
    t = s.decision_import
    db.execute(update(t).where(t.c.import_id == import_id).values(undone_at=now, undone_by=who))


def erase_report(db: Connection, report_id: str, now: str, who: str, why: str) -> int:
    """Delete all that a report and its decisions say; a tombstone with counts remains.

    Returns the number of decisions that were deleted.
    """
    count = int(
        db.execute(
            select(func.count()).select_from(s.decision).where(s.decision.c.report_id == report_id)
        ).scalar_one()
    )
    group = db.execute(select(s.report.c.group_id).where(s.report.c.report_id == report_id)).scalar_one()
    db.execute(
        insert(s.erasure).values(
            report_id=report_id, group_id=group, erased_at=now, erased_by=who, why=why, decisions=count
        )
    )  # first: what was kept for good can be touched for an erasure alone
    _forget_names(db, report_id)
    mine = select(s.decision.c.sequence).where(s.decision.c.report_id == report_id)
    db.execute(delete(s.anchor).where(s.anchor.c.sequence.in_(mine)))
    filtered = select(s.filter_decision.c.sequence).where(s.filter_decision.c.report_id == report_id)
    db.execute(delete(s.filter_undo).where(s.filter_undo.c.sequence.in_(filtered)))
    for table in (
        s.decision,
        s.filter_decision,
        s.act,
        s.memo,
        s.tally,
        s.coded_report,
        s.rebuild_report,
        s.assignment,
        s.suggestion,
        s.proposed,
        s.page,
        s.fingerprint,
    ):
        db.execute(delete(table).where(table.c.report_id == report_id))
    db.execute(delete(s.submission).where(s.submission.c.sha256 == report_id))
    db.execute(
        update(s.report)
        .where(s.report.c.report_id == report_id)
        .values(
            verdict="erased",
            name="",
            path="",
            message="",
            warnings="",
            cohort_said="",
            signature=None,
            counted=False,
            pages=0,
            words=0,
            withdrawn_why=None,
        )
    )
    return count


def _forget_names(db: Connection, report_id: str) -> None:
    """Take the names of a report's files out of what was said of runs, of silent groups
    and of other reports."""
    paths = db.execute(select(s.submission.c.path).where(s.submission.c.sha256 == report_id)).scalars()
    names = sorted(
        {part for path in paths for part in (path, path.rsplit("/", 1)[-1])}, key=len, reverse=True
    )
    for row in db.execute(select(s.run.c.run_id, s.run.c.summary)).all():
        said = _without(row.summary, names)
        if said != row.summary:
            db.execute(update(s.run).where(s.run.c.run_id == row.run_id).values(summary=said))
    for row in db.execute(select(s.report.c.report_id, s.report.c.message)).all():
        said = _without(row.message, names)
        if said != row.message:
            db.execute(update(s.report).where(s.report.c.report_id == row.report_id).values(message=said))

    for row in db.execute(select(s.rebuild.c.rebuild_id, s.rebuild.c.silent)).all():
        said = _without(row.silent, names)
        if said != row.silent:
            key = s.rebuild.c.rebuild_id == row.rebuild_id
            db.execute(update(s.rebuild).where(key).values(silent=said))


def _without(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, str):
        return functools.reduce(lambda text, name: text.replace(name, "(erased)"), names, value)
    if isinstance(value, list):
        return [_without(part, names) for part in value]
    if isinstance(value, dict):
        return {key: _without(part, names) for key, part in value.items()}
    return value


def erased(db: Connection) -> frozenset[str]:
    """The ids of reports that were erased: their content is not taken in again."""
    return frozenset(db.execute(select(s.erasure.c.report_id)).scalars())
