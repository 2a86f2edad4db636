"""Repository of what coders do on the review page: acts and memos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from ctg_nlp.records import Act, Memo, Purpose, Span
from ctg_nlp.store import schema as s


def add_act(db: Connection, act: Act) -> None:
    """Note an act; its decisions are added beside it, in the same transaction."""
    values = {name: getattr(act, name) for name in Act.__dataclass_fields__}
    db.execute(insert(s.act).values(**values | {"undone_at": act.undone_at or None}))


def act(db: Connection, act_id: str) -> Act | None:
    """The act of that id, undone or not, or None."""
    row = db.execute(select(s.act).where(s.act.c.act_id == act_id)).first()
    return None if row is None else _act(row)


def last_act(db: Connection, coder: str, report_id: str | None = None) -> Act | None:
    """A coder's last act that was not undone, on one report or on any; or None. Adjudications, which are
    done on a page of their own, are none of these."""
    t = s.act
    query = select(t).where(t.c.coder == coder, t.c.undone_at.is_(None), t.c.reason == "")
    if report_id is not None:
        query = query.where(t.c.report_id == report_id)
    row = db.execute(query.order_by(t.c.time.desc(), t.c.act_id).limit(1)).first()
    return None if row is None else _act(row)


def undo_act(db: Connection, act_id: str, now: str) -> None:
    """Let an act count no more, and the memos that came with it; all of it stays in the store."""
    db.execute(update(s.act).where(s.act.c.act_id == act_id).values(undone_at=now))
    db.execute(
        update(s.memo).where(s.memo.c.act_id == act_id, s.memo.c.deleted_at.is_(None)).values(deleted_at=now)
    )


@dataclass(frozen=True, slots=True)
class Task:
    """What an adjudication asks of the framework. `closed_how` is empty while it is open."""

    act: Act
    note: str
    closed_at: str
    closed_by: str
    closed_how: str


def tasks(db: Connection, reasons: Sequence[str]) -> tuple[Task, ...]:
    """Adjudications given for these reasons that were not undone, oldest first, each with its note."""
    t = s.act
    query = (
        select(t, s.decision.c.note)
        .join(s.decision, (s.decision.c.act_id == t.c.act_id))
        .where(
            t.c.reason.in_(reasons), t.c.undone_at.is_(None), s.decision.c.code.is_not_distinct_from(t.c.code)
        )
        .order_by(t.c.time)
    )
    return tuple(
        Task(_act(r), r.note, r.closed_at or "", r.closed_by or "", r.closed_how or "")
        for r in db.execute(query)
    )


def close_task(db: Connection, act_id: str, now: str, who: str, how: str) -> None:
    """Note that what an adjudication asked of the framework was done, and how."""
    values = {"closed_at": now, "closed_by": who, "closed_how": how}
    db.execute(update(s.act).where(s.act.c.act_id == act_id).values(**values))


def _act(row: Row[Any]) -> Act:
    values = {name: getattr(row, name) for name in Act.__dataclass_fields__}
    return Act(**values | {"undone_at": row.undone_at or ""})


def put_memo(db: Connection, memo: Memo) -> None:
    """Store a memo, or the new text of one."""
    known = db.execute(select(s.memo.c.memo_id).where(s.memo.c.memo_id == memo.memo_id)).first()
    if known is not None:
        changed = {"text": memo.text, "label": memo.label}
        db.execute(update(s.memo).where(s.memo.c.memo_id == memo.memo_id).values(**changed))
        return
    place = memo.span
    db.execute(
        insert(s.memo).values(
            memo_id=memo.memo_id,
            report_id=memo.report_id,
            dimension=memo.dimension,
            code=memo.code,
            label=memo.label,
            text=memo.text,
            page=place.page if place else None,
            start=place.start if place else None,
            end=place.end if place else None,
            quote=memo.quote,
            coder=memo.coder,
            time=memo.time,
            act_id=memo.act_id or None,
        )
    )


def memo(db: Connection, memo_id: str) -> Memo | None:
    """The memo of that id, deleted or not, or None."""
    row = db.execute(select(s.memo).where(s.memo.c.memo_id == memo_id)).first()
    return None if row is None else _memo(row)


def labelled_memos(db: Connection, report_id: str | None = None) -> tuple[Memo, ...]:
    """The memos that are inductive codes, of one report or of all, oldest first: without those deleted, on a
    withdrawn report or named in training."""
    t, a = s.memo, s.assignment
    query = select(t).join(s.report, s.report.c.report_id == t.c.report_id)
    query = query.where(t.c.deleted_at.is_(None), t.c.label != "", s.report.c.withdrawn_at.is_(None))
    mine = (a.c.report_id == t.c.report_id, a.c.coder == t.c.coder)
    query = query.where(~exists().where(*mine, a.c.purpose == str(Purpose.TRAINING)))
    if report_id is not None:
        query = query.where(t.c.report_id == report_id)
    return tuple(_memo(row) for row in db.execute(query.order_by(t.c.time, t.c.memo_id)))


def memos(db: Connection, report_id: str | None = None) -> tuple[Memo, ...]:
    """Memos that were not deleted, of one report or of all, oldest first."""
    query = select(s.memo).where(s.memo.c.deleted_at.is_(None))
    if report_id is not None:
        query = query.where(s.memo.c.report_id == report_id)
    return tuple(_memo(row) for row in db.execute(query.order_by(s.memo.c.time, s.memo.c.memo_id)))


def delete_memo(db: Connection, memo_id: str, now: str) -> None:
    """Take a memo off the page; it stays in the store."""
    db.execute(update(s.memo).where(s.memo.c.memo_id == memo_id).values(deleted_at=now))


def _memo(row: Row[Any]) -> Memo:
    return Memo(
        memo_id=row.memo_id,
        report_id=row.report_id,
        coder=row.coder,
        time=row.time,
        text=row.text,
        label=row.label,
        dimension=row.dimension,
        code=row.code,
        span=None if row.page is None else Span(row.page, row.start, row.end),
        quote=row.quote,
        act_id=row.act_id or "",
    )
