"""Problems with the solutions that were found, as they are now. Composition of `synthesis` and `store`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ctg_nlp.carried_findings import findings_now
from ctg_nlp.dataset import dataset
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Finding, Report
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.solutions import SolutionTable, solution_table
from ctg_nlp.synthesis.themes import counted


def solution_tables(store: Store, framework: Framework) -> tuple[SolutionTable, ...]:
    """The table of each dimension on which solutions are written, in the framework's order."""
    columns = Columns(framework, dataset(store, framework))
    with store.reading() as db:
        findings = findings_now(db, framework)
        reports = {r.report_id: r for r in report_store.reports(db)}
    return tables_of(columns, framework.dimensions, findings, reports)


def tables_of(
    columns: Columns,
    dimensions: Iterable[Dimension],
    findings: Iterable[Finding],
    reports: Mapping[str, Report],
) -> tuple[SolutionTable, ...]:
    """The same of some dimensions. Passages of reports that were withdrawn are left out, and so are solutions
    that rest on nothing else."""
    standing = {r: x.group_id or x.name for r, x in reports.items() if not x.withdrawn_at}
    kept = [replace(f, sources=tuple(s for s in f.sources if s.report_id in standing)) for f in findings]
    made = []
    for d in dimensions:
        found = [c.code for c in counted(columns, d).codes if c.row.n and not c.row.missing]
        made.append(solution_table(d, kept, lambda r: standing[r], found))
    return tuple(t for t in made if t.problems or t.untraced)
