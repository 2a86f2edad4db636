"""How far coders agree, per code and per dimension, from their independent answers.

The unit is the report. "Unsure" is counted, and missing for the rest; a code that a coder did not decide is
missing too, never absent. Figures come with what is needed to read them: counts, prevalence, positive
agreement (Cicchetti and Feinstein 1990, doi:10.1016/0895-4356(90)90159-M), and an interval by a percentile
bootstrap over reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Answer, Answered
from ctg_nlp.review.coefficients import Distance, Label, Unit
from ctg_nlp.review.estimate import (
    Estimate,
    Method,
    alpha_of_whole,
    alpha_with_interval,
    kappa_with_interval,
    refused,
)

FEW_REPORTS = 20
"""Below so many double-coded reports every figure is told to be rough."""

Said = Mapping[str, Mapping[str, Label]]
"""What each coder said on each report: report id, then coder."""


@dataclass(frozen=True, slots=True)
class Table:
    """Two-by-two: reports of which both said present, only the first, only the second, neither."""

    both: int
    first: int
    second: int
    neither: int

    @property
    def reports(self) -> int:
        """How many reports both answered."""
        return self.both + self.first + self.second + self.neither


@dataclass(frozen=True, slots=True)
class Shares:
    """What pairs of answers come to: both present, different, both absent (pairs of all coders together)."""

    both: int
    different: int
    neither: int

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return self.both + self.different + self.neither

    @property
    def agreement(self) -> float | None:
        """The share of pairs that agree."""
        return _share(self.both + self.neither, self.pairs)

    @property
    def positive(self) -> float | None:
        """Of the answers "present", the share that the other answer shares (2a / (2a + b + c))."""
        return _share(2 * self.both, 2 * self.both + self.different)

    @property
    def negative(self) -> float | None:
        """The same of the answers "absent"."""
        return _share(2 * self.neither, 2 * self.neither + self.different)


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Two coders (or a rater and a coder) on one code."""

    first: str
    second: str
    table: Table
    kappa: Estimate

    @property
    def shares(self) -> Shares:
        """The table without who said what."""
        t = self.table
        return Shares(t.both, t.first + t.second, t.neither)


@dataclass(frozen=True, slots=True)
class CodeAgreement:
    """One code. `reports` are those that two or more coders are sure of, `positives` those of them in which
    anyone said present; `present` of `answers` on them are present. `unsure` counts all such answers."""

    code: str
    coders: int
    reports: int
    answers: int
    present: int
    unsure: int
    positives: int
    shares: Shares
    alpha: Estimate
    pairs: tuple[PairFigures, ...]

    @property
    def prevalence(self) -> float | None:
        """The share of answers that are present."""
        return _share(self.present, self.answers)


@dataclass(frozen=True, slots=True)
class DimensionAgreement:
    """One dimension as a whole. `reports` are those that two or more coders decided completely; of the
    `pairs` of their answers `same` are the same. `measure` is the distance of alpha; `untold` counts answers
    that a number cannot be told, which alpha by intervals leaves out (but not `same`)."""

    dimension: str
    measure: Distance
    coders: int
    reports: int
    pairs: int
    same: int
    unsure: int
    untold: int
    alpha: Estimate
    codes: tuple[CodeAgreement, ...] = ()


def agreement(
    answers: Iterable[Answered], dimensions: Iterable[Dimension], method: Method
) -> tuple[DimensionAgreement, ...]:
    """The figures of each dimension, in order."""
    by_dimension: dict[str, list[Answered]] = {}
    for a in answers:
        by_dimension.setdefault(a.dimension, []).append(a)
    return tuple(of_dimension(by_dimension.get(d.id, ()), d, method) for d in dimensions)


def of_dimension(answers: Sequence[Answered], dimension: Dimension, method: Method) -> DimensionAgreement:
    """The figures of one dimension."""
    said = complete_sets(answers, dimension) if dimension.coded else values(answers)
    shared = {r: by for r, by in said.items() if len(by) > 1}
    pairs = [(by[a], by[b]) for by in shared.values() for a, b in combinations(sorted(by), 2)]
    measure: Distance = "MASI" if dimension.coded else "interval" if dimension.kind == "number" else "nominal"
    units = _units(shared)
    if measure == "interval":
        units = [told for u in units if len(told := tuple(x for x in u if x is not None)) > 1]
    return DimensionAgreement(
        dimension=dimension.id,
        measure=measure,
        coders=len({coder for by in shared.values() for coder in by}),
        reports=len(shared),
        pairs=len(pairs),
        same=sum(a == b for a, b in pairs),
        unsure=sum(a.answer is Answer.UNSURE for a in answers),
        untold=sum(x is None for by in shared.values() for x in by.values()),
        alpha=alpha_of_whole(units, measure, method, dimension.id),
        codes=_codes(answers, dimension, method),
    )


def _codes(answers: Sequence[Answered], dimension: Dimension, method: Method) -> tuple[CodeAgreement, ...]:
    by_code: dict[str | None, list[Answered]] = {}
    for a in answers:
        by_code.setdefault(a.code, []).append(a)
    return tuple(of_code(by_code.get(c.id, ()), c.id, method, dimension.id) for c in dimension.codes)


def of_code(answers: Sequence[Answered], code: str, method: Method, dimension: str = "") -> CodeAgreement:
    """The figures of one code from all answers on it."""
    said = sure(answers)
    shared = {r: by for r, by in said.items() if len(by) > 1}
    coders = sorted({coder for by in shared.values() for coder in by})
    pairs = [pair_of(said, a, b, method, f"{dimension}.{code}") for a, b in combinations(coders, 2)]
    positives = sum(any(by.values()) for by in shared.values())
    units = _units(shared)
    return CodeAgreement(
        code=code,
        coders=len(coders),
        reports=len(shared),
        answers=sum(map(len, shared.values())),
        present=sum(sum(map(bool, by.values())) for by in shared.values()),
        unsure=sum(a.answer is Answer.UNSURE for a in answers),
        positives=positives,
        shares=together(p.shares for p in pairs),
        alpha=refused(units, positives)
        or alpha_with_interval(units, "nominal", method, f"{dimension}.{code}"),
        pairs=tuple(p for p in pairs if p.table.reports),
    )


def pair_of(said: Said, first: str, second: str, method: Method, name: str = "") -> PairFigures:
    """Two coders on one code, over the reports that both are sure of."""
    pairs = [(by[first], by[second]) for by in said.values() if first in by and second in by]
    count = {kind: pairs.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))}
    table = Table(*count.values())
    none = refused(pairs, len(pairs) - table.neither)
    kappa = none or kappa_with_interval(pairs, method, f"{name} {first} {second}")
    return PairFigures(first, second, table, kappa)


def together(parts: Iterable[Shares]) -> Shares:
    """The pairs of several parts in one."""
    found = [(s.both, s.different, s.neither) for s in parts]
    return Shares(*(sum(column) for column in zip(*found, strict=True))) if found else Shares(0, 0, 0)


def sure(answers: Iterable[Answered]) -> dict[str, dict[str, Label]]:
    """Of one code: for each report who said present (True) or absent (False)."""
    found: dict[str, dict[str, Label]] = {}
    for a in answers:
        if a.answer in (Answer.PRESENT, Answer.ABSENT):
            found.setdefault(a.report_id, {})[a.coder] = a.answer is Answer.PRESENT
    return found


def values(answers: Iterable[Answered]) -> dict[str, dict[str, Label]]:
    """Of a number or text dimension: for each report who gave which value; None: it cannot be told."""
    found: dict[str, dict[str, Label]] = {}
    for a in answers:
        if a.answer is Answer.VALUE:
            found.setdefault(a.report_id, {})[a.coder] = a.value
    return found


def complete_sets(answers: Iterable[Answered], dimension: Dimension) -> dict[str, dict[str, Label]]:
    """For each report the set of present codes of each coder who is sure of every code of the dimension."""
    found: dict[tuple[str, str], dict[str | None, Answer]] = {}
    for a in answers:
        found.setdefault((a.report_id, a.coder), {})[a.code] = a.answer
    sets: dict[str, dict[str, Label]] = {}
    for (report_id, coder), by_code in found.items():
        said = [by_code.get(c.id) for c in dimension.codes]
        if all(answer in (Answer.PRESENT, Answer.ABSENT) for answer in said):
            present = frozenset(c.id for c in dimension.codes if by_code[c.id] is Answer.PRESENT)
            sets.setdefault(report_id, {})[coder] = present
    return sets


def coders_of(answers: Iterable[Answered]) -> tuple[str, ...]:
    """Who answered anything, by name."""
    return tuple(sorted({a.coder for a in answers}))


def double_coded(answers: Iterable[Answered], framework: Framework) -> frozenset[str]:
    """The ids of reports in which two or more coders answered the same code or value."""
    known = {(d.id, c.id) for d in framework.dimensions for c in d.codes}
    known_values = {d.id for d in framework.dimensions if not d.coded}
    first: dict[tuple[str, str, str | None], str] = {}
    found = set()
    for a in answers:
        is_known = (a.dimension, a.code) in known or (a.code is None and a.dimension in known_values)
        if is_known and first.setdefault((a.report_id, a.dimension, a.code), a.coder) != a.coder:
            found.add(a.report_id)
    return frozenset(found)


def _units(shared: Said) -> list[Unit]:
    """The answers on each report in an order that does not hang on who gave them."""
    return [tuple(sorted(by.values(), key=_label_order)) for by in shared.values()]


def _label_order(label: Label) -> str:
    return repr(sorted(label) if isinstance(label, frozenset) else label)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
