"""The rows of a dataset's tables, from what was decided on one report after another. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ctg_nlp.export.dataset_plan import NO_CODE
from ctg_nlp.export.variables import Why, in_utc
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.history import called_now
from ctg_nlp.records import CodedReport, CodedValue, CodeState, RecordState
from ctg_nlp.store.coding_rows import DecisionRow

Row = tuple[Any, ...]
Key = tuple[str, str | None]
BETWEEN = " || "
_MARK: dict[int, int | Why] = {
    CodeState.PRESENT: 1,
    CodeState.ABSENT: 0,
    CodeState.UNDECIDED: Why.UNDECIDED,
    CodeState.CONFLICT: Why.CONFLICT,
}
_WORD = {1: "present", 0: "absent"}


@dataclass(frozen=True, slots=True)
class Whose:
    """A report as it is called in the dataset. `coded` is None where it does not enter tables."""

    report_id: str
    called: str
    name: str
    group: str
    coded: CodedReport | None

    @property
    def cells(self) -> tuple[str, str, str]:
        """The first columns of every row of it."""
        return self.called, self.name, self.group


@dataclass(slots=True)
class Coding:
    """What is asked of the rows: the dimensions of the stages wanted, and what a framework's bytes stand for.

    `sample` holds the reports of the second stage, None where all are asked everything.
    """

    framework: Framework
    dimensions: tuple[Dimension, ...]
    attributes: tuple[str, ...]
    sample: frozenset[str] | None = None
    places: dict[Key, int] = field(init=False)
    valued: dict[str, int] = field(init=False)
    stages: dict[str, str] = field(init=False)
    singles: frozenset[str] = field(init=False)
    _now: dict[tuple[str, str, str | None], Key | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {key: i for i, key in enumerate(self.framework.keys)}
        self.valued = {d.id: i for i, d in enumerate(self.framework.valued)}
        self.stages = {d.id: d.stage for d in self.dimensions}
        self.singles = frozenset(d.id for d in self.dimensions if d.kind == "single")

    def asked(self, dimension: Dimension, report_id: str) -> bool:
        """Whether a dimension is asked of a report."""
        return dimension.stage == "map" or self.in_sample(report_id) != 0

    def in_sample(self, report_id: str) -> int | None:
        """1 or 0: whether a report is in the sample; None where none is frozen."""
        return None if self.sample is None else int(report_id in self.sample)

    def key_now(self, row: DecisionRow) -> Key | None:
        """The dimension and code of a decision as they are called now; None where the framework has them no
        more."""
        said = row.framework_id, row.dimension, row.code
        if said not in self._now:
            self._now[said] = self._called(*said)
        return self._now[said]

    def _called(self, framework_id: str, dimension: str, code: str | None) -> Key | None:
        key: Key = dimension, code
        if framework_id != self.framework.framework_id:
            found = called_now(self.framework, dimension, code or "")
            if found is None:
                return None
            key = found[0], found[1] or None
        known = key in self.places if key[1] is not None else key[0] in self.valued
        return key if known else None

    def mark(self, coded: CodedReport, dimension: Dimension, code: str) -> int | Why:
        """1, 0, or why it is neither. What was decided on a report of which it is not asked counts in no
        table, so it does not here."""
        if not self.asked(dimension, coded.report_id):
            return Why.NOT_APPLICABLE
        return _MARK[coded.states[self.places[dimension.id, code]]]

    def value(self, coded: CodedReport, dimension: Dimension) -> int | str | Why:
        """The value, or why there is none."""
        if not self.asked(dimension, coded.report_id):
            return Why.NOT_APPLICABLE
        said: CodedValue = coded.values[self.valued[dimension.id]]
        if said.state is RecordState.DECIDED:
            return Why.NOT_TOLD if said.value is None else _of_kind(dimension, said.value)
        return Why.CONFLICT if said.state is RecordState.CONFLICT else Why.UNDECIDED


def _of_kind(dimension: Dimension, value: int | str) -> int | str | Why:
    """A value as its dimension has it now: an older version of the framework may have had another kind."""
    if dimension.kind == "text":
        return str(value)
    return int(value) if isinstance(value, int) or value.isdecimal() else Why.UNDECIDED


def report_row(coding: Coding, whose: Whose, coded: CodedReport) -> Row:
    """The row of a report in the wide table, in the order of `reports_frame`."""
    known = ("; ".join(coded.values_of(a)) for a in coding.attributes)
    said = (v for d in coding.dimensions for v in _wide(coding, coded, d))
    return (*whose.cells, coding.in_sample(whose.report_id), int(coded.expected), *known, *said)


def _wide(coding: Coding, coded: CodedReport, dimension: Dimension) -> Iterator[Any]:
    if dimension.coded:
        marks = {c.id: coding.mark(coded, dimension, c.id) for c in dimension.codes}
        if dimension.kind == "single":
            yield _choice(marks)
        yield from marks.values()
        return
    value = coding.value(coded, dimension)
    if dimension.kind == "number":
        yield value
    else:
        yield from ("", str(value)) if isinstance(value, Why) else (value, "decided")


def _choice(marks: dict[str, int | Why]) -> str | Why:
    """Which code is present of a single choice, or why that cannot be said."""
    for why in (Why.CONFLICT, Why.NOT_APPLICABLE):
        if why in marks.values():
            return why
    present = [code for code, mark in marks.items() if mark == 1]
    if len(present) == 1:
        return present[0]
    return Why.UNDECIDED if present or Why.UNDECIDED in marks.values() else NO_CODE


@dataclass(slots=True)
class Said:
    """The last words on one code of one report, and what came with them."""

    sure: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    adjudicated: bool = False
    quotes: int = 0
    pages: set[int] = field(default_factory=set)

    def take(self, row: DecisionRow) -> None:
        """Take in a decision that is its coder's last word."""
        if row.role == "trainee":
            return
        (self.unsure if row.answer == "unsure" else self.sure).add(row.coder)
        self.adjudicated |= row.role == "adjudicator" and row.answer != "unsure"
        if row.quotes:
            self.quotes += len(row.quotes)
            self.pages.update(pages_of(row))


_NOTHING = Said()


@dataclass(slots=True)
class Decided:
    """All decisions that stand on one report, oldest first, with what they come to.

    `keys` holds for each decision its dimension and code as they are called now, `latest` the numbers of
    those that are their coder's last word, `resolved` the state, mark and value of each code and value.
    """

    coding: Coding
    whose: Whose
    rows: Sequence[DecisionRow]
    keys: list[Key | None] = field(init=False)
    latest: frozenset[int] = field(init=False)
    resolved: dict[Key, tuple[str, int | Why | None, str]] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [self.coding.key_now(row) for row in self.rows]
        last = {}
        for row, key in zip(self.rows, self.keys, strict=True):
            last[key or (row.framework_id, row.dimension, row.code), row.role, row.coder] = row.sequence
        self.latest = frozenset(last.values())
        coded = self.whose.coded
        self.resolved = dict(resolved(self.coding, coded)) if coded is not None else {}

    def now(self, key: Key | None) -> str:
        """What all decisions on a code come to now, in a word."""
        if key is None:
            return "not in framework"
        return self.resolved[key][0] if self.resolved else "not counted"

    def asked(self) -> Iterator[tuple[DecisionRow, Key | None, str]]:
        """The decisions in the stages that were asked for, each with its key and stage; those on what the
        framework has no more have neither."""
        stages = self.coding.stages
        for row, key in zip(self.rows, self.keys, strict=True):
            if key is None:
                yield row, None, ""
            elif key[0] in stages:
                yield row, key, stages[key[0]]


def resolved(coding: Coding, coded: CodedReport) -> Iterator[tuple[Key, tuple[str, int | Why | None, str]]]:
    """What decisions come to: of each code and value the state, the mark, and the value as text."""
    for d in coding.dimensions:
        for c in d.codes:
            mark = coding.mark(coded, d, c.id)
            yield (d.id, c.id), (str(mark) if isinstance(mark, Why) else _WORD[mark], mark, "")
        if not d.coded:
            value = coding.value(coded, d)
            told = (str(value), "") if isinstance(value, Why) else ("decided", str(value))
            yield (d.id, None), (told[0], None, told[1])


def code_rows(decided: Decided) -> Iterator[Row]:
    """What decisions on a report come to, a row for each code and value."""
    said: dict[Key, Said] = {}
    for row, key in zip(decided.rows, decided.keys, strict=True):
        if key is not None and row.sequence in decided.latest:
            if key not in said:
                said[key] = Said()
            said[key].take(row)
    coding = decided.coding
    whose = (*decided.whose.cells, coding.in_sample(decided.whose.report_id))
    for (dimension, code), (state, mark, value) in decided.resolved.items():
        by = said.get((dimension, code), _NOTHING)
        how = _settled(coding.singles, dimension, state, by)
        counts = len(by.sure), len(by.unsure), by.quotes, joined(by.pages)
        yield (*whose, coding.stages[dimension], dimension, code or "", state, mark, value, how, *counts)


def _settled(singles: frozenset[str], dimension: str, state: str, by: Said) -> str:
    if state in _NOT_SETTLED:
        return "nobody"
    if by.adjudicated:
        return "adjudicator"
    if by.sure:
        return "coders" if len(by.sure) > 1 else "coder"
    return "single choice" if dimension in singles else "carried over"


_NOT_SETTLED = frozenset(map(str, (Why.UNDECIDED, Why.CONFLICT, Why.NOT_APPLICABLE)))


def decision_rows_of(decided: Decided) -> Iterator[Row]:
    """The decisions on one report."""
    counts = int(decided.whose.coded is not None)
    whose = (*decided.whose.cells, counts, decided.coding.in_sample(decided.whose.report_id))
    for row, key, stage in decided.asked():
        now = decided.now(key)
        yield (
            row.sequence, *whose, stage, row.dimension, row.code or "", row.answer,
            "" if row.value is None else str(row.value), now, int(row.sequence in decided.latest),
            row.coder, row.role, in_utc(row.time), *_view(row), row.score, row.threshold, row.reason,
            None if row.seconds is None else round(row.seconds), row.framework_id, row.import_id or "",
            len(row.quotes), joined(pages_of(row)), BETWEEN.join([q for q, _ in row.quotes]), row.note,
        )  # fmt: skip


SHOWN = {None: "not shown", True: "yes", False: "no"}
"""Whether a code was suggested in a coder's view, in words."""


def _view(row: DecisionRow) -> tuple[str, str, str]:
    """What was in view: how, whether the code was suggested there, and by which model."""
    shown = SHOWN[row.suggested]
    if row.model_id is None:
        return ("not known" if row.suggested is None else "assisted"), shown, ""
    return ("assisted" if row.model_id else "blind"), shown, row.model_id


def evidence_rows(decided: Decided) -> Iterator[Row]:
    """The quotes that came with the decisions on one report, a row for each place."""
    for row, _, stage in decided.asked():
        if not row.quotes:
            continue
        head = (row.sequence, *decided.whose.cells, stage, row.dimension, row.code or "")
        for number, (quote, spans) in enumerate(row.quotes, start=1):
            if not spans:
                yield (*head, number, 0, None, None, None, quote)
            for part, (page, start, end) in enumerate(spans, start=1):
                yield (*head, number, part, page, start, end, quote)


_NO_PAGES: frozenset[int] = frozenset()


def pages_of(row: DecisionRow) -> frozenset[int]:
    """The pages on which a decision's quotes were found."""
    if not row.quotes:
        return _NO_PAGES
    return frozenset(page for _, spans in row.quotes for page, _, _ in spans)


def joined(pages: Collection[int]) -> str:
    """Page numbers in order, separated by a semicolon."""
    return "; ".join(map(str, sorted(pages))) if pages else ""
