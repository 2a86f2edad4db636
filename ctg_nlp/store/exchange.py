"""Repository of what was taken in from other tools."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from ctg_nlp.store import schema as s


@dataclass(frozen=True, slots=True)
class ExchangeImport:
    """A file of another tool that was taken in; its decisions carry `import_id`. `unmatched` counts what of
    it could not be taken. `undone_at` is empty while it stands."""

    number: int
    import_id: str
    format: str
    origin: str
    unmatched: int
    name: str
    imported_at: str
    imported_by: str
    decisions: int
    undone_at: str = ""


def add_exchange(db: Connection, import_id: str, form: str, origin: str, unmatched: int) -> int:
    """Note that an import came from another tool. Returns its number."""
    values = {"import_id": import_id, "format": form, "origin": origin, "unmatched": unmatched}
    added = insert(s.exchange_import).values(**values).returning(s.exchange_import.c.number)
    return int(db.execute(added).scalar_one())


def exchanges(db: Connection) -> tuple[ExchangeImport, ...]:
    """All files of other tools that were taken in, oldest first."""
    e, i = s.exchange_import.c, s.decision_import.c
    query = select(
        e.number, e.import_id, e.format, e.origin, e.unmatched,
        i.name, i.imported_at, i.imported_by, i.decisions, i.undone_at,
    ).join(s.decision_import, i.import_id == e.import_id).order_by(e.number)  # fmt: skip
    return tuple(ExchangeImport(*(*row[:9], row[9] or "")) for row in db.execute(query))
