"""A home for the tests of the report: coded reports, one with hostile notes, and what brute force says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ctg_nlp.clock import utc_now
from ctg_nlp.coding import import_decisions
from ctg_nlp.export.editions import Edition
from ctg_nlp.export.report_html import write_html
from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedRecord, Decision
from ctg_nlp.report import made, what_is_behind
from ctg_nlp.review.resolution import resolve
from ctg_nlp.settings import Home, open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store, open_store

from .review_home import HOSTILE, IMAGE, SCRIPT, ReviewHome

NOTE = f'</script>{SCRIPT} "quoted" & {IMAGE}'
LOST = f"Nobody wrote this {IMAGE} on any page."
CODER = "Zebedee Coder"
FOUND = (
    "The partner schools <script>window.hacked=1</script> met every month and planned the programme together."
)
LINES = (
    {"dimension": "partnership", "codes": ["planned", "shared_resources"], "notes": {"planned": NOTE},
     "evidence": {"planned": [FOUND], "shared_resources": [LOST]}},
    {"dimension": "stakeholders", "codes": ["ta"], "note": NOTE},
)  # fmt: skip


@contextmanager
def opened(home: Home) -> Iterator[Store]:
    """The store of a home."""
    store = open_store(home.database)
    try:
        yield store
    finally:
        store.close()


def take_hostile(root: Path) -> None:
    """Take in what a hostile coder said on the hostile report."""
    home = open_home(root)
    file = root / "hostile.jsonl"
    lines = ({"report": HOSTILE, "group": "G900", "coder": CODER, **line} for line in LINES)
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with opened(home) as store:
        done = import_decisions(store, home.framework, file, now=utc_now(), who="the tests")
        assert done.decisions and not done.refused, done


@dataclass(frozen=True, slots=True)
class Reported:
    """Both editions of the report of a home on the disk, and what is stored."""

    home: Home
    internal: Path
    publishable: Path
    decisions: tuple[Decision, ...]
    names: dict[str, str]
    groups: dict[str, str]

    @property
    def framework(self) -> Framework:
        """The home's framework."""
        return self.home.framework

    def records(self) -> tuple[CodedRecord, ...]:
        """What decisions come to, by the rule of `resolve` and without any table."""
        return resolve(self.decisions, self.framework)


def reported(reviewed: ReviewHome, pictures: int = 10_000_000) -> Reported:
    """Make both editions."""
    home = reviewed.home
    with opened(home) as store:
        for edition in Edition:
            report = made(store, home, edition)
            behind = None
            if edition is Edition.INTERNAL:
                behind = what_is_behind(store, home, report, pictures)
            write_html(home.coded / f"{edition}.html", report.contents, behind)
        with store.reading() as db:
            decisions = tuple(decision_store.decisions(db))
            reports = report_store.reports(db)
    names = {r.report_id: r.name for r in reports}
    groups = {r.report_id: r.group_id or "" for r in reports}
    pages = (home.coded / "internal.html", home.coded / "publishable.html")
    return Reported(home, *pages, decisions, names, groups)
