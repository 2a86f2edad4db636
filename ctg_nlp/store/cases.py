"""Repository of case studies: choices, consents, texts in all their versions, quotations. Append-only, but
for what the erasure of a report takes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from ctg_nlp.records import CaseQuote, CaseText, Consent, ConsentFor, CoreChoice
from ctg_nlp.store import schema as s


def lock_group(db: Connection, group_id: str) -> None:
    """Let nobody else write on this group until the transaction ends: the rows of its register entry and of
    its reports are locked. SQLite has one writer at a time anyhow."""
    for table in (s.report_group, s.report):
        db.execute(select(table.c.group_id).where(table.c.group_id == group_id).with_for_update()).all()


def group_exists(db: Connection, group_id: str) -> bool:
    """Whether the register or a report names this group."""
    return any(
        db.execute(select(table.c.group_id).where(table.c.group_id == group_id).limit(1)).first() is not None
        for table in (s.report_group, s.report)
    )


def add_choice(db: Connection, choice: CoreChoice) -> None:
    """Note that a person chose a group as a core group, or took it back."""
    db.execute(insert(s.case_choice).values(**_fields(choice)))


def choices(db: Connection) -> dict[str, CoreChoice]:
    """The last choice on each group that a person said anything of, in the order of the first choice."""
    t = s.case_choice.c
    rows = db.execute(select(t.group_id, t.core, t.time, t.who).order_by(t.sequence))
    return {r.group_id: CoreChoice(*r) for r in rows}


def add_consent(db: Connection, consent: Consent) -> None:
    """Note a consent, or that it was taken back."""
    db.execute(insert(s.case_consent).values(**_fields(consent) | {"scope": str(consent.scope)}))


def consents(db: Connection, group_id: str) -> tuple[Consent, ...]:
    """All that was recorded of a group's consent, oldest first."""
    t = s.case_consent
    rows = db.execute(select(t).where(t.c.group_id == group_id).order_by(t.c.sequence))
    return tuple(_record(Consent, r, scope=ConsentFor(r.scope)) for r in rows)


def add_text(db: Connection, text: CaseText) -> None:
    """Add a version of a section's text."""
    db.execute(insert(s.case_text).values(**_fields(text) | {"settles": list(text.settles)}))


def texts(db: Connection, group_id: str, section: str | None = None) -> tuple[CaseText, ...]:
    """All versions of the texts on a group (or of one section of it), oldest first."""
    t = s.case_text
    query = select(t).where(t.c.group_id == group_id).order_by(t.c.section, t.c.version)
    if section is not None:
        query = query.where(t.c.section == section)
    return tuple(_record(CaseText, r, settles=tuple(r.settles)) for r in db.execute(query))


def written(db: Connection) -> dict[str, tuple[int, str]]:
    """(number of sections with a text, time of the last version) of each group with a text."""
    t = s.case_text.c
    query = select(t.group_id, func.count(t.section.distinct()), func.max(t.time)).group_by(t.group_id)
    return {group: (n, last) for group, n, last in db.execute(query)}


def add_quote(db: Connection, quote: CaseQuote) -> None:
    """Add a quotation."""
    db.execute(insert(s.case_quote).values(**_fields(quote)))


def quotes(db: Connection, group_id: str) -> tuple[CaseQuote, ...]:
    """The quotations of a group by number, erased ones too."""
    t = s.case_quote
    rows = db.execute(select(t).where(t.c.group_id == group_id).order_by(t.c.number))
    return tuple(_record(CaseQuote, r) for r in rows)


def quotes_of_report(db: Connection, report_id: str) -> tuple[CaseQuote, ...]:
    """The quotations of a report, whichever group's case they are in: its group may have been told anew."""
    t = s.case_quote
    rows = db.execute(select(t).where(t.c.report_id == report_id).order_by(t.c.group_id, t.c.number))
    return tuple(_record(CaseQuote, r) for r in rows)


def forget_report(db: Connection, report_id: str, group_id: str, without: Callable[[str], str]) -> int:
    """Take an erased report's words out of the quotations of it, and by `without`, which gives a text without
    them, out of the texts on its group and on those that quote it. Returns how many versions were changed."""
    t = s.case_quote
    groups = {group_id, *(q.group_id for q in quotes_of_report(db, report_id))}
    gone = {"quote": "", "speaker": "", "page": 0, "start": 0, "end": 0}
    db.execute(update(t).where(t.c.report_id == report_id).values(**gone))
    changed = 0
    for text in (text for group in groups for text in texts(db, group)):
        kept = without(text.text)
        if kept != text.text:
            db.execute(update(s.case_text).where(*_key(text)).values(text=kept))
            changed += 1
    return changed


def _key(text: CaseText) -> tuple[Any, ...]:
    t = s.case_text.c
    return t.group_id == text.group_id, t.section == text.section, t.version == text.version


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _record(kind: Any, row: Row[Any], **made: Any) -> Any:
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__} | made)
