"""Figures of agreement as people read them: in the terminal, in the statement and on the page alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.synthesis.percent import percent_text

if TYPE_CHECKING:  # what computes loads numpy, and words need it not
    from ctg_nlp.review.agreement import CodeAgreement, DimensionAgreement, PairFigures, Shares, Table
    from ctg_nlp.review.coefficients import Distance
    from ctg_nlp.review.drift import Drift
    from ctg_nlp.review.estimate import Estimate

RELY, TENTATIVE = 0.8, 0.667
READING = (
    "How to read alpha: Krippendorff (2004, p. 241) advises to rely only on variables with an alpha of at "
    "least .800, and to draw no more than tentative conclusions where it lies between .667 and .800. These "
    "are customs, not a verdict on a code: read the interval, the prevalence and the disagreements as well."
)
MEASURES: dict[Distance, str] = {
    "MASI": "sets of codes, MASI",
    "interval": "numbers, interval",
    "nominal": "texts, the same or not",
}


def figure(e: Estimate) -> str:
    """A coefficient with its interval, as "0.83 [0.70, 0.92]"; a dash where there is none."""
    if e.value is None:
        return "–"
    if e.low is None or e.high is None:
        return _two(e.value)
    return f"{_two(e.value)} [{_two(e.low)}, {_two(e.high)}]"


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00")


def two(value: float | None) -> str:
    """A share with two decimals; a dash where there is none."""
    return "–" if value is None else _two(value)


def standing(e: Estimate) -> str:
    """Where a value stands to the customary thresholds, in words; nothing where there is no value."""
    if e.value is None:
        return ""
    words = _band(e.value)
    if e.low is not None and _band(e.low) != words:
        words += f"; its interval reaches {_band(e.low)}"
    return words


def _band(value: float) -> str:
    return "at least .800" if value >= RELY else ".667 to .800" if value >= TENTATIVE else "below .667"


def remark(e: Estimate) -> str:
    """What is to be known of a coefficient: why there is none or no interval, how often it was undefined."""
    if e.why:
        return e.why
    if e.undefined:
        return f"undefined in {100 * e.undefined:.1f} % of resamples"
    return ""


def remark_of_whole(d: DimensionAgreement) -> str:
    """The remark on a dimension as a whole, with how many answers were that a value cannot be told."""
    left_out = " (left out of alpha)" if d.measure == "interval" else ""
    untold = f"{d.untold} answers that it cannot be told{left_out}" if d.untold else ""
    return "; ".join(x for x in (remark(d.alpha), untold) if x)


def brief(e: Estimate) -> str:
    """The remark in two or three words."""
    return remark(e).split(":")[0]


def agreed(shares: Shares) -> str:
    """The percentage of pairs of answers that agree."""
    return percent_text(shares.both + shares.neither, shares.pairs) or "–"


def prevalence(code: CodeAgreement) -> str:
    """The percentage of answers that are present."""
    return percent_text(code.present, code.answers) or "–"


def same(d: DimensionAgreement) -> str:
    """The percentage of pairs of answers on the whole dimension that are the same."""
    return percent_text(d.same, d.pairs) or "–"


def cells(table: Table) -> str:
    """A two-by-two table in a line: both present, only the first, only the second, neither."""
    return f"{table.both} / {table.first} / {table.second} / {table.neither}"


def only_pair(code: CodeAgreement) -> PairFigures | None:
    """The two coders of a code that no more have answered, or None."""
    return code.pairs[0] if len(code.pairs) == 1 else None


def label_of(framework: Framework, dimension: str, code: str | None) -> str:
    """A code's label, or for a value the dimension's title."""
    found = framework.dimension(dimension)
    if found is None:
        return code or dimension
    chosen = found.code(code or "")
    return chosen.label if chosen else found.title


def answered_at_all(
    framework: Framework, found: Iterable[DimensionAgreement]
) -> list[tuple[Dimension, DimensionAgreement]]:
    """The dimensions in which two coders answered anything."""
    both = ((framework.dimension(d.dimension), d) for d in found)
    return [(d, of) for d, of in both if d is not None and (of.reports or any(c.reports for c in of.codes))]


def blocks_in_words(drift: Drift) -> list[tuple[str, str, str, str]]:
    """Each block: when, how many reports, the percentage that agrees, positive agreement."""
    return [
        (
            (b.since if b.since == b.until else f"{b.since} to {b.until}") if drift.timed else f"part {n}",
            str(b.reports),
            agreed(b.shares),
            two(b.shares.positive),
        )
        for n, b in enumerate(drift.blocks, start=1)
    ]
