"""Synthesis tables as rows for programs. What counts is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.web.findings_sight import sight_of
from ctg_nlp.web.v1_parts import Part, Row

if TYPE_CHECKING:
    from ctg_nlp.synthesis.breakdown import CrossTable
    from ctg_nlp.synthesis.tables import Row as Counted
    from ctg_nlp.synthesis.tables import SynthesisTable


def table_rows(desk: Desk, table: str, by: str, stage: str) -> Part:
    """All cells of one table (by its number or dimension) or of all tables of a stage, perhaps broken down.

    Raises `CtgError` for names that nothing has and for free answers, and `NotYours` while the person
    codes any report blind.
    """
    from ctg_nlp.dataset import dataset
    from ctg_nlp.tabulation import Tabulation

    with desk.store.reading() as db:
        sight_of(desk, db)
    found = Tabulation(desk.framework, dataset(desk.store, desk.framework))
    dimensions = (found.dimension(table),) if table else found.tabulated(stage)
    free = next((d.id for d in dimensions if not d.tabulated), None)
    if free is not None:
        raise CtgError(
            f"There is no table of {free}: no two answers need be alike. Read them in /api/v1/coded."
        )
    rows: list[Row] = []
    for d in dimensions:
        rows += _crossed(d.table, found.cross(d, by)) if by else _plain(found.table(d))
    return Part(tuple(rows), None)


def _plain(table: SynthesisTable) -> Iterator[Row]:
    for row in table.rows:
        if row.kind != "group":  # a heading
            where = (table.number, table.dimension, "", "", row.id, str(row.kind), row.label)
            yield (*where, *_figures(row, str(table.denominator)))


def _crossed(number: int | None, table: CrossTable) -> Iterator[Row]:
    for row in table.rows:
        for part, cell in zip(table.parts, row.cells, strict=False):  # a heading has none
            where = (number, table.dimension, table.by, part.id, row.id, str(row.kind), row.label)
            yield (*where, *_figures(cell, str(table.denominator)))


def _figures(row: Counted, of: str) -> Row:
    said = of if row.denominator is not None else ""
    return row.n, row.percent, row.denominator, said, row.undecided, row.conflicts
