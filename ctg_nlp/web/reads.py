"""Reads of reports in the audit log: one entry per report, log-in and hour, for however many pages."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from ctg_nlp.desk import Desk
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.audit_log import append

_HOUR = len("2026-01-01T00")
_REMEMBERED = 50_000


class Reads:
    """What was noted this hour. Threads may share it; after a restart an hour may be noted once more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: set[tuple[str, str, str, str]] = set()

    def note(
        self,
        desk: Desk,
        session: str,
        report_ids: Iterable[str],
        detail: Mapping[str, str | int] | None = None,
    ) -> None:
        """Note that the desk's coder saw something of these reports, where that is not noted yet; `detail`
        goes into the entries.

        Raises `StoreError` where it cannot be noted: then nothing is to be shown.
        """
        now = desk.clock()
        keys = {(session, desk.coder, report_id, now[:_HOUR]) for report_id in report_ids}
        with self._lock:
            new = sorted(keys - self._noted)
        if not new:
            return
        with desk.store.transaction() as db:
            there = [key for key in new if report_store.report(db, key[2]) is not None]
            for key in there:
                append(db, now, desk.coder, "read", key[2], detail)
        with self._lock:
            if len(self._noted) > _REMEMBERED:
                self._noted.clear()
            self._noted.update(there)
