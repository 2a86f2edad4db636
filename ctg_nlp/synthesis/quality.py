"""How far a table can be relied on: a statement in sentences, and a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ctg_nlp.synthesis.percent import percent_text
from ctg_nlp.synthesis.tables import SynthesisTable


class Verdict(StrEnum):
    GOOD = "good"
    CAUTION = "publish with caution"
    STOP = "do not publish"


@dataclass(frozen=True, slots=True)
class Bar:
    """What is demanded. Alphas are from 0 to 1 (Krippendorff 2004: .667 for tentative conclusions, .800 for
    others), shares in per cent."""

    least_alpha: float = 0.667
    good_alpha: float = 0.8
    good_response: int = 80
    some_undecided: int = 10
    most_undecided: int = 50


@dataclass(frozen=True, slots=True)
class Agreed:
    """How far coders agree on a dimension: alpha with its interval over `reports`, or `why` there is none.
    `lowest` is the code with the lowest alpha that there is one of."""

    alpha: float | None = None
    low: float | None = None
    high: float | None = None
    reports: int = 0
    why: str = ""
    lowest: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """Of the `expected` groups `responded` have a report that counts (0 of 0 where no register says);
    `unreadable` documents came that could not be read."""

    expected: int
    responded: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class QualityStatement:
    """The verdict on a table and the sentences that say why; `stopping` are those of them for which it must
    not be published."""

    table: str
    verdict: Verdict
    sentences: tuple[str, ...]
    stopping: tuple[str, ...] = ()


Finding = tuple[Verdict, str]


def quality_of(
    table: SynthesisTable, received: Received, agreed: Agreed, bar: Bar, *, counts: bool = True
) -> QualityStatement:
    """The statement on one table. `counts`: whether it may tell how many reports are undecided, of how many;
    else it says the share alone, in steps from which no small number can be told."""
    found = [*_received(received, bar), *_undecided(table, bar, counts), *_agreed(agreed, bar)]
    worst = max((verdict for verdict, _ in found), key=list(Verdict).index)
    stopping = tuple(sentence for verdict, sentence in found if verdict is Verdict.STOP)
    return QualityStatement(table.dimension, worst, tuple(sentence for _, sentence in found), stopping)


def _received(received: Received, bar: Bar) -> Iterator[Finding]:
    if received.expected:
        enough = 100 * received.responded >= bar.good_response * received.expected
        rate = percent_text(received.responded, received.expected)
        said = f"Response: {received.responded} of {received.expected} expected groups ({rate} %)."
        yield (Verdict.GOOD if enough else Verdict.CAUTION), said
    else:
        yield Verdict.CAUTION, "Response: not known, since no register says which groups were expected."
    n = received.unreadable
    documents = "1 document" if n == 1 else f"{n} documents"
    yield Verdict.GOOD, f"{documents} could not be read." if n else "Every document that came could be read."


_STEP = 5


def _undecided(table: SynthesisTable, bar: Bar, counts: bool) -> Iterator[Finding]:
    worst = max((r.undecided or 0 for r in table.rows if r.n is not None), default=0)
    share = percent_text(worst, table.reports)
    if worst >= table.reports:
        yield Verdict.STOP, "Undecided: no report is decided in every row."
        return
    verdict = Verdict.GOOD
    if 100 * worst > bar.some_undecided * table.reports:
        verdict = Verdict.CAUTION
    if 100 * worst > bar.most_undecided * table.reports:
        verdict = Verdict.STOP
    if counts:
        yield verdict, f"Undecided: at most {worst} of {table.reports} reports in a row ({share} %)."
        return
    step = _STEP * -(-100 * worst // (_STEP * table.reports))
    yield verdict, f"Undecided: at most {step} % of reports in a row."


def _agreed(agreed: Agreed, bar: Bar) -> Iterator[Finding]:
    if agreed.alpha is None:
        why = agreed.why or "no report was coded by two independently"
        yield (
            Verdict.CAUTION,
            f"Agreement of coders was not measured ({why}): nobody knows how reliable it is.",
        )
    else:
        yield _alpha(agreed, agreed.alpha, bar)
    if agreed.lowest is not None:
        code, alpha = agreed.lowest
        low = alpha < bar.least_alpha
        yield (Verdict.CAUTION if low else Verdict.GOOD), f"Lowest agreement: {code}, alpha {alpha:.2f}."


def _alpha(agreed: Agreed, alpha: float, bar: Bar) -> Finding:
    interval = "no interval" if agreed.low is None else f"95 % interval {agreed.low:.2f} to {agreed.high:.2f}"
    said = f"Agreement of coders: alpha {alpha:.2f} ({interval}; {agreed.reports} reports)"
    if alpha < bar.least_alpha:
        return Verdict.STOP, f"{said}, below the {bar.least_alpha:.3f} that is demanded."
    if alpha < bar.good_alpha or (agreed.low is not None and agreed.low < bar.least_alpha):
        return Verdict.CAUTION, f"{said}: enough for tentative conclusions only."
    return Verdict.GOOD, f"{said}."
