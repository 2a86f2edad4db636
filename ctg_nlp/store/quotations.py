"""Repository of the bank of quotations: their sources, the versions of their text, and acts. Append-only, but
for what the erasure of a report takes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ctg_nlp.records import BankedQuote, FindingSource, QuoteAct, QuoteActKind, QuoteText
from ctg_nlp.store import schema as s

_SOURCE = ("report_id", "page", "start", "end", "quote")
_TEXT = ("version", "text", "role", "by_case", "author", "time")
_ACT = ("version", "who", "time", "why")


def next_number(db: Connection) -> int:
    """A number that no quotation has or had."""
    return int(db.execute(select(func.coalesce(func.max(s.banked_quote.c.quote_id), 0))).scalar_one()) + 1


def add_quote(db: Connection, quote: BankedQuote) -> None:
    """Bank a quotation with its texts and acts."""
    row = {name: getattr(quote.source, name) for name in _SOURCE}
    row |= {
        name: getattr(quote, name)
        for name in ("quote_id", "dimension", "code", "banked_by", "banked_at", "framework_id")
    }
    db.execute(insert(s.banked_quote).values(**row))
    for text in quote.texts:
        add_text(db, quote.quote_id, text)
    for act in quote.acts:
        add_act(db, quote.quote_id, act)


def add_text(db: Connection, quote_id: int, text: QuoteText) -> None:
    """Add a version of a quotation's text."""
    row = {name: getattr(text, name) for name in _TEXT}
    db.execute(insert(s.quote_text).values(quote_id=quote_id, **row))


def add_act(db: Connection, quote_id: int, act: QuoteAct) -> None:
    """Note what was done with a quotation."""
    row = {name: getattr(act, name) for name in _ACT} | {"kind": str(act.kind)}
    db.execute(insert(s.quote_act).values(quote_id=quote_id, kept=[list(k) for k in act.kept], **row))


def quotations(db: Connection, numbers: Sequence[int] | None = None) -> tuple[BankedQuote, ...]:
    """All quotations by number, or some; those of erased reports without their words."""
    b, t, a = s.banked_quote, s.quote_text, s.quote_act
    query = select(b).order_by(b.c.quote_id)
    texts_of, acts_of = select(t).order_by(t.c.version), select(a).order_by(a.c.sequence)
    if numbers is not None:
        query = query.where(b.c.quote_id.in_(numbers))
        texts_of, acts_of = (
            texts_of.where(t.c.quote_id.in_(numbers)),
            acts_of.where(a.c.quote_id.in_(numbers)),
        )
    texts: dict[int, list[QuoteText]] = {}
    for r in db.execute(texts_of):
        texts.setdefault(r.quote_id, []).append(QuoteText(**{name: getattr(r, name) for name in _TEXT}))
    acts: dict[int, list[QuoteAct]] = {}
    for r in db.execute(acts_of):
        acts.setdefault(r.quote_id, []).append(_act(r))
    return tuple(
        BankedQuote(
            r.quote_id, FindingSource(*(getattr(r, name) for name in _SOURCE)), r.dimension, r.code,
            r.banked_by, r.banked_at, tuple(texts.get(r.quote_id, ())), tuple(acts.get(r.quote_id, ())),
            r.framework_id,
        )
        for r in db.execute(query)
    )  # fmt: skip


def quotation(db: Connection, quote_id: int) -> BankedQuote | None:
    """The quotation of that number, or None."""
    return next(iter(quotations(db, [quote_id])), None)


def _act(r: Row[Any]) -> QuoteAct:
    kept = tuple((start, end) for start, end in r.kept)
    return QuoteAct(QuoteActKind(r.kind), r.version, r.who, r.time, r.why, kept)


def forget_report(db: Connection, report_id: str) -> int:
    """Take all words of an erased report out of the bank; the numbers of its quotations stay taken.
    Returns how many they were."""
    b = s.banked_quote
    mine = list(db.execute(select(b.c.quote_id).where(b.c.report_id == report_id)).scalars())
    for table in (s.quote_act, s.quote_text):
        db.execute(delete(table).where(table.c.quote_id.in_(mine)))
    gone = {"quote": "", "page": 0, "start": 0, "end": 0}
    db.execute(update(b).where(b.c.report_id == report_id).values(**gone))
    return len(mine)
