"""Problems with the solutions that were found, as a researcher grouped and worded them, each with its
places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ctg_nlp.framework import Dimension
from ctg_nlp.records import Finding, FindingKind
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

IN_GENERAL = "In general"
SOLUTIONS = " solutions"
"""Ends the id of a table of solutions; the dimension stands before."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a report that a solution rests on; page 0 where it was not found in the text."""

    report_id: str
    group_id: str
    page: int


@dataclass(frozen=True, slots=True)
class Solution:
    """A solution as a researcher worded it, with the places that it rests on."""

    finding_id: str
    text: str
    traces: tuple[Trace, ...]

    @property
    def reports(self) -> int:
        """How many reports it rests on."""
        return len({t.report_id for t in self.traces})


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem (a code of the dimension; empty: in general) with its solutions."""

    code: str
    label: str
    solutions: tuple[Solution, ...]


@dataclass(frozen=True, slots=True)
class SolutionTable:
    """The solutions of one dimension. `untraced`: how many of them rest on no place; they stand in no
    table that is printed. `open`: the labels of problems that were found and that have no solution yet."""

    dimension: str
    title: str
    problems: tuple[Problem, ...]
    untraced: int = 0
    open: tuple[str, ...] = ()


def solution_table(
    dimension: Dimension,
    findings: Iterable[Finding],
    group_of: Callable[[str], str],
    found: Sequence[str] = (),
) -> SolutionTable:
    """The table of a dimension. `group_of` gives the group of a report (or what it is called without one);
    `found` are the codes that any report has. Codes come in the framework's order, what is in general
    last."""
    mine = [f for f in findings if f.kind is FindingKind.SOLUTION and f.dimension == dimension.id]
    traced = [f for f in mine if f.sources]
    labels = {c.id: c.label for c in dimension.codes}
    order = [*labels, *(f.code for f in traced if f.code and f.code not in labels), ""]
    problems = []
    for code in dict.fromkeys(order):
        solutions = tuple(_solution(f, group_of) for f in traced if (f.code or "") == code)
        if solutions:
            problems.append(Problem(code, labels.get(code, code or IN_GENERAL), solutions))
    have = {p.code for p in problems}
    waiting = tuple(labels[c] for c in found if c in labels and c not in have)
    return SolutionTable(dimension.id, dimension.title, tuple(problems), len(mine) - len(traced), waiting)


def _solution(finding: Finding, group_of: Callable[[str], str]) -> Solution:
    traces = (Trace(s.report_id, group_of(s.report_id), s.page) for s in finding.sources)
    return Solution(finding.finding_id, finding.text, tuple(dict.fromkeys(traces)))


def shown_solutions(table: SolutionTable, *, traced: bool) -> ShownTable:
    """The table as it is printed, a row for each solution. It has no number: that which the framework gives
    is the number of the dimension's table of counts, here as everywhere. `traced`: with the reports and pages
    that each rests on, for the internal edition alone; else it names nobody."""
    columns = ("Solutions found", "Rests on") if traced else ("Solutions found",)
    rows = tuple(
        ShownRow(
            RowKind.VALUE,
            f"{p.code or 'general'} {n}",
            p.label,
            (ShownCell(n=s.text), *((ShownCell(n=places_of(s)),) if traced else ())),
        )
        for p in table.problems
        for n, s in enumerate(p.solutions, 1)
    )
    return ShownTable(
        f"{table.dimension}{SOLUTIONS}",
        None,
        f"{table.title}: problems and the solutions that were found",
        columns,
        rows,
        ("Grouped and worded by the researchers; each rests on passages of reports.",),
        "",
    )


def places_of(solution: Solution) -> str:
    """Where a solution rests, as "G017, pages 2 and 4; G020"."""
    pages: dict[str, list[int]] = {}
    for t in solution.traces:
        pages.setdefault(t.group_id, []).append(t.page)
    return "; ".join(_of(group, sorted(set(p) - {0})) for group, p in pages.items())


def _of(group: str, pages: Sequence[int]) -> str:
    if not pages:
        return group
    if len(pages) == 1:
        return f"{group}, page {pages[0]}"
    return f"{group}, pages {', '.join(map(str, pages[:-1]))} and {pages[-1]}"
