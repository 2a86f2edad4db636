"""What of texts may be published: places that are known as such, and of those none that few reports name.

Whatever else somebody typed may name anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodedReport, CodedValue, Dataset
from ctg_nlp.synthesis.cells import RowKind, texts_of
from ctg_nlp.synthesis.shown import WITHHELD, ShownRow, ShownTable

OTHER_PLACE = "Another place"
OTHER_TEXT = "A text"
FOLDED = "Places that few reports name have no row of their own; they count in their region, if it is shown."


def publishable(dimension: Dimension) -> bool:
    """Whether there may be a table of a dimension in what is published: of texts only of places."""
    return dimension.kind != "text" or _of_places(dimension)


def publishable_data(framework: Framework, data: Dataset) -> Dataset:
    """The dataset with known places alone: whatever else was typed as one is `OTHER_PLACE`, and every other
    text `OTHER_TEXT`. What is decided stays so."""
    dimensions = [(i, d) for i, d in enumerate(framework.valued) if d.kind == "text"]
    known = {place for place, _ in data.regions}
    return replace(data, reports=tuple(_report(r, dimensions, known) for r in data.reports))


def folded(table: ShownTable) -> ShownTable:
    """A table without the rows of texts whose counts are withheld or rounded to none, since the row alone
    says that there are some reports; a region stays where one of its places does."""
    if not any(r.kind is RowKind.VALUE for r in table.rows):
        return table
    rows = tuple(row for block in _blocks(table.rows) for row in _kept(block))
    return table if len(rows) == len(table.rows) else replace(table, rows=rows, notes=(*table.notes, FOLDED))


def _of_places(dimension: Dimension) -> bool:
    return dimension.fact == "local_authority"


def _report(report: CodedReport, dimensions: Iterable[tuple[int, Dimension]], known: set[str]) -> CodedReport:
    values = list(report.values)
    for i, d in dimensions:
        if isinstance(values[i].value, str):
            values[i] = CodedValue(values[i].state, _told(d, str(values[i].value), known))
    return replace(report, values=tuple(values))


def _told(dimension: Dimension, text: str, known: set[str]) -> str:
    if not _of_places(dimension):
        return OTHER_TEXT
    return "; ".join(sorted({p if p in known else OTHER_PLACE for p in texts_of(text)}))


def _blocks(rows: Iterable[ShownRow]) -> Iterator[list[ShownRow]]:
    """Each region with its places, each other row by itself."""
    block: list[ShownRow] = []
    for row in rows:
        if block and not row.within:
            yield block
            block = []
        block.append(row)
    if block:
        yield block


def _kept(block: list[ShownRow]) -> list[ShownRow]:
    first, *inside = block
    told = [r for r in inside if _is_told(r)]
    return [first, *told] if told or _is_told(first) else []


def _is_told(row: ShownRow) -> bool:
    return row.missing or not row.cells or row.cells[0].n not in (WITHHELD, "0")
