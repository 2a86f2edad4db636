"""A desk at a store of two small reports, without reading any PDF."""

from __future__ import annotations

import itertools
import re
import uuid
from pathlib import Path

import pytest

from ctg_nlp.desk import Desk
from ctg_nlp.framework import Framework
from ctg_nlp.records import Evidence, Page, Report, ReportKind, Suggestion, VerdictKind
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.tallies import retally

ID, OTHER = "a" * 64, "b" * 64
TEXT = "Pupils planned the work. Parents came to every meeting."
MODEL = "cues-1+x|classifier-1+y"


def uid() -> str:
    return str(uuid.uuid4())


def fill(store: Store, framework: Framework, report_id: str, sequence: int, score: float) -> None:
    """A report of one page with a suggestion for every code, all with the same score."""
    name = f"report {sequence}.pdf"
    with store.transaction() as db:
        report_store.put_report(
            db,
            Report(report_id, sequence, name, f"data/raw/{name}", f"G{sequence}", ReportKind.FINAL,
                   VerdictKind.ACCEPTED, received_at="2026-01-01T00:00:00+00:00", counted=True, settled=True,
                   pages=1, cohort_said=str(sequence)),
        )  # fmt: skip
        report_store.put_pages(db, report_id, [Page(1, 595.0, 842.0, TEXT)], [])
        suggestion_store.put_framework(db, framework.framework_id, "", "2026-01-01T00:00:00+00:00")
        shown = Evidence(1, 0, 24, TEXT[:24])
        suggestions = [
            Suggestion(
                report_id,
                d.id,
                c.id,
                score,
                0.5,
                score >= 0.5,
                MODEL,
                framework.framework_id,
                evidence=(shown,),
            )
            for d in framework.dimensions
            for c in d.codes
        ]
        suggestion_store.put_suggestions(db, report_id, MODEL, framework.framework_id, suggestions)
        suggestion_store.put_proposed(
            db, report_id, MODEL, framework.framework_id, "e", "2026-01-01T00:00:00+00:00"
        )
        retally(db, framework, report_id)


def make_desk(home: Home, store: Store, coder: str = "ada") -> Desk:
    ticks = itertools.count()
    return Desk(home, store, coder, lambda: f"2026-02-01T00:00:00.{next(ticks):06}+00:00")


@pytest.fixture
def desk(any_store: Store, tmp_path: Path) -> Desk:
    """Ada's desk at a store with two reports."""
    home = make_home(tmp_path / "home")
    fill(any_store, home.framework, ID, 1, 0.6)
    fill(any_store, home.framework, OTHER, 2, 0.9)
    return make_desk(home, any_store)


def point_home_at_its_store(desk: Desk) -> Path:
    """Let the settings of a desk's home name the database that the desk uses, for commands. Returns the
    home's folder."""
    file = desk.home.root / "ctg.toml"
    url = desk.store.engine.url.render_as_string(hide_password=False)
    said = file.read_text(encoding="utf-8")
    changed = re.sub(r"^# database = .*$", f'database = "{url}"', said, flags=re.MULTILINE)
    file.write_text(changed, encoding="utf-8")
    return desk.home.root
