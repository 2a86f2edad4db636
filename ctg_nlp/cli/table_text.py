"""Tables as text for people."""

from __future__ import annotations

from collections.abc import Iterable

import click

from ctg_nlp.cli.output import print_table
from ctg_nlp.synthesis.shown import ShownCell, ShownRow, ShownTable

_FIGURES = ("No.", "Per cent", "Of", "Undecided", "In conflict")
_COLUMNS_AT_ONCE = 6  # of a breakdown, so that a terminal can show them


def print_shown(tables: Iterable[ShownTable]) -> None:
    """Tables with their notes; a wide breakdown in several parts, one below the other."""
    for table in tables:
        if len(table.columns) == 1:
            _print_figures(table)
        else:
            _print_parts(table)
        for note in table.notes:
            click.echo(note)
        click.echo()


def _print_figures(table: ShownTable) -> None:
    rows = [(_label(r), *(x for c in r.cells for x in _figures(c))) for r in table.rows]
    used = [i for i, _ in enumerate(_FIGURES) if any(len(r) > i + 1 and r[i + 1] for r in rows)]
    columns = ("", *(_FIGURES[i] for i in used))
    kept = [(r[0], *(r[i + 1] for i in used)) if len(r) > 1 else r for r in rows]
    print_table(table.caption, columns, kept, numbers=columns[1:])


def _figures(cell: ShownCell) -> tuple[str, ...]:
    return cell.n or cell.withheld, cell.percent, cell.of, cell.undecided, cell.conflicts


def _label(row: ShownRow) -> str:
    return f"  {row.label}" if row.within else row.label


def _print_parts(table: ShownTable) -> None:
    cells = list(zip(*(r.cells for r in table.rows if r.cells), strict=True))
    of = [_one_denominator(column) for column in cells]
    names = [f"{name}\nof {n}" if n else name for name, n in zip(table.columns, of, strict=True)]
    for start in range(1, len(names), _COLUMNS_AT_ONCE):
        chosen = [0, *range(start, min(start + _COLUMNS_AT_ONCE, len(names)))]
        rows = [(_label(r), *(_in_one(r.cells[i], of[i]) for i in chosen if r.cells)) for r in table.rows]
        columns = _different(("", *(names[i] for i in chosen)))
        print_table(table.caption, columns, rows, numbers=columns[1:])
    said = "A cell is: number (per cent) of its denominator."
    open_ = any(c.undecided not in ("", "0") for column in cells for c in column)
    click.echo(f'{said} "2?": 2 more reports are undecided.' if open_ else said)


def _one_denominator(column: tuple[ShownCell, ...]) -> str:
    """The denominator of all cells of a column, or an empty text where they have several."""
    found = {c.of for c in column}
    return found.pop() if len(found) == 1 else ""


def _in_one(cell: ShownCell, of: str) -> str:
    if not cell.n:
        return cell.withheld
    said = f"{cell.n} ({cell.percent})" if cell.percent else cell.n
    said += f" of {cell.of}" if cell.of and not of else ""
    return f"{said} {cell.undecided}?" if cell.undecided not in ("", "0") else said


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, a later like one with spaces behind it: columns are told apart by name."""
    return tuple(name + " " * names[:i].count(name) for i, name in enumerate(names))
