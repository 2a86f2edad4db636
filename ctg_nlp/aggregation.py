"""Rebuilding tables and exports from the store. Composition of `synthesis`, `export` and `store`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctg_nlp.claims import narrative_checked, write_ledger
from ctg_nlp.coding import exported_lines
from ctg_nlp.dataset import COHORT, dataset
from ctg_nlp.export.dataset_files import FLAT, forms_of
from ctg_nlp.export.files import write_csv, write_jsonl
from ctg_nlp.export.tables import (
    write_breakdown,
    write_codes_per_report,
    write_response,
    write_suggested_tables,
    write_tables,
)
from ctg_nlp.exporting import Exported, Wanted, export_dataset
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import bundled_path
from ctg_nlp.logbook import log_of
from ctg_nlp.rebuilds import keep
from ctg_nlp.records import Suggestion
from ctg_nlp.settings import Home
from ctg_nlp.status import chase_list, counted_reports
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.published import (
    Comparison,
    PublishedCell,
    SumCheck,
    check_sums,
    compare,
    read_published,
)
from ctg_nlp.synthesis.shown import shown, shown_per_report, shown_response
from ctg_nlp.synthesis.tables import SuggestedTable, SynthesisTable, suggested_tables, synthesis_tables
from ctg_nlp.tabulation import Tabulation

_VERY_MANY, _LARGE, _HUGE = 200_000, 1_000_000, 4_000_000
"""Decisions, and rows of the dataset's `codes` (reports by codes), above which a run by itself writes no
workbook, SPSS or Stata file; and rows above which it writes Parquet alone, a hundredth of the others."""


LINES = ("decisions.jsonl", "suggestions.jsonl", "memos.jsonl")
"""Files of data/coded that quote reports, a line for each decision, suggestion and memo."""


def tables(store: Store, framework: Framework, stage: str = "map") -> tuple[SynthesisTable, ...]:
    """The synthesis tables of a stage, rebuilt now."""
    return synthesis_tables(framework, dataset(store, framework), stage)


def suggested(store: Store, framework: Framework) -> tuple[SuggestedTable, ...]:
    """What the model that proposed last suggests, counted; no report where none has."""
    with store.reading() as db:
        counted = {c.report_id for c in counted_reports(counting_store.candidates(db))}
        model = suggestion_store.last_model(db, framework.framework_id) or ""
        said = suggestion_store.counted_suggestions(db, model, framework.framework_id)
        return suggested_tables(framework, said, counted)


def last_suggestions(
    store: Store, framework: Framework, report_id: str | None = None
) -> Iterator[Suggestion]:
    """Suggestions of the model that proposed last under this framework, in the order of arrival."""
    with store.reading() as db:
        model = suggestion_store.last_model(db, framework.framework_id)
        if model is not None:
            yield from suggestion_store.suggestions(db, model, framework.framework_id, report_id)


@dataclass(frozen=True, slots=True)
class PublishedComparison:
    """Published cells beside rebuilt ones, totals likewise, and published tables that do not add up.

    `totals` are (dimension, published, rebuilt).
    """

    source: str
    reports: int
    cells: tuple[Comparison, ...]
    sums: tuple[SumCheck, ...]
    totals: tuple[tuple[str, int, int | None], ...]


def compare_with_published(
    store: Store, home: Home, path: Path | None = None, reports: int | None = None
) -> PublishedComparison | None:
    """The comparison with a CSV of published tables, by default the framework's own; None without any."""
    framework = home.framework
    published = framework.published
    if path is None and published is None:
        return None
    if path is None:
        assert published is not None
        beside = home.framework_source.parent / published.file
        path = beside if beside.is_file() else bundled_path(published.file)
    cells = read_published(path)
    n = reports or (published.reports if published else 0) or _largest_table(cells)
    rebuilt = tables(store, framework)
    totals = {t.dimension: r.n for t in rebuilt for r in t.rows if r.kind is RowKind.TOTAL}
    return PublishedComparison(
        source=published.source if published else path.name,
        reports=n,
        cells=compare(cells, n, rebuilt, framework),
        sums=check_sums(cells, framework, n),
        totals=tuple((d, total, totals.get(d)) for d, total in (published.totals if published else ())),
    )


def _largest_table(cells: Sequence[PublishedCell]) -> int:
    return max((c.n for c in cells), default=0)


def suggestion_line(suggestion: Suggestion, name: str) -> dict[str, Any]:
    """A suggestion as a JSON line: the report's name, the code or value, and its evidence."""
    line: dict[str, Any] = {"report": name, "dimension": suggestion.dimension}
    if suggestion.code is not None:
        line["code"] = suggestion.code
    else:
        line["value"] = suggestion.value
    line |= {
        "score": round(suggestion.score, 4),
        "threshold": suggestion.threshold,
        "suggested": suggestion.suggested,
        "model": suggestion.model_id,
        "framework": suggestion.framework_id,
        "evidence": [_evidence(e) for e in suggestion.evidence],
        "held_back": [_evidence(e) | {"status": str(e.status)} for e in suggestion.held_back],
        "raters": [{"rater": o.rater, "score": o.score, "says": o.says} for o in suggestion.opinions],
    }
    return line


def _evidence(e: Any) -> dict[str, Any]:
    boxes = [[round(v, 1) for v in (b.x0, b.y0, b.x1, b.y1)] for b in e.boxes]
    return {"page": e.page, "start": e.start, "end": e.end, "quote": e.quote, "boxes": boxes,
            "because": list(e.because)}  # fmt: skip


def suggestion_lines(
    store: Store, framework: Framework, report_id: str | None = None
) -> Iterator[dict[str, Any]]:
    """Suggestions of the last model, of one report or all, codes scored but not suggested included."""
    with store.reading() as db:
        names = {r.report_id: r.name for r in report_store.named(db, withdrawn=True)}
    for s in last_suggestions(store, framework, report_id):
        if s.report_id in names:
            yield suggestion_line(s, names[s.report_id])


def memo_lines(store: Store) -> Iterator[dict[str, Any]]:
    """Coders' memos and inductive codes (those with a label), each with its place and quote, oldest first."""
    with store.reading() as db:
        reports = {r.report_id: r for r in report_store.named(db, withdrawn=True)}
        memos = act_store.memos(db)
    for m in memos:
        if m.report_id not in reports:
            continue
        report = reports[m.report_id]
        line: dict[str, Any] = {"report": report.name, "group": report.group_id, "coder": m.coder}
        line |= {"time": m.time, "label": m.label, "text": m.text, "dimension": m.dimension, "code": m.code}
        if m.span is not None:
            line |= {"page": m.span.page, "start": m.span.start, "end": m.span.end, "quote": m.quote}
        yield line


def export_all(store: Store, home: Home, now: str, who: str = "the aggregation") -> tuple[Path, ...]:
    """Rebuild all tables and write them with the decisions, suggestions and the dataset to data/coded.

    Returns the paths written; the dataset is a folder. Findings and suggestions are never in one file. What
    is of cohorts, or of a register, is there as long as these are known.
    """
    begun, framework, folder = time.perf_counter(), home.framework, home.coded
    keep(store, home, now=now, who=who)  # what is given out can be explained when it has changed
    data = dataset(store, framework)
    heading = (
        f"{framework.title}: {len(data.reports)} reports count, {data.decided} have decisions. "
        f"Framework {framework.framework_id}. Rebuilt {now[:16].replace('T', ' ')} UTC."
    )
    paths = list(_write_findings(folder, Tabulation(framework, data), heading))
    paths.append(write_suggested_tables(folder, suggested(store, framework)))
    lines = (exported_lines(store), suggestion_lines(store, framework), memo_lines(store))
    for name, items in zip(LINES, lines, strict=True):
        paths.append(folder / name)
        write_jsonl(paths[-1], items)
    paths.append(folder / "chase_list.csv")
    chase = chase_list(store)
    write_csv(paths[-1], ("group", "cohort", "reason"), [(c.group_id, c.cohort, c.reason) for c in chase])
    if (found := narrative_checked(home, data)) is not None:
        paths.append(folder / "claims.csv")
        write_ledger(paths[-1], found)
    paths.append(write_dataset(store, home, len(data.reports)).folder)
    log_of(home).note("tables rebuilt", files=len(paths), seconds=time.perf_counter() - begun)
    return tuple(paths)


def write_dataset(store: Store, home: Home, reports: int) -> Exported:
    """Write the dataset of a run, in the forms of the settings; where much is in it, only in those that cost
    little. `reports` is how many count.

    Raises `CtgError` where the setting names an unknown form.
    """
    framework = home.framework
    with store.reading() as db:
        decisions = decision_store.last_decision(db)
    codes = reports * sum(max(1, len(d.codes)) for d in framework.dimensions)
    forms = affordable(forms_of(home.dataset_forms), decisions, codes)
    return export_dataset(store, framework, home.dataset, Wanted(forms))


def affordable(forms: Sequence[str], decisions: int, codes: int) -> tuple[str, ...]:
    """Those of some forms that a run writes by itself of so many decisions and rows of codes: all of few;
    never none."""
    if max(decisions, codes) > _HUGE:
        return ("parquet",)
    if decisions > _VERY_MANY or codes > _LARGE:
        return tuple(f for f in forms if f in FLAT) or FLAT
    return tuple(forms)


def _write_findings(folder: Path, found: Tabulation, heading: str) -> Iterator[Path]:
    dimensions = (*found.tabulated("map"), *found.tabulated("indepth"))
    by = COHORT if COHORT in found.dataset.attribute_names else ""
    crossed = [found.cross(d, by) for d in dimensions] if by else []
    expected = found.dataset.silent or any(r.expected for r in found.dataset.reports)
    rates = [(x, found.response(x)) for x in ("", by)[: 2 if by else 1]] if expected else []
    codes = found.per_report(d for d in dimensions if d.kind == "multi")
    further = (
        ("By cohort", [shown(t) for t in crossed]),
        ("Response", [shown_response(r, x) for x, r in rates]),
        ("Codes per report", [shown_per_report(c) for c in codes]),
    )
    yield from write_tables(folder, [found.table(d) for d in dimensions], heading, further)
    yield write_breakdown(folder / "tables_by_cohort.csv", crossed)
    yield write_response(folder / "response.csv", rates)
    yield write_codes_per_report(folder / "codes_per_report.csv", codes)
