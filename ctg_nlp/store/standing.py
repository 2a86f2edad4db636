"""What tells whether anything in the store has changed that exports are made of: little is read, quickly.

Decisions are only added, and taken back only with an entry in the audit log; so are memos, samples, findings,
filters and users. What runs do without an entry shows in the rows of reports, of groups and of what was
proposed. Suggestions, pages and anchors are written in the transactions that write those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, func, select

from ctg_nlp.store import schema as s

_CHANGES_NOTHING = ("rebuild", "export", "read", "log-in", "log-out", "failed log-in")
"""Entries of the audit log after which every table is as before."""

_OF_REPORTS = (
    "report_id", "sequence", "name", "path", "group_id", "kind", "verdict", "cause", "message", "pages",
    "words", "cohort_said", "counted", "settled", "related_to", "withdrawn_at",
)  # fmt: skip
_AT_A_TIME = 5000  # rows that are in memory before they are taken


def standing(db: Connection, framework_id: str) -> str:
    """The sha256 of all this, in hexadecimal digits: another where exports under the framework may differ."""
    digest = hashlib.sha256()
    for query in _queries(framework_id):
        for row in db.execute(query.execution_options(yield_per=_AT_A_TIME)):
            digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
        digest.update(b"|")
    return digest.hexdigest()


def _queries(framework_id: str) -> Iterator[Select[Any]]:
    log, r, g, p = s.audit_log.c, s.report.c, s.report_group.c, s.proposed.c
    files, columns = cast(g.files, Text), cast(s.report_group.c["columns"], Text)
    last = select(log.sequence).where(log.what.not_in(_CHANGES_NOTHING))
    yield last.order_by(log.sequence.desc()).limit(1)
    yield select(func.max(s.decision.c.sequence))
    yield select(*(r[name] for name in _OF_REPORTS)).order_by(r.sequence)
    yield select(g.group_id, g.position, g.cohort, g.expected, files, columns).order_by(g.position)
    counted = select(p.model_id, func.count(), func.max(p.done_at)).where(p.framework_id == framework_id)
    yield counted.group_by(p.model_id).order_by(p.model_id)
    yield select(func.count(), func.max(s.submission.c.received_at))
