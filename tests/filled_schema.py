"""A small database of any schema that there was: rows in every table that it has, of plausible values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, Table, insert

from ctg_nlp.framework import Framework
from ctg_nlp.store.copying import tables
from ctg_nlp.store.database import open_any, upgrade

ODD = "Ünïcode “quoted” \\ line\nbreak 😀"
REPORTS = ("a" * 64, "b" * 64)

USUAL: dict[str, Any] = {
    "kind": "final", "verdict": "accepted", "answer": "present", "role": "coder", "coder": "ann", "by": "[]",
    "dimension": "phase", "code": "primary", "cause": "", "withdrawn_at": None, "undone_at": None,
    "deleted_at": None, "value": None, "state": "trained", "counted": True, "settled": True,
    "related_to": None, "signature": b"\x00\xff", "chosen": False, "extractor": "pdf-1",
    "furniture": "[]", "blocks": "[]", "quotes": '[{"quote": "x"}]', "passages": "[]", "evidence": "[]",
    "held_back": "[]", "opinions": "[]", "files": "[]", "columns": "[]", "spans": "[]", "sample": None,
}  # fmt: skip


def fill_schema(url: str, schema: str, framework: Framework, source: str) -> None:
    """Make a database of a schema, with two rows in each table (one where a table has one row only)."""
    upgrade(url, schema)
    store, _ = open_any(url)
    with store.transaction() as db:
        for table in tables(db):
            if table.name not in ("audit_head", "erasure"):
                for number in range(2):
                    db.execute(insert(table).values(**_row(table, number, framework, source)))
    store.close()


def _row(table: Table, number: int, framework: Framework, source: str) -> dict[str, Any]:
    row = {c.name: _value(table, c, number) for c in table.columns}
    if "framework_id" in row:
        row["framework_id"] = framework.framework_id if number == 0 else f"{framework.framework_id}-before"
    if "report_id" in row:
        row["report_id"] = REPORTS[number]
    if table.name == "framework":
        row["source"] = source
    return row


def _value(table: Table, column: Column[Any], number: int) -> Any:
    if "sequence" in column.name:
        return number + 1
    if column.name in USUAL and (USUAL[column.name] is not None or column.nullable):
        return USUAL[column.name]
    if any(f for f in column.foreign_keys):
        parent = next(iter(column.foreign_keys)).column
        return _value(parent.table, parent, number)
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return number + 1
    if isinstance(column.type, Float):
        return 0.1 + number
    if isinstance(column.type, LargeBinary):
        return bytes([number, 255])
    return _text(column, number)


def _text(column: Column[Any], number: int) -> str:
    length = getattr(column.type, "length", None)
    if column.name.endswith(("_at", "time")):
        return f"2026-01-0{number + 1}T00:00:00.000000+00:00"
    if type(column.type).__name__ in ("_StoredJson", "_SqliteJson"):
        return '{"b": 1.50, "a": "é"}'
    return f"{column.name[:8]}{number}"[:length] if length else f"{ODD} {number}"
