"""What an edition of the report tells of the reports read in depth, besides tables: read from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from ctg_nlp.carried_findings import findings_now
from ctg_nlp.case_clearing import studies_for
from ctg_nlp.case_study import CaseStudy
from ctg_nlp.case_text import shared_runs, spoken
from ctg_nlp.export.editions import Edition, Quote
from ctg_nlp.framework import Framework
from ctg_nlp.identifying import NEVER_SMALL, marks
from ctg_nlp.quotations import known_around, printable_with
from ctg_nlp.records import Decision, Finding, FindingKind, Flow, QuotedEvidence, RecordState, Report
from ctg_nlp.review.carrying import carried
from ctg_nlp.selection_flow import flow_of
from ctg_nlp.solutions import tables_of
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.flow import together, without_reasons
from ctg_nlp.synthesis.shown import ShownTable
from ctg_nlp.synthesis.solutions import shown_solutions


@dataclass(frozen=True, slots=True)
class Told:
    """A text of a coder on one report, with what the report is called, who wrote it, and the passages that
    it was written from."""

    text: str
    source: str
    coders: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Depth:
    """What was found in depth. `flow`: from all reports to these, once there is a selection by filters;
    `sampled`: a sample was frozen. `quotes` are those that an edition may print with each finding (by its
    id); `solutions` and `texts` are by dimension, texts for the internal edition alone. `to_look_at` are
    sentences on what a person should look at before a publishable edition is given out."""

    flow: Flow | None = None
    sampled: bool = False
    findings: tuple[Finding, ...] = ()
    quotes: Mapping[str, tuple[Quote, ...]] = field(default_factory=dict)
    solutions: Mapping[str, ShownTable] = field(default_factory=dict)
    texts: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    studies: tuple[CaseStudy, ...] = ()
    to_look_at: tuple[str, ...] = ()


def read_depth(
    db: Connection,
    framework: Framework,
    columns: Columns,
    edition: Edition,
    left_out: Collection[str] = (),
    *,
    protected: bool = False,
) -> Depth:
    """What the store holds of it now. Every report must have its coded row. `left_out`: dimensions of which
    nothing is given out; `protected`: small counts are withheld, so the flow must not tell them.

    The publishable edition leaves out statements that rest on no passage (any more): those of reports that
    were withdrawn are none.
    """
    internal = edition is Edition.INTERNAL
    written = findings_now(db, framework)
    reports = _known(db, {s.report_id for f in written for s in f.sources})
    standing = tuple(_standing(written, reports, left_out))
    findings = tuple(f for f in standing if internal or f.sources)
    solved = tables_of(columns, framework.dimensions, findings, reports)
    studies = studies_of(db, framework, edition)
    return Depth(
        flow=_flow(db, framework, internal=internal, protected=protected),
        sampled=columns.selected() is not None,
        findings=tuple(f for f in findings if f.kind is not FindingKind.SOLUTION),
        quotes=printable_with(db, edition),
        solutions={t.dimension: shown_solutions(t, traced=internal) for t in solved if t.problems},
        texts=_texts(db, columns) if internal else {},
        studies=studies,
        to_look_at=() if internal else tuple(_to_look_at(db, framework, findings, reports, studies)),
    )


def _flow(db: Connection, framework: Framework, *, internal: bool, protected: bool) -> Flow | None:
    """The flow of counts as an edition tells it, once reports are selected: what people gave as reasons
    stays in the house."""
    if not _selected(db, framework):
        return None
    counted = flow_of(db, framework)
    if protected:
        return together(counted)
    return counted if internal else without_reasons(counted)


def studies_of(db: Connection, framework: Framework, edition: Edition) -> tuple[CaseStudy, ...]:
    """The case studies that have a text, as an edition may print them."""
    return tuple(s for s in studies_for(db, framework, edition) if s.sections)


def _standing(
    findings: Iterable[Finding], reports: Mapping[str, Report], left_out: Collection[str]
) -> Iterator[Finding]:
    for f in findings:
        sources = tuple(s for s in f.sources if not reports[s.report_id].withdrawn_at)
        if f.dimension not in left_out:
            yield replace(f, sources=sources)


def _to_look_at(
    db: Connection,
    framework: Framework,
    findings: Iterable[Finding],
    reports: Mapping[str, Report],
    studies: Iterable[CaseStudy],
) -> Iterator[str]:
    for f in findings:
        named = f"The {f.kind} “{' '.join(f.text.split())[:60]}”"
        if shared_runs(f.text, spoken(s.quote for s in f.sources)):
            yield (
                f"{named} has words of its passages in it, which nobody cleared: say them in your own, or "
                "quote them from the bank."
            )
        known = [known_around(db, framework, reports[r]) for r in {s.report_id for s in f.sources}]
        told = {m.words for k in known for m in marks(f.text, k) if m.why != NEVER_SMALL}
        if told:
            yield f"{named} may tell who is meant: {', '.join(sorted(told))}."
    for s in studies:
        if s.notes:
            yield f"The case study of {s.group_id} has notes for its writer: ctg cases write {s.group_id}"


def _selected(db: Connection, framework: Framework) -> bool:
    if selection_store.in_use(db) is not None:
        return True
    return bool(framework.filters) and any(True for _ in selection_store.filter_decisions(db))


def _known(db: Connection, report_ids: Collection[str]) -> dict[str, Report]:
    return {r.report_id: r for r in report_store.reports(db, report_ids)}


def _texts(db: Connection, columns: Columns) -> dict[str, tuple[Told, ...]]:
    """The free texts of each dimension, report by report."""
    decided = {
        (d.id, r.report_id): str(v.value)
        for d in columns.framework.dimensions
        if d.free
        for r, v in zip(columns.reports, columns.values(d.id), strict=True)
        if v.state is RecordState.DECIDED and v.value is not None
    }
    wrote_on = {report_id for _, report_id in decided}
    said, reports = _wrote(db, columns.framework, wrote_on), _known(db, wrote_on)
    found: dict[str, tuple[Told, ...]] = {}
    for (name, report_id), text in decided.items():
        wrote = [d for d in said.get((name, report_id), ()) if str(d.value) == text]
        called = reports[report_id].group_id or reports[report_id].name
        coders = tuple(dict.fromkeys(d.coder for d in wrote))
        quotes = tuple(dict.fromkeys(_quote(e, called) for d in wrote for e in d.evidence))
        found[name] = (*found.get(name, ()), Told(text, called, coders, quotes))
    return found


def _wrote(
    db: Connection, framework: Framework, report_ids: Collection[str]
) -> dict[tuple[str, str], tuple[Decision, ...]]:
    """The last value of each person by dimension and report; trainees' do not count."""
    last: dict[tuple[str, str], dict[tuple[str, str], Decision]] = {}
    decisions = decision_store.decisions(db, report_ids) if report_ids else ()
    for d in carried(decisions, framework, each_coder=True):
        if d.code is None and d.role != "trainee":
            last.setdefault((d.dimension, d.report_id), {})[d.role, d.coder] = d
    return {key: tuple(by.values()) for key, by in last.items()}


def _quote(evidence: QuotedEvidence, called: str) -> Quote:
    page = f", page {evidence.spans[0].page}" if evidence.spans else ""
    return Quote(evidence.quote, f"{called}{page}")
