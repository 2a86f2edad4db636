"""Provisional figures of a project: drawn, decided by the queue, estimated, recorded when a model goes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from ctg_nlp import queue_orders
from ctg_nlp.aggregation import export_all
from ctg_nlp.independence import draw_sample, sampled_reports
from ctg_nlp.learning import retire
from ctg_nlp.provisional import provisional, stopping
from ctg_nlp.queue_orders import ModelOrders
from ctg_nlp.reaching import basis, record_cut_offs
from ctg_nlp.records import Answer, Decision, Page, Report, ReportKind, Suggestion, VerdictKind
from ctg_nlp.settings import Home, make_home
from ctg_nlp.store import cutoffs as cutoff_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import models as model_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store, open_store
from ctg_nlp.suggest.card import LEARNED, Card, CodeCard, Totals
from ctg_nlp.synthesis.provisional import PROVISIONAL_LABEL, ProvisionalCell
from ctg_nlp.tallies import retally

from .command_line import call

NOW = "2026-01-02T00:00:00+00:00"
REPORTS = 60
FRAMEWORK = """
id: own
version: '1'
title: Own
dimensions:
- {id: topic, title: Topic, kind: multi, table: 1, any_of: [{id: either, label: Either, codes: [maths, art]}],
   codes: [{id: maths, label: Maths}, {id: art, label: Art}]}
- {id: phase, title: Phase, kind: single, table: 2, codes: [{id: first, label: First}, {id: second, label: Second}]}
- {id: kinds, title: Kinds, kind: multi, table: 3, denominator: indicated, codes: [{id: one, label: One}]}
- {id: size, title: Size, kind: number, table: 4, bands: [{id: some, label: Some, min: 0}]}
"""


@dataclass(frozen=True)
class Project:
    """A project with a cue rater's suggestions for its reports, of which maths is true of the first 24."""

    home: Home
    store: Store
    ids: tuple[str, ...]
    cues: str = "cues-1+x"

    def propose(self, model_id: str, scores: Iterable[float], at: str = NOW) -> None:
        framework = self.home.framework
        with self.store.transaction() as db:
            for report, score in zip(self.ids, scores, strict=True):
                made = [
                    Suggestion(
                        report, d.id, c.id, float(score), 0.5, score >= 0.5, model_id, framework.framework_id
                    )
                    for d in framework.dimensions
                    for c in d.codes
                ]
                suggestion_store.put_suggestions(db, report, model_id, framework.framework_id, made)
                suggestion_store.put_proposed(db, report, model_id, framework.framework_id, "e", at)

    def decide(self, which: Iterable[int]) -> None:
        framework = self.home.framework
        with self.store.transaction() as db:
            for i in which:
                answers = {("topic", "maths"): i < 24, ("topic", "art"): i % 2 == 0}
                answers |= {("phase", "first"): i % 3 == 0, ("phase", "second"): i % 3 != 0}
                said = [
                    Decision(
                        self.ids[i],
                        d,
                        c,
                        Answer.PRESENT if yes else Answer.ABSENT,
                        "ada",
                        NOW,
                        framework.framework_id,
                    )
                    for (d, c), yes in answers.items()
                ]
                decision_store.add_decisions(db, said)
                retally(db, framework, self.ids[i])

    def unsure(self, i: int) -> None:
        said = Decision(
            self.ids[i], "topic", "maths", Answer.UNSURE, "ada", NOW, self.home.framework.framework_id
        )
        with self.store.transaction() as db:
            decision_store.add_decisions(db, [said])
            retally(db, self.home.framework, self.ids[i])

    def draw(self, size: int = 22) -> set[int]:
        draw_sample(self.store, ["ada"], size=size, double=0, seed=3, now=NOW, who="lea")
        sampled = sampled_reports(self.store)
        return {i for i, report in enumerate(self.ids) if report in sampled}

    def cell(self, dimension: str = "topic", row: str = "maths") -> ProvisionalCell:
        tables = {t.dimension: t for t in provisional(self.store, self.home).tables}
        return next(c for c in tables[dimension].cells if c.row == row)

    def reached(self) -> set[int]:
        from ctg_nlp.reaching import rows_of

        found = basis(self.store, self.home)
        topic = self.home.framework.dimensions[0]
        maths = rows_of(found, topic)[0]
        return {int(i) for i in maths.reached.nonzero()[0]}


DOWN = [0.95 - i / 100 for i in range(REPORTS)]  # the first report has the highest score


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    source = tmp_path / "own.yaml"
    source.write_text(FRAMEWORK, encoding="utf-8")
    home = make_home(tmp_path / "home", str(source))
    store = open_store(home.database, create=True)
    ids = tuple(f"{i:064x}" for i in range(REPORTS))
    with store.transaction() as db:
        suggestion_store.put_framework(db, home.framework.framework_id, "", NOW)
        for i, report in enumerate(ids):
            report_store.put_report(
                db,
                Report(report, i + 1, f"r{i}.pdf", f"data/raw/r{i}.pdf", f"G{i}", ReportKind.FINAL,
                       VerdictKind.ACCEPTED, received_at=NOW, counted=True, settled=True, pages=1),
            )  # fmt: skip
            report_store.put_pages(db, report, [Page(1, 595.0, 842.0, "Text.")], [])
            retally(db, home.framework, report)
    made = Project(home, store, ids)
    made.propose(made.cues, DOWN)
    yield made
    store.close()


def test_nothing_is_estimated_before_the_audit_sample_and_everything_decided_is_the_count(
    project: Project,
) -> None:
    project.decide(range(30))
    cell = project.cell()
    assert (cell.kind, cell.low, cell.high) == ("between", 24, 54)
    project.decide(range(30, REPORTS))
    cell = project.cell()
    assert (cell.kind, cell.confirmed, cell.low, cell.estimate) == ("decided", 24, None, None)


def test_a_best_first_queue_is_reached_down_to_its_cut_off(project: Project) -> None:
    audit = project.draw()
    queue = [i for i in range(REPORTS) if i not in audit][:15]
    project.decide([*audit, *queue])
    assert project.reached() == set(range(queue[-1] + 1))
    cell = project.cell()
    assert cell.kind == "estimate" and cell.low is not None and cell.high is not None
    assert cell.low <= 24 <= cell.high and cell.high - cell.low <= 8
    assert cell.reached == queue[-1] + 1 and cell.audited == len([i for i in audit if i > queue[-1]])
    either = project.cell(row="either")
    assert either.low is not None and either.low >= cell.low


def test_an_unsure_report_is_passed_and_counts_both_ways(project: Project) -> None:
    audit = project.draw()
    queue = [i for i in range(REPORTS) if i not in audit][:15]
    project.decide([*audit, *queue[:3], *queue[4:]])
    without = project.reached()
    project.unsure(queue[3])
    assert without == set(range(queue[2] + 1)) and project.reached() == set(range(queue[-1] + 1))
    cell = project.cell()
    assert cell.low is not None and cell.high is not None and cell.high - cell.low >= 1


def test_single_choices_add_up_and_some_dimensions_have_none(project: Project) -> None:
    project.decide(project.draw())
    found = provisional(project.store, project.home)
    phase = next(t for t in found.tables if t.dimension == "phase")
    assert sum(c.estimate or 0 for c in phase.cells) == REPORTS
    assert {d for d, _ in found.without} == {"kinds", "size"}


def test_the_cut_off_is_recorded_when_a_model_retires_and_outlives_it(project: Project) -> None:
    audit = project.draw()
    queue = [i for i in range(REPORTS) if i not in audit][:12]
    project.decide([*audit, *queue])
    framework_id = project.home.framework.framework_id
    with project.store.transaction() as db:
        model_store.add_event(
            db, model_store.ModelEvent(project.cues, framework_id, model_store.CHAMPION, 0, NOW, "lea", "")
        )
    assert retire(project.store, project.home, project.cues, now=NOW, who="lea", why="")
    with project.store.reading() as db:
        kept = cutoff_store.cut_offs(db, framework_id)
    maths = next(c for c in kept if c.code == "maths")
    assert (maths.model_id, maths.report_id) == (project.cues, project.ids[queue[-1]])
    assert record_cut_offs(project.store, project.home, now=NOW, who="lea") == 0  # once is enough
    # Another model turns the order round; what was reached stays so, and work goes on from its own top.
    project.propose("cues-2+y", DOWN[::-1], "2026-03-01T00:00:00+00:00")
    assert project.reached() == set(range(queue[-1] + 1))
    bottom = [i for i in range(REPORTS - 1, -1, -1) if i not in audit][:5]
    project.decide(bottom)
    assert project.reached() == set(range(queue[-1] + 1)) | set(range(bottom[-1], REPORTS))


def test_a_model_that_saw_the_audit_gives_no_cut_off_unless_it_was_cross_fitted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = project.draw()
    project.propose("cues-1+x|classifier-1+y", DOWN, "2026-03-01T00:00:00+00:00")
    queue = [i for i in range(REPORTS) if i not in audit][:15]
    project.decide([*audit, *queue])
    assert project.reached() == set()  # its card is gone: what it saw is not known
    cell = project.cell()
    assert "is not known any more" in cell.why and cell.audited == 22
    sampled = sorted(audit)
    card = Card("classifier-1+y", project.home.framework.framework_id, NOW, 0, {}, 0,
                tuple(project.ids[i] for i in sampled), (0,) * len(sampled), (), 0,
                Totals(0, 0, 0, 0, 0), (CodeCard("topic", "maths", LEARNED, 9, 9, 0.5),), (0, 0), (0, 0, 0), 0.5)  # fmt: skip
    scores = np.array([[DOWN[i] - 0.3] for i in sampled])  # less sure of them while it did not know them
    monkeypatch.setattr(queue_orders.model_files, "out_of_fold", lambda folder: (card, scores))
    assert project.reached() == {
        i for i in range(queue[-1] + 1) if i not in audit or DOWN[i] - 0.3 >= DOWN[queue[-1]]
    }
    current = basis(project.store, project.home).models[-1]
    everyone = np.ones(REPORTS, bool)
    assert isinstance(current, ModelOrders) and current.suggested("topic", ["maths"], everyone) is None


def test_poorly_read_reports_are_to_be_read_before_confirming_stops(project: Project) -> None:
    with project.store.transaction() as db:
        worst = next(r for r in report_store.reports(db) if r.report_id == project.ids[59])
        report_store.put_report(
            db, replace(worst, verdict=VerdictKind.WARNING, warnings="Page 1 is a picture.")
        )
    project.decide(project.draw() - {59})
    found = stopping(project.store, project.home)
    maths = next(m for m in found.codes if m.code == "maths")
    assert maths.poorly == 1 and maths.unreached + maths.poorly == REPORTS - len(
        sampled_reports(project.store)
    )
    assert "Below 400" in found.never


def test_provisional_figures_are_labelled_and_in_no_export_of_findings(project: Project) -> None:
    project.decide(project.draw())
    at = ("--home", str(project.home.root))
    printed = json.loads(call(*at, "tables", "1", "--estimate", "--json").stdout)
    (table,) = printed["tables"]
    assert table["label"] == PROVISIONAL_LABEL and table["cells"][0]["kind"] == "estimate"
    shown = call(*at, "tables", "--estimate").stdout
    assert "not a finding" in shown and "95 % interval" in shown and "kinds: percentages are of" in shown
    assert "which is itself not known" in call(*at, "tables", "kinds", "--estimate", code=1).stderr
    stop = call(*at, "stop").stdout
    assert "At most missed" in stop and "Below 400" in stop
    given = export_all(project.store, project.home, NOW)
    for path in (p for each in given for p in (each.iterdir() if each.is_dir() else [each])):
        assert "rovisional" not in path.read_bytes().decode("latin-1")
