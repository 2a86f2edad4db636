"""What an edition of the report tells of the reports read in depth, besides tables: read from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ctg_nlp.carried_findings import findings_now
from ctg_nlp.case_clearing import studies_for
from ctg_nlp.case_study import CaseStudy
from ctg_nlp.case_text import shared_runs, spoken
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.framework import Framework
from ctg_nlp.quotations import printable_with
from ctg_nlp.records import Finding, FindingKind, Flow, RecordState, Report
from ctg_nlp.selection_flow import flow_of
from ctg_nlp.solutions import tables_of
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.solutions import shown_solutions


@dataclass(frozen=True, slots=True)
class Told:
    """A text of a coder on one report, with what the report is called."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Depth:
    """What was found in depth. `flow`: from all reports to these, once there is a selection by filters;
    `quotes` are those that an edition may print with each finding (by its id); `solutions` and `texts` are by
    dimension, texts for the internal edition alone."""

    flow: Flow | None = None
    findings: tuple[Finding, ...] = ()
    quotes: Mapping[str, tuple[Quote, ...]] = field(default_factory=dict)
    solutions: Mapping[str, ShownTable] = field(default_factory=dict)
    texts: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    studies: tuple[CaseStudy, ...] = ()


def read_depth(db: Connection, framework: Framework, columns: Columns, edition: Edition) -> Depth:
    """What the store holds of it now. Every report must have its coded row."""
    internal = edition is Edition.INTERNAL
    reports = {r.report_id: r for r in report_store.reports(db)}
    findings = findings_now(db, framework)
    solved = tables_of(columns, framework.dimensions, findings, reports)
    return Depth(
        flow=flow_of(db, framework) if _selected(db, framework) else None,
        findings=tuple(f for f in findings if f.kind is not FindingKind.SOLUTION),
        quotes=printable_with(db, edition),
        solutions={t.dimension: shown_solutions(t, traced=internal) for t in solved if t.problems},
        texts=_texts(columns, reports) if internal else {},
        studies=tuple(s for s in studies_for(db, framework, edition) if s.sections),
    )


def to_look_at(depth: Depth) -> tuple[str, ...]:
    """What a person should look at before it is printed for others: sentences for whoever wrote it."""
    copied = (
        f"The {f.kind} “{' '.join(f.text.split())[:60]}” has words of its passages in it, which nobody "
        "cleared: say them in your own, or quote them from the bank."
        for f in depth.findings
        if shared_runs(f.text, spoken(s.quote for s in f.sources))
    )
    noted = (
        f"The case study of {s.group_id} has notes for its writer: ctg cases write {s.group_id}"
        for s in depth.studies
        if s.notes
    )
    return (*copied, *noted)


def _selected(db: Connection, framework: Framework) -> bool:
    if selection_store.in_use(db) is not None:
        return True
    return bool(framework.filters) and any(True for _ in selection_store.filter_decisions(db))


def _texts(columns: Columns, reports: Mapping[str, Report]) -> dict[str, tuple[Told, ...]]:
    return {
        d.id: tuple(
            Told(str(v.value), reports[r.report_id].group_id or reports[r.report_id].name)
            for r, v in zip(columns.reports, columns.values(d.id), strict=True)
            if v.state is RecordState.DECIDED and v.value is not None
        )
        for d in columns.framework.dimensions
        if d.free
    }
