"""What is told after a scheduled batch: ids and counts of what failed and of what waits, never text.

Names of files are no ids, since they name people; ids are the first characters of the hash of the content.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ctg_nlp.errors import HomeError
from ctg_nlp.posting import is_this_computer, post
from ctg_nlp.records import VerdictKind
from ctg_nlp.settings import Home
from ctg_nlp.status import status
from ctg_nlp.store import overview
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import runs as run_store
from ctg_nlp.store.database import Store

FINISHED, INCOMPLETE, REFUSED, BROKEN = "finished", "incomplete", "refused", "broken"
"""How a run ended: well; some reports failed; another run was under way; it broke off."""
SECONDS, _MOST_IDS = 10.0, 100
_SAID = {
    FINISHED: "has ended",
    INCOMPLETE: "has ended, and some reports failed",
    REFUSED: "was refused, since another run was under way",
    BROKEN: "broke off",
}
_WAITING = ("without_decisions", "open_tables", "conflicts", "chase")


@dataclass(frozen=True, slots=True)
class Notice:
    """How a run of a project, which goes by the name of its folder, ended, and what waits now. `failed` are
    reports that the next run tries again, by id, at most a hundred; `unreadable` counts files that could not
    be opened, which have none. `error` is the kind of the error that ended a run. Of the counts
    `without_decisions` are reports, and `open_tables` pairs of a report and a table or question that wait for
    coders; `conflicts` wait for an adjudicator, `chase` groups for a reminder."""

    project: str
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
        """The same in a sentence or two, of the project's name and counts alone."""
        why = f" ({self.error})" if self.error else ""
        said = f"The batch of {self.project} {_SAID[self.ended]}{why}{self._done()}."
        return said if self.ended == BROKEN else f"{said} {self._waits()}"

    def _done(self) -> str:
        """What was read, with verdicts; empty where the run did not come to a summary."""
        if self.ended not in (FINISHED, INCOMPLETE) and not self.read:
            return "; nothing was read" if self.ended == BROKEN else ""
        verdicts = ", ".join(f"{n} {verdict}" for verdict, n in sorted(self.verdicts.items()))
        unreadable = f", {self.unreadable} could not be opened" if self.unreadable else ""
        return f": {self.read or 'nothing'} {'' if self.read else 'new was '}read" + (
            f" ({verdicts}){unreadable}" if verdicts else unreadable
        )

    def _waits(self) -> str:
        """What waits for whom; nobody is named for whom nothing does."""
        waits = [
            ("coders", self.without_decisions, "report", " without any decision"),
            ("coders", self.open_tables, "open table", ""),
            ("an adjudicator", self.conflicts, "conflict", ""),
            ("a reminder", self.chase, "group", ""),
        ]
        said: dict[str, list[str]] = {}
        for whom, n, noun, more in waits:
            if n:
                said.setdefault(whom, []).append(f"{n} {noun}{'' if n == 1 else 's'}{more}")
        if not said:
            return "Nothing waits."
        return f"Waiting: {'; '.join(f'for {whom} ' + ' and '.join(what) for whom, what in said.items())}."

    def is_news(self, told: Mapping[str, int]) -> bool:
        """Whether something was read or went wrong, or more waits than people were `told` before."""
        return (
            self.ended != FINISHED
            or self.read > 0
            or any(n > told.get(name, 0) for name, n in self.waiting().items())
        )

    def waiting(self) -> dict[str, int]:
        """The counts of what waits."""
        return {name: getattr(self, name) for name in _WAITING}

    def to_json(self) -> dict[str, Any]:
        """What is sent; `text` is the sentence, which chat programs show."""
        return {"text": self.in_words(), **asdict(self)}


def notice_of(store: Store, home: Home, run_id: str, *, refused: bool = False, error: str = "") -> Notice:
    """The notice of a run that has just ended. `error`: the kind of error that ended it early; what was read
    until then, and not yet settled, is counted. What waits is known once that is settled."""
    now = status(store, home.framework)
    with store.reading() as db:
        summary = run_store.run_summary(db, run_id) or {}
        failed = [r.report_id[:12] for r in overview.with_verdict(db, VerdictKind.FAILED)]
        # Of a run that was refused these are the other's, which goes on.
        cut_off = report_store.reports(db, overview.unsettled(db)) if error and not summary else ()
    verdicts = {v.split(":")[0]: n for v, n in summary.get("verdicts", {}).items()}
    unreadable = max(0, len(summary.get("failed", ())) - summary.get("verdicts", {}).get("failed", 0))
    ended = REFUSED if refused else BROKEN if error else INCOMPLETE if summary.get("failed") else FINISHED
    return Notice(
        project=home.root.name,
        ended=ended,
        run_id=run_id,
        framework_id=home.framework.framework_id,
        error=error,
        read=summary.get("read", len(cut_off)),
        verdicts=verdicts or dict(Counter(str(r.verdict) for r in cut_off)),
        failed=tuple(failed[:_MOST_IDS]),
        unreadable=unreadable,
        without_decisions=now.counted - now.decided_reports,
        open_tables=sum(now.undecided.values()),
        conflicts=now.conflicts,
        chase=now.chase,
    )


def tell(store: Store, home: Home, notice: Notice, now: str) -> tuple[bool, str]:
    """Send a notice where a webhook is set, and where it is news or empty ones are wanted too.

    Returns whether it was sent, and in words why it could not be.
    """
    if not home.notify_webhook:
        return False, ""
    with store.reading() as db:
        told = run_store.told(db)
    wanted = home.notify_empty or notice.is_news(told)
    trouble = send(home.notify_webhook, notice) if wanted else ""
    if not trouble and told != notice.waiting():
        with store.transaction() as db:
            run_store.put_told(db, now, notice.waiting())
    return wanted and not trouble, trouble


def check_webhook(address: str) -> str:
    """The host that a webhook names, with the port where it names one. Raises `HomeError` where it is no
    address that may be used."""
    place = _place(address)
    return f"{place.hostname}:{place.port}" if place.port else place.hostname or ""


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
