"""What is told after a scheduled batch: ids and counts of what failed and of what waits, never text.

Names of files are no ids, since they name people; ids are the first characters of the hash of the content.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ctg_nlp.errors import HomeError
from ctg_nlp.framework import Framework
from ctg_nlp.posting import is_this_computer, post
from ctg_nlp.records import VerdictKind
from ctg_nlp.status import status
from ctg_nlp.store import overview
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.database import Store

FINISHED, INCOMPLETE, REFUSED, BROKEN = "finished", "incomplete", "refused", "broken"
"""How a run ended: well; some reports failed; another run was under way; it ended before its end."""
SECONDS, _MOST_IDS = 10.0, 100
_SAID = {
    FINISHED: "The batch has ended",
    INCOMPLETE: "The batch has ended, and some reports failed",
    REFUSED: "The batch was refused, since another run was under way",
    BROKEN: "The batch ended before its end",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """How a run ended, and what waits now. `failed` are reports that the next run tries again, by id, at most
    a hundred; `unreadable` counts files that could not be opened, which have none. `error` is the kind of
    the error that ended a run. Of the counts `without_decisions` are reports, and `open_tables` pairs of a
    report and a table or question that wait for coders; `conflicts` wait for an adjudicator, `chase` groups
    for a reminder."""

    ended: str
    run_id: str
    framework_id: str
    error: str
    read: int
    verdicts: dict[str, int]
    failed: tuple[str, ...]
    unreadable: int
    without_decisions: int
    open_tables: int
    conflicts: int
    chase: int

    def in_words(self) -> str:
        """The same in a sentence or two, of counts alone."""
        failed = len(self.failed) + self.unreadable
        said = f"{_SAID[self.ended]}{f' ({self.error})' if self.error else ''}: {self.read} read"
        said += f", {failed} failed" if failed else ""
        return (
            f"{said}. For coders wait {self.without_decisions} reports without any decision and "
            f"{self.open_tables} open tables, for an adjudicator {self.conflicts}, for a reminder "
            f"{self.chase} groups."
        )

    def to_json(self) -> dict[str, Any]:
        """What is sent; `text` is the sentence, which chat programs show."""
        return {"text": self.in_words(), **asdict(self)}


def notice_of(
    store: Store, framework: Framework, run_id: str, *, refused: bool = False, error: str = ""
) -> Notice:
    """The notice of a run that has just ended. `error`: the kind of error that ended it early."""
    now = status(store, framework)
    with store.reading() as db:
        summary = run_store.run_summary(db, run_id) or {}
        failed = [r.report_id[:12] for r in overview.with_verdict(db, VerdictKind.FAILED)]
    unreadable = max(0, len(summary.get("failed", ())) - summary.get("verdicts", {}).get("failed", 0))
    ended = REFUSED if refused else BROKEN if error else INCOMPLETE if summary.get("failed") else FINISHED
    return Notice(
        ended=ended,
        run_id=run_id,
        framework_id=framework.framework_id,
        error=error,
        read=summary.get("read", 0),
        verdicts={v.split(":")[0]: n for v, n in summary.get("verdicts", {}).items()},
        failed=tuple(failed[:_MOST_IDS]),
        unreadable=unreadable,
        without_decisions=now.counted - now.decided_reports,
        open_tables=sum(now.undecided.values()),
        conflicts=now.conflicts,
        chase=now.chase,
    )


def check_webhook(address: str) -> str:
    """The host that a webhook names. Raises `HomeError` where it is no address that may be used."""
    return _place(address).hostname or ""


def send(address: str, notice: Notice, *, seconds: float = SECONDS) -> str:
    """Send a notice to a webhook, to the host that its address names: no redirect is followed.

    Returns an empty text where it was taken, else why not, in words without the address, whose path may be a
    secret; after `seconds` at the latest.
    """
    place = _place(address)
    path = (place.path or "/") + (f"?{place.query}" if place.query else "")
    body = json.dumps(notice.to_json()).encode()
    try:
        status_code, _ = post(place, path, body, {}, seconds=seconds)
    except TimeoutError:
        return f"{place.hostname} did not answer within {seconds:g} seconds"
    except (OSError, HTTPException, ValueError) as error:
        return f"{place.hostname} could not be reached ({type(error).__name__})"
    return "" if 200 <= status_code < 300 else f"{place.hostname} answered with HTTP status {status_code}"


def _place(address: str) -> SplitResult:
    try:
        place = urlsplit(address)
        usable = place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable or place.username or place.password or not address.isascii() or not address.isprintable():
        raise HomeError("The setting `notify_webhook` is no address such as https://hooks.example.org/x.")
    if place.scheme == "http" and not is_this_computer(place.hostname or ""):
        raise HomeError(
            f"The setting `notify_webhook` sends to {place.hostname} readable for everyone on the way. Use "
            "https:// for other computers than this one."
        )
    return place
