"""How far an estimated table is from the final one, in percentage points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ctg_nlp.synthesis.tables import Row, SynthesisTable


@dataclass(frozen=True, slots=True)
class Distance:
    """Over the `rows` that have a percentage in both tables: the mean absolute difference in percentage
    points, and the largest."""

    rows: int
    mean: float
    largest: float


def differences(final: SynthesisTable, estimated: SynthesisTable) -> tuple[float, ...]:
    """The absolute differences of the rows, unrounded; rows without a denominator in either are left out."""
    shares = {(r.kind, r.id): share for r in estimated.rows if (share := _share(r)) is not None}
    return tuple(
        abs(share - shares[r.kind, r.id])
        for r in final.rows
        if (share := _share(r)) is not None and (r.kind, r.id) in shares
    )


def _share(row: Row) -> float | None:
    return None if row.n is None or not row.denominator else 100 * row.n / row.denominator


def distance(final: SynthesisTable, estimated: SynthesisTable) -> Distance | None:
    """How far the estimated table is from the final one; None where no row can be compared."""
    return summed_up(differences(final, estimated))


def summed_up(apart: Sequence[float]) -> Distance | None:
    """The distance that some differences come to; None of none."""
    return Distance(len(apart), sum(apart) / len(apart), max(apart)) if apart else None


def overall(tables: Iterable[tuple[SynthesisTable, SynthesisTable]]) -> Distance | None:
    """The distance over the rows of all pairs (final, estimated) together."""
    return summed_up([d for final, estimated in tables for d in differences(final, estimated)])
