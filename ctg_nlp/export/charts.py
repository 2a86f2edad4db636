"""Which charts a report has, and the sentence that stands for each where it cannot be seen.

Charts are made from shown tables alone, so that nothing withheld there can be read here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ctg_nlp.export.contents import Chart
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

BARS, GROUPED, GAP_MAP = "bars", "grouped bars", "gap map"
MOST_BARS = 30  # a chart of more rows is not looked at
MOST_PARTS = 6  # bars side by side of which each is still told from the others
_NAMED = 3  # rows that the sentence names
_NO_CHART = (RowKind.GROUP, RowKind.TOTAL)


def bar_chart(table: ShownTable) -> Chart | None:
    """Bars of the shares of a table, or None where no row has one. Of over 30 rows the first are shown."""
    rows = charted(table)
    if not any(r.cells[0].share is not None for r in rows):
        return None
    cut = f" The chart shows the first {MOST_BARS} of {len(rows)} rows." if len(rows) > MOST_BARS else ""
    alt = f"Bar chart, in per cent of {table.denominator}. {_most(rows, 0)}{_withheld(rows)}{cut}"
    return Chart(f"chart {table.id}", BARS, table.title, alt, table)


def grouped_chart(table: ShownTable) -> Chart | None:
    """Bars of each part of a cross-tabulation side by side, the first column (all reports) left out; None
    where there are less than two parts, or too many to tell apart."""
    parts = table.columns[1:]
    rows = charted(table)
    if not 2 <= len(parts) <= MOST_PARTS or not any(c.share is not None for r in rows for c in r.cells):
        return None
    said = " ".join(f"{part or 'Not told'}: {_most(rows, n)}" for n, part in enumerate(parts, 1))
    alt = f"Grouped bar chart, in per cent of {table.denominator} of each part. {said}{_withheld(rows)}"
    return Chart(f"chart {table.id}", GROUPED, table.title, alt, table)


def gap_map(table: ShownTable) -> Chart | None:
    """Circles by the number of reports for each pair of codes, the first column (all reports) left out; None
    of an empty table."""
    rows = charted(table)
    cells = [(c, r.label, part) for r in rows for part, c in zip(table.columns[1:], r.cells[1:], strict=True)]
    if not cells:
        return None
    gaps = sum(is_gap(c) for c, _, _ in cells)
    most = sorted((c for c in cells if c[0].value), key=lambda c: -(c[0].value or 0))[:_NAMED]
    named = "; ".join(f"{row} with {part} ({c.n})" for c, row, part in most)
    said = f"Most: {named}. " if named else ""
    alt = f"Gap map of {len(rows)} by {len(table.columns) - 1} codes. {said}{_gaps(gaps, len(cells))}"
    return Chart(f"chart {table.id}", GAP_MAP, table.title, alt, table)


def charted(table: ShownTable) -> tuple[ShownRow, ...]:
    """The rows that a chart has: those with figures, sums left out."""
    return tuple(r for r in table.rows if r.kind not in _NO_CHART and r.cells)


def is_gap(cell: ShownCell) -> bool:
    """No report, and none undecided that could still turn out to be one."""
    return cell.value == 0 and cell.undecided in ("", "0") and not cell.withheld


def is_open(cell: ShownCell) -> bool:
    """No report so far, but some are undecided."""
    return cell.value == 0 and not is_gap(cell) and not cell.withheld


def is_withheld(cell: ShownCell) -> bool:
    """Whether a bar is not shown, so that nobody can be told by it."""
    return bool(cell.withheld) and cell.share is None


def figure(cell: ShownCell) -> str:
    """A cell in words: "93 (72.1 %)", or what was done to it."""
    if not cell.n or is_withheld(cell):
        return "withheld" if cell.withheld else "–"
    return f"{cell.n} ({cell.percent} %)" if cell.percent else cell.n


def _most(rows: Sequence[ShownRow], column: int) -> str:
    told = [(r.label, r.cells[column]) for r in rows if r.cells[column].share is not None and not r.missing]
    told.sort(key=lambda pair: -(pair[1].share or 0.0))
    named = "; ".join(f"{label} {figure(cell)}" for label, cell in told[:_NAMED])
    if not named:
        return "No figures."
    if len(told) > _NAMED:
        label, cell = told[-1]
        return f"Most: {named}; least: {label} {figure(cell)}."
    return f"{named}."


def _withheld(rows: Sequence[ShownRow]) -> str:
    n = sum(is_withheld(c) for r in rows for c in r.cells)
    return f" Withheld: {n}." if n else ""


def _gaps(gaps: int, cells: int) -> str:
    return f"{gaps} of {cells} cells are gaps: no report."
