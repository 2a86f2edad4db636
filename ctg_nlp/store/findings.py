"""Repository of findings: versions of statements with the passages they rest on. Append-only, but for what
the erasure of a report takes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from ctg_nlp.records import Finding, FindingKind, FindingSource
from ctg_nlp.store import schema as s

_FIELDS = ("finding_id", "version", "question", "dimension", "code", "text", "author", "time", "retired",
           "framework_id")  # fmt: skip


def lock_findings(db: Connection) -> None:
    """Let nobody else number findings or quotations until the transaction ends."""
    db.execute(select(s.audit_head.c.one).with_for_update()).all()


def add_version(db: Connection, finding: Finding) -> None:
    """Add a version of a finding with its sources, and note its position."""
    row = {name: getattr(finding, name) for name in _FIELDS} | {"kind": str(finding.kind)}
    added = insert(s.finding_version).values(**row).returning(s.finding_version.c.sequence)
    sequence = db.execute(added).scalar_one()
    sources = [
        {"sequence": sequence, "place": n, "report_id": x.report_id, "page": x.page, "start": x.start,
         "end": x.end, "quote": x.quote}
        for n, x in enumerate(finding.sources)
    ]  # fmt: skip
    if sources:
        db.execute(insert(s.finding_source), sources)
    put_position(db, finding.finding_id, finding.position)


def put_position(db: Connection, finding_id: str, position: int) -> None:
    """Note where a finding stands among those of its question."""
    t = s.finding_position
    done = db.execute(update(t).where(t.c.finding_id == finding_id).values(position=position))
    if not done.rowcount:
        db.execute(insert(t).values(finding_id=finding_id, position=position))


def next_position(db: Connection) -> int:
    """A position after all others."""
    return int(db.execute(select(func.coalesce(func.max(s.finding_position.c.position), 0))).scalar_one()) + 1


def _query() -> Select[Any]:
    v, p, first = s.finding_version, s.finding_position, s.finding_version.alias("first")
    joined = v.join(p, p.c.finding_id == v.c.finding_id).join(
        first, (first.c.finding_id == v.c.finding_id) & (first.c.version == 1)
    )
    made = first.c.author.label("created_by"), first.c.time.label("created_at")
    return select(v, p.c.position, *made).select_from(joined)


def findings(db: Connection, question: str | None = None, *, retired: bool = False) -> tuple[Finding, ...]:
    """All findings as they are now, or those of one question, in order; with `retired` those too."""
    v = s.finding_version
    last = select(func.max(v.c.sequence)).group_by(v.c.finding_id)
    query = _query().where(v.c.sequence.in_(last))
    if question is not None:
        query = query.where(v.c.question == question)
    if not retired:
        query = query.where(v.c.retired.is_(False))
    return _read(db, query.order_by(s.finding_position.c.position, v.c.sequence))


def versions(db: Connection, finding_id: str) -> tuple[Finding, ...]:
    """All versions of a finding, oldest first; none where there is no such finding."""
    v = s.finding_version
    return _read(db, _query().where(v.c.finding_id == finding_id).order_by(v.c.version))


def _read(db: Connection, query: Select[Any]) -> tuple[Finding, ...]:
    rows = db.execute(query).all()
    x = s.finding_source
    wanted = select(query.subquery().c.sequence)
    sources: dict[int, list[FindingSource]] = {}
    for r in db.execute(select(x).where(x.c.sequence.in_(wanted)).order_by(x.c.sequence, x.c.place)):
        source = FindingSource(r.report_id, r.page, r.start, r.end, r.quote)
        sources.setdefault(r.sequence, []).append(source)
    return tuple(_finding(r, tuple(sources.get(r.sequence, ()))) for r in rows)


def _finding(r: Row[Any], sources: tuple[FindingSource, ...]) -> Finding:
    known = {name: getattr(r, name) for name in _FIELDS}
    more = {name: getattr(r, name) for name in ("position", "created_by", "created_at")}
    return Finding(**known, **more, kind=FindingKind(r.kind), sources=sources)


def forget_report(db: Connection, report_id: str, without: Callable[[str], str]) -> int:
    """Take an erased report out of the sources of findings and, by `without`, its words out of their
    texts, in all versions. Returns how many versions were changed."""
    v, x = s.finding_version, s.finding_source
    changed = set(db.execute(select(x.c.sequence).where(x.c.report_id == report_id)).scalars())
    for sequence, text in db.execute(select(v.c.sequence, v.c.text)).all():
        kept = without(text)
        if kept != text:
            db.execute(update(v).where(v.c.sequence == sequence).values(text=kept))
            changed.add(sequence)
    db.execute(delete(x).where(x.c.report_id == report_id))
    return len(changed)
