"""Comparison of rebuilt tables with published ones, and of published percentages with their own counts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path

from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Framework
from ctg_nlp.history import called_now
from ctg_nlp.synthesis.cells import RowKind
from ctg_nlp.synthesis.percent import percent
from ctg_nlp.synthesis.tables import SynthesisTable

_COLUMNS = ("table", "dimension", "code", "label", "n", "percent_as_printed")


class Finding(StrEnum):
    """How a printed percentage stands to the count beside it, at one decimal, halves up."""

    FOLLOWS = "follows from its count"
    TRUNCATED = "truncated, not rounded"
    WRONG = "does not follow from its count"


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """One printed cell: its count and its percentage as printed."""

    table: int
    dimension: str
    code: str
    label: str
    n: int
    printed: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One cell, published and rebuilt. `rebuilt` is None where the tables have no such row."""

    cell: PublishedCell
    computed: str
    finding: Finding
    rebuilt: int | None
    rebuilt_percent: str
    denominator: int | None
    undecided: int | None


@dataclass(frozen=True, slots=True)
class SumCheck:
    """Whether the counts of a single-choice table add up to the number of reports."""

    table: int
    dimension: str
    total: int
    reports: int


def read_published(path: Path) -> tuple[PublishedCell, ...]:
    """The printed cells of a CSV with the columns table, dimension, code, label, n, percent_as_printed.

    Raises `FrameworkError` naming the line that cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if lacking:
                raise FrameworkError(
                    f"{path.name} needs the columns {', '.join(_COLUMNS)}; it lacks {lacking[0]}."
                )
            return tuple(_cell(path.name, number, row) for number, row in enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FrameworkError(f"The published tables {path} cannot be read: {error}.") from error


def _cell(name: str, line: int, row: dict[str, str]) -> PublishedCell:
    try:
        Decimal(row["percent_as_printed"])
        return PublishedCell(
            int(row["table"]),
            row["dimension"],
            row["code"],
            row["label"],
            int(row["n"]),
            row["percent_as_printed"],
        )
    except (ValueError, TypeError, InvalidOperation) as error:
        raise FrameworkError(
            f"{name}, line {line}: table, n and percent_as_printed must be numbers."
        ) from error


def compare(
    published: Sequence[PublishedCell], reports: int, tables: Sequence[SynthesisTable], framework: Framework
) -> tuple[Comparison, ...]:
    """Every published cell beside the rebuilt one, which the history may call otherwise now, with how its
    percentage follows from n of `reports`."""
    rebuilt = {(t.dimension, r.id): r for t in tables for r in t.rows if r.kind is not RowKind.GROUP}
    found = []
    for cell in published:
        key = (cell.dimension, cell.code)
        row = rebuilt.get(key) or rebuilt.get(called_now(framework, *key) or key)
        found.append(
            Comparison(
                cell=cell,
                computed=str(percent(cell.n, reports)),
                finding=finding(cell.n, reports, Decimal(cell.printed)),
                rebuilt=row.n if row else None,
                rebuilt_percent=row.percent if row else "",
                denominator=row.denominator if row else None,
                undecided=row.undecided if row else None,
            )
        )
    return tuple(found)


def finding(n: int, reports: int, printed: Decimal) -> Finding:
    """How a printed percentage stands to n of `reports`. Cut off at its own number of decimals: truncated."""
    if percent(n, reports) == printed:
        return Finding.FOLLOWS
    places = max(0, -int(printed.as_tuple().exponent))
    cut = Decimal(100 * n * 10**places // reports) / 10**places
    return Finding.TRUNCATED if cut == printed else Finding.WRONG


def check_sums(
    published: Sequence[PublishedCell], framework: Framework, reports: int
) -> tuple[SumCheck, ...]:
    """The single-choice and number tables whose printed counts do not add up to the number of reports."""
    found = []
    for dimension in framework.tables():
        if dimension.kind == "multi" or dimension.table is None:
            continue
        counts = [c.n for c in published if c.dimension == dimension.id]
        if counts and sum(counts) != reports:
            found.append(SumCheck(dimension.table, dimension.id, sum(counts), reports))
    return tuple(found)
