"""The one rule by which percentages are rounded."""

from __future__ import annotations

from decimal import Decimal


def percent(n: int, denominator: int) -> Decimal | None:
    """The percentage that n is of the denominator, with one decimal, halves rounded up; None of nothing.

    Computed from the integers alone, so that 1 of 8 is 12.5 and 1 of 16 is 6.3 on every machine.
    """
    if denominator <= 0:
        return None
    tenths = (2000 * n + denominator) // (2 * denominator)
    return Decimal(tenths) / 10


def percent_text(n: int, denominator: int) -> str:
    """The percentage as printed ("12.5"), or an empty text of nothing."""
    value = percent(n, denominator)
    return "" if value is None else f"{value:.1f}"
