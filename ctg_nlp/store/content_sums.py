"""What decisions say, as a short checksum that the audit log keeps: one that is changed later shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from ctg_nlp.records import Decision
from ctg_nlp.store import schema as s

CONTENT = "content"
"""In the detail of an import and of a coder's act: the checksum of its decisions."""

_SUMS = 1 << 64
_AT_ONCE = 2000


def content_sum(decisions: Iterable[Decision]) -> str:
    """The checksum of decisions in any order, as 16 hexadecimal digits."""
    numbers = (
        _number(
            d.report_id, d.dimension, d.code, str(d.answer), d.value, [e.quote for e in d.evidence], d.note,
            d.coder, d.role, d.time, d.framework_id,
        )
        for d in decisions
    )  # fmt: skip
    return _shown(sum(numbers))


def stored_sums(db: Connection) -> dict[str, tuple[int, str]]:
    """How many decisions are stored of each import and act, and their checksum."""
    d = s.decision.c
    columns = (
        d.report_id, d.dimension, d.code, d.answer, s.decision.c["value"], d.quotes, d.note, d.coder, d.role,
        d.time, d.framework_id,
    )  # fmt: skip
    found: dict[str, tuple[int, int]] = {}
    query = select(func.coalesce(d.import_id, d.act_id, ""), *columns)
    for row in db.execute(query.execution_options(yield_per=_AT_ONCE)):
        count, added = found.get(row[0], (0, 0))
        found[row[0]] = count + 1, added + _number(*row[1:])
    return {of: (count, _shown(added)) for of, (count, added) in found.items()}


def _number(*said: Any) -> int:
    text = json.dumps(said, separators=(",", ":")).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8])


def _shown(added: int) -> str:
    return f"{added % _SUMS:016x}"
