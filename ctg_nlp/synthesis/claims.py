"""Whether what a text claims is so: each claim beside the cells that it is about.

Claims are judged by tables as they are shown, so that no claim can tell what a table withholds. Figures are
compared with the table as it is. What is said of shares and ranks is judged at both extremes too: all
undecided reports present, or all absent. Where that would change the answer, it cannot be told yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ctg_nlp.synthesis.quantifiers import QUANTIFIERS, Bounds, Said, numbers_in, quantifiers_in
from ctg_nlp.synthesis.queries import (
    Comparison,
    Free,
    Limit,
    Quantified,
    Query,
    QueryError,
    Ranked,
    Value,
    query_of,
)
from ctg_nlp.synthesis.readings import (
    Figures,
    Reading,
    Span,
    Withheld,
    exactly,
    ranked_rows,
    reading,
    rounded,
)


class Verdict(StrEnum):
    """What is found of a claim. A program may rely on these words."""

    TRUE = "true"
    FALSE = "false"
    UNTOLD = "cannot be told yet"
    WITHHELD = "withheld"
    BROKEN = "cannot be checked"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Tied:
    """A piece of a narrative that is tied to a query, with the heading it stands under and its line."""

    text: str
    query: str
    section: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim with what was found: `cells` are the (table, row, part) it hangs on, `value` what they hold,
    `why` a sentence where it is not simply true."""

    claim: Tied
    verdict: Verdict
    value: str = ""
    cells: tuple[tuple[str, str, str], ...] = ()
    why: str = ""


Findings = Iterator[tuple[Verdict, str]]
"""Verdicts on what one claim says, each with a sentence where it is not true."""


def check(claim: Tied, figures: Figures, words: Mapping[str, Bounds] = QUANTIFIERS) -> Checked:
    """The claim with its verdict. Raises nothing: a query that cannot be read is a verdict too."""
    try:
        query = query_of(claim.query, words)
        if isinstance(query, Free):
            return Checked(claim, Verdict.FREE)
        return _Judge(claim, figures, words).judged(query)
    except QueryError as error:
        return Checked(claim, Verdict.BROKEN, why=str(error))
    except Withheld as found:
        return Checked(claim, Verdict.WITHHELD, value="withheld", why=str(found))


class _Judge:
    """Judges one claim and remembers which cells it looked at."""

    def __init__(self, claim: Tied, figures: Figures, words: Mapping[str, Bounds]) -> None:
        self.claim, self.figures, self.words = claim, figures, words
        self.seen: dict[tuple[str, str, str], None] = {}
        self.values: dict[str, None] = {}

    def judged(self, query: Query) -> Checked:
        findings = list(self._findings(query))
        verdict = _worst(v for v, _ in findings)
        why = " ".join(w for v, w in findings if v is verdict and w)
        return Checked(self.claim, verdict, "; ".join(self.values), tuple(self.seen), why)

    def _findings(self, query: Query) -> Findings:
        if isinstance(query, Ranked):
            yield self._ranked(query)
            yield from self._numbers_of_rank(query)
        elif isinstance(query, Quantified):
            found = self._read(query.value)
            yield _within(found, query.name, query.bounds)
            yield from self._numbers(found, query.value.what)
        elif isinstance(query, Comparison):
            yield from self._compared(query)

    def _compared(self, query: Comparison) -> Findings:
        first = self._read(query.first)
        if not query.steps:
            yield from self._text(first, query.first)
            return
        left, of_left = first, query.first
        limits = []
        for comparison, right in query.steps:
            if isinstance(right, Limit):
                limits.append(right)
                yield _against(left, of_left, comparison, right)
            else:
                other = self._read(right)
                yield _between(left, of_left, comparison, other, right)
                left, of_left = other, right
        yield from self._numbers(first, query.first.what, limits)

    def _text(self, found: Reading, value: Value) -> Findings:
        """A bare value: what the text says must be so."""
        said = [q for q in quantifiers_in(self.claim.text) if q.name != "rank"]
        if not said and not any(numbers_in(self.claim.text)):
            raise QueryError(
                "The text holds no number and no quantifier that is known: give bounds, as > 10% < 50%."
            )
        for q in said:
            yield _within(found, q.name, self.words[q.name])
        yield from self._numbers(found, value.what)

    def _numbers(self, found: Reading, what: str, limits: Sequence[Limit] = ()) -> Findings:
        for number in numbers_in(self.claim.text):
            assert number.value is not None
            meant = any(Fraction(number.value) == x.value and number.percent == x.percent for x in limits)
            if not meant:
                yield _same(number, _meant(number, found, what))

    def _numbers_of_rank(self, query: Ranked) -> Findings:
        for number in numbers_in(self.claim.text):
            if number.value != query.count or number.percent:
                said = (
                    f"“{number.text}” is not the {query.count} of the ranking: tie it by a claim of its own."
                )
                yield Verdict.FALSE, said

    def _read(self, value: Value) -> Reading:
        found = reading(self.figures, value)
        self.values[found.said] = None
        if found.where is not None:
            self.seen[found.where] = None
        return found

    def _ranked(self, query: Ranked) -> tuple[Verdict, str]:
        rows = ranked_rows(self.figures, query)
        self.seen |= {r.where: None for r in rows.values() if r.where}
        missing = [r for r in query.rows if r not in rows]
        if missing:
            raise QueryError(f"{missing[0]} is not among what is ranked: {', '.join(rows)}.")
        for row_id in query.rows:
            self.values[f"{row_id} {rows[row_id].said}"] = None
        named = [rows[r] for r in query.rows]
        rest = [(r, s) for r, s in rows.items() if r not in query.rows]
        return _dominates(query, named, rest) if rest else (Verdict.TRUE, "")


_ORDER = (Verdict.BROKEN, Verdict.WITHHELD, Verdict.FALSE, Verdict.UNTOLD, Verdict.TRUE)


def _worst(verdicts: Iterator[Verdict]) -> Verdict:
    return min(verdicts, key=_ORDER.index, default=Verdict.TRUE)


def _meant(number: Said, found: Reading, what: str) -> Fraction:
    """Which figure a number in the text is to be."""
    of_kind = {
        "n": found.n.now if found.n else None,
        "percent": found.percent.now if found.percent else None,
        "of": found.of,
        "undecided": found.undecided,
    }
    after_of = number.after_of and found.of is not None
    kind = "percent" if number.percent else "of" if after_of else "n"
    if what in of_kind and not after_of and not (number.percent and what == "n"):
        kind = what
    meant = of_kind[kind]
    if meant is None:
        raise QueryError(f"“{number.text}”: there is no such figure of this; it is {found.said}.")
    return meant


def _same(number: Said, figure: Fraction) -> tuple[Verdict, str]:
    assert number.value is not None
    now = rounded(figure, number.decimals)
    if Fraction(number.value) == Fraction(now):
        return Verdict.TRUE, ""
    unit = " per cent" if number.percent else ""
    return Verdict.FALSE, f"The text says {number.text}, it is {now}{unit} now."


def _percent_of(found: Reading) -> Span:
    if found.percent is None:
        raise QueryError(f"This has no percentage; it is {found.said}.")
    return found.percent


def _verdict(sure: bool, possible: bool, why: str) -> tuple[Verdict, str]:
    """`sure`: it holds at both extremes; `possible`: it may hold at one."""
    if sure:
        return Verdict.TRUE, ""
    return (Verdict.UNTOLD, f"Undecided reports could tip it: {why}") if possible else (Verdict.FALSE, why)


def _within(found: Reading, name: str, bounds: Bounds) -> tuple[Verdict, str]:
    share = _percent_of(found)

    def inside(x: Fraction) -> bool:
        above = x > bounds.low if bounds.open_low else x >= bounds.low
        return above and (x < bounds.high if bounds.open_high else x <= bounds.high)

    sure = inside(share.low) and inside(share.now) and inside(share.high)
    touches = share.low <= bounds.high and share.high >= bounds.low
    possible = touches and share.low != share.high or inside(share.now)
    return _verdict(sure, possible, f"“{name}” is {bounds}; it is {rounded(share.now, 1)} per cent now.")


def _spans(found: Reading, value: Value, percent: bool) -> Span:
    """The figure of a value that is compared: its percentage where that is asked for, else its count."""
    if percent:
        return _percent_of(found)
    if value.what in ("of", "undecided"):
        return exactly((found.of if value.what == "of" else found.undecided) or Fraction(0))
    assert found.n is not None
    return found.n


def _against(left: Reading, value: Value, comparison: str, limit: Limit) -> tuple[Verdict, str]:
    percent = limit.percent or value.what == "percent"
    span = _spans(left, value, percent)
    if comparison == "=":
        return _same_limit(span, limit)
    bound = exactly(limit.value)
    now = rounded(span.now, max(1, limit.decimals) if percent else limit.decimals)
    return _verdict(*_compare(span, comparison, bound), f"It is {now}{' per cent' if percent else ''} now.")


def _same_limit(span: Span, limit: Limit) -> tuple[Verdict, str]:
    now = rounded(span.now, limit.decimals)
    if Fraction(now) == limit.value:
        return Verdict.TRUE, ""
    return Verdict.FALSE, f"It is {now}{' per cent' if limit.percent else ''} now."


def _between(
    left: Reading, of_left: Value, comparison: str, right: Reading, of_right: Value
) -> tuple[Verdict, str]:
    """Two values beside each other: rows by their percentages, unless a count of both is asked for."""
    percent = {of_left.what, of_right.what} <= {"cell", "percent"}
    a, b = _spans(left, of_left, percent), _spans(right, of_right, percent)
    why = f"{left.said} beside {right.said}."
    if comparison == "=":
        return (Verdict.TRUE, "") if a.now == b.now else (Verdict.FALSE, why)
    return _verdict(*_compare(a, comparison, b), why)


def _compare(a: Span, comparison: str, b: Span) -> tuple[bool, bool]:
    """Whether it holds surely, and whether it may hold."""
    if comparison in ("<", "<="):
        return _compare(b, ">" if comparison == "<" else ">=", a)
    if comparison == ">":
        return a.low > b.high, a.high > b.low
    return a.low >= b.high, a.high >= b.low


def _dominates(query: Ranked, named: list[Reading], rest: list[tuple[str, Reading]]) -> tuple[Verdict, str]:
    """Whether all named rows come before all others."""
    inside = [r.n for r in named if r.n]
    outside = [(name, r.n) for name, r in rest if r.n]
    if query.bottom:
        sure = max(s.high for s in inside) < min(s.low for _, s in outside)
        possible = max(s.low for s in inside) < min(s.high for _, s in outside)
        name, rival = min(outside, key=lambda item: item[1].now)
    else:
        sure = min(s.low for s in inside) > max(s.high for _, s in outside)
        possible = min(s.high for s in inside) > max(s.low for _, s in outside)
        name, rival = max(outside, key=lambda item: item[1].now)
    return _verdict(sure, possible, f"{name} has {rival.now}.")
