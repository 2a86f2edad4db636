"""How a table stands on paper: its columns, and what is printed in each cell.

The published layout is a label, a count and a percentage. Where rows are of different numbers of reports, or
some are undecided, two columns say so; a table by parts has one column for each part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable
from ctg_nlp.synthesis.solutions import SOLUTIONS

WITHHELD = "withheld"
STUB = "Category"
"""The heading of the column of labels."""
_STUBS = {"claims": "Text", "flow": "Step"}  # tables whose rows are no categories


@dataclass(frozen=True, slots=True)
class LaidRow:
    """A row as printed. A heading has empty cells. `total`: it is a sum of others; `within`: it lies in the
    last row that does not (a place in its region), and its label is set in."""

    label: str
    cells: tuple[str, ...]
    heading: bool = False
    total: bool = False
    within: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as printed: the heading of each column (the first is that of the labels), rows, and notes."""

    columns: tuple[str, ...]
    rows: tuple[LaidRow, ...]
    notes: tuple[str, ...]


def printable(text: str) -> str:
    """A text without the characters that neither Word nor a workbook may hold."""
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32 and not _forbidden(c))


def _forbidden(c: str) -> bool:
    return 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff"


def laid(table: ShownTable) -> Layout:
    """The table as it stands on paper."""
    table = filled(table)
    rows = tuple(_rows(table))
    return Layout((stub(table), *_columns(table)), rows, (*table.notes, *_withheld(table)))


def stub(table: ShownTable) -> str:
    """The heading of the column of labels of a table."""
    return "Problem" if table.id.endswith(SOLUTIONS) else _STUBS.get(table.id, STUB)


def spans(labels: Sequence[str | None]) -> tuple[int, ...]:
    """Over how many rows the label of each row reaches: rows that follow each other with one label share it,
    and the later ones have 0. None stands for a heading, which shares nothing."""
    found: list[int] = []
    for n, label in enumerate(labels):
        if n and label and label == labels[n - 1]:
            first = max(i for i, span in enumerate(found) if span)
            found[first] += 1
            found.append(0)
        else:
            found.append(1)
    return tuple(found)


def reach(table: ShownTable) -> tuple[int, ...]:
    """Over how many rows the label of each row of a table reaches."""
    return spans([r.label if r.cells and r.kind is not RowKind.GROUP else None for r in table.rows])


def filled(table: ShownTable) -> ShownTable:
    """The table without columns that hold nothing in any row."""
    if plain(table):
        return table
    told = [n for n in range(len(table.columns)) if any(_holds(r.cells[n]) for r in table.rows if r.cells)]
    if len(told) == len(table.columns):
        return table
    rows = tuple(replace(r, cells=tuple(r.cells[n] for n in told) if r.cells else ()) for r in table.rows)
    return replace(table, columns=tuple(table.columns[n] for n in told), rows=rows)


def _holds(cell: ShownCell) -> bool:
    return any((cell.n, cell.percent, cell.of, cell.undecided, cell.withheld))


def wordy(table: ShownTable) -> bool:
    """Whether its cells hold one text each, as those of an appendix do, and no figures of reports."""
    return not any(c.percent or c.of or c.undecided for c in _cells(table))


def _columns(table: ShownTable) -> tuple[str, ...]:
    if not plain(table):
        return tuple(_part(table, n) for n in range(len(table.columns)))
    open_ = ("Of", "Undecided") if uneven(table) else ()
    return ("No.", "Per cent", *open_) if _any_percent(table) else ("No.",)


def _part(table: ShownTable, column: int) -> str:
    """The heading of a part, with the number of reports that its figures are of where that is one."""
    name, of = table.columns[column] or "All", _one_number(table, column)
    return f"{name} (of {of})" if of else name


def _one_number(table: ShownTable, column: int) -> str:
    """What all cells of a column are of; empty where they differ, or reports are undecided."""
    cells = [r.cells[column] for r in table.rows if r.cells]
    told = {c.of for c in cells}
    return told.pop() if len(told) == 1 and not any(c.undecided not in ("", "0") for c in cells) else ""


def plain(table: ShownTable) -> bool:
    """Whether it has one column of figures, which is about all reports."""
    return table.columns == ("",)


def uneven(table: ShownTable) -> bool:
    """Whether its rows are of different numbers of reports, or reports are still undecided."""
    told = [c for c in _cells(table) if c.of]
    return len({c.of for c in told}) > 1 or any(c.undecided not in ("", "0") for c in told)


def _any_percent(table: ShownTable) -> bool:
    return any(c.percent or c.of for c in _cells(table))


def _cells(table: ShownTable) -> Iterator[ShownCell]:
    for row in table.rows:
        yield from row.cells


def _rows(table: ShownTable) -> Iterator[LaidRow]:
    width = len(_columns(table))
    for row in table.rows:
        if row.kind is RowKind.GROUP or not row.cells:
            yield LaidRow(row.label, ("",) * width, heading=True)
        else:
            yield LaidRow(row.label, _printed(table, row, width), total=is_sum(row), within=row.within)


def is_sum(row: ShownRow) -> bool:
    """Whether a row sums up others: a total, or a region above its places."""
    return row.kind in (RowKind.TOTAL, RowKind.ANY_OF)


def _printed(table: ShownTable, row: ShownRow, width: int) -> tuple[str, ...]:
    if plain(table):
        cell = row.cells[0]
        return (counted(cell), cell.percent, cell.of, cell.undecided)[:width]
    told = [bool(_one_number(table, n)) for n in range(len(table.columns))]
    return tuple(together(c, with_of=not of) for c, of in zip(row.cells, told, strict=True))


def counted(cell: ShownCell) -> str:
    """The count of a cell, or that it is withheld."""
    return cell.n or (WITHHELD if cell.withheld else "")


def together(cell: ShownCell, *, with_of: bool = False) -> str:
    """The count and the percentage of a cell in one, as "60 (46.5)", or "60 of 129 (46.5)"."""
    count = f"{counted(cell)} of {cell.of}" if with_of and cell.of else counted(cell)
    return f"{count} ({cell.percent})" if cell.percent else count


def _withheld(table: ShownTable) -> Iterator[str]:
    ways = sorted({c.withheld for c in _cells(table) if c.withheld})
    told = any(way in note for note in table.notes for way in ("withheld", "rounded", "suppressed"))
    if ways and not told:
        yield f"Cells are protected so that no single group can be told: {', '.join(ways)}."
