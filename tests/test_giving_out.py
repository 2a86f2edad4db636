"""A publishable report is given out as a draft under the rules of the settings, or as a release: nothing else
is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ctg_nlp.cli.main import ctg as program
from ctg_nlp.coding import undo_import
from ctg_nlp.export.contents import Contents
from ctg_nlp.export.editions import Edition
from ctg_nlp.giving_out import as_draft, as_internal, as_release
from ctg_nlp.releases import Told, approve, assure, correct, draft, publish, verify
from ctg_nlp.report import contents
from ctg_nlp.settings import FILE, Home, open_home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.synthesis.disclosure import Rules
from ctg_nlp.synthesis.shown import WITHHELD, ShownTable

from .review_home import ReviewHome

NOW = "2026-01-02T00:00:00+00:00"


@pytest.fixture
def home(reports_read: ReviewHome, tmp_path: Path) -> Home:
    copied = reports_read.copy_to(tmp_path / "home")
    with (copied.root / FILE).open("a", encoding="utf-8") as settings:
        settings.write("\ndisclosure_minimum = 2\n")
    return open_home(copied.root)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    opened = open_store(home.database)
    yield opened
    opened.close()


def tables_of(report: Contents) -> dict[str, ShownTable]:
    charts = [c.table for s in report.sections for c in s.charts]
    return {
        t.id: t for s in report.sections if s.id not in ("methods", "claims") for t in (*s.tables, *charts)
    }


def released(store: Store, home: Home) -> Told:
    told = draft(
        store, home, "Findings", now=NOW, who="ann", rules=Rules(2), by=("cohort",), leave_out=("phase",)
    )
    assure(store, home, told.release.release_id, now=NOW, who="ben")
    approve(store, home, told.release.release_id, now=NOW, who="cy", despite="a test")
    return publish(store, home, told.release.release_id, now=NOW, who="cy")


def test_a_draft_withholds_by_the_settings_in_every_table_and_crosses_no_two_dimensions(
    home: Home, store: Store
) -> None:
    home = replace(home, undecided_most=100)  # with half of its reports coded no table is good enough
    report = contents(store, home, Edition.PUBLISHABLE, given=as_draft(store, home))
    found = tables_of(report)
    figures = [c.n for t in found.values() for r in t.rows for c in r.cells]
    assert report.status == "DRAFT" and WITHHELD in figures and "1" not in figures
    assert not [t for t in found if " by " in t and not t.endswith("by cohort")]
    quality = {s.id: s.quality for s in report.sections}
    assert all(quality[d.id][0].startswith("Quality: ") for d in home.framework.tables())
    whole = contents(store, home, Edition.INTERNAL, given=as_draft(store, home))
    assert WITHHELD not in [c.n for t in tables_of(whole).values() for r in t.rows for c in r.cells]


def test_a_table_that_must_not_be_published_is_left_out_of_the_draft_with_a_line_why(
    home: Home, store: Store
) -> None:
    given = as_draft(store, home)
    assert given.stopped
    report = contents(store, home, Edition.PUBLISHABLE, given=given)
    found = tables_of(report)
    assert not [t for t in found if not given.stopped.isdisjoint(t.split(" by "))]
    quality = {s.id: s.quality for s in report.sections}
    for name in given.stopped & {d.id for d in home.framework.tables()}:
        assert "is left out of this edition" in quality[name][0] and "Undecided: at most" in quality[name][0]
    inside = contents(store, home, Edition.INTERNAL, given=as_internal(store, home))
    marked = {s.id: s.quality[0] for s in inside.sections if s.quality}
    assert marked.keys() >= given.stopped and given.stopped <= tables_of(inside).keys()
    assert set(marked.values()) == {"Quality: do not publish. The publishable edition leaves this table out."}


def test_the_command_names_the_tables_that_it_left_out(home: Home) -> None:
    said = CliRunner().invoke(program, ["--home", str(home.root), "report", "--edition", "publishable"])
    assert said.exit_code == 0, said.output
    assert "Left out, since their quality statements say “do not publish”: Table" in said.output


def test_a_release_is_reported_by_its_frozen_tables_alone_whatever_is_decided_since(
    home: Home, store: Store
) -> None:
    told = released(store, home)
    with store.reading() as db:
        taken = decision_store.imports(db)[0]
    undo_import(store, home.framework, taken.import_id, now=NOW, who="ann")
    report = contents(store, home, Edition.PUBLISHABLE, given=as_release(store, told))
    frozen = {t.id: t for t in told.shown}
    found = tables_of(report)
    assert all(table == frozen[name] for name, table in found.items())
    mapped = {d.id for d in home.framework.tables()} - {"phase"}
    assert found.keys() >= mapped | {f"{d} by cohort" for d in mapped} and "phase" not in found
    assert report.status == "" and ("Release", told.release.release_id) in report.facts
    assert ("Published", "2026-01-02") in report.facts
    assert ("Data hash", told.release.data_hash) in report.facts


def test_a_narrative_tells_nothing_that_its_release_withholds(home: Home, store: Store) -> None:
    told = released(store, home)
    home.narrative.write_text("There are [2 phases](claim: n phase.primary).\n", encoding="utf-8")
    report = contents(store, home, Edition.PUBLISHABLE, given=as_release(store, told))
    said = " ".join(p for s in report.sections for p in s.paragraphs)
    assert "withheld" in said and "2 phases" not in said


def test_the_report_of_a_release_is_made_again_at_each_step_with_its_mark(home: Home, store: Store) -> None:
    told = draft(store, home, "Findings", now=NOW, who="ann", rules=Rules(2))
    said = CliRunner().invoke(program, ["--home", str(home.root), "report", "--release", "1"])
    assert said.exit_code == 0, said.output
    page = home.coded / "releases" / told.release.release_id / "report" / "publishable.html"
    assert "DRAFT" in page.read_text(encoding="utf-8")
    assure(store, home, "1", now=NOW, who="ben")
    approve(store, home, "1", now=NOW, who="cy", despite="a test")
    assert "DRAFT" in page.read_text(encoding="utf-8")
    publish(store, home, "1", now=NOW, who="cy")
    assert "DRAFT" not in page.read_text(encoding="utf-8")
    correct(store, home, "1", now=NOW, who="ann", why="late")
    for act, who in ((assure, "ben"), (approve, "cy"), (publish, "cy")):
        act(store, home, "2", now=NOW, who=who, **({"despite": "a test"} if act is approve else {}))
    assert "CORRECTED" in page.read_text(encoding="utf-8") and verify(store, home, "1") == ()
