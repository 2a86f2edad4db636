"""What is behind the numbers of a report: which reports, what was said on them, with which evidence.

Composition of `synthesis` and `store`. The reports behind a number are those that are present in its column
and in its part: the same columns that were counted. What was said on them is read by the framework of the
report, as those columns were. Reports that somebody still codes blind are not among them, only their number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from ctg_nlp.clippings import Clippings, clippings
from ctg_nlp.dataset import COHORT
from ctg_nlp.export.drilldown import Behind, NumberKey, Opened, Quoted, Said, Source
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.history import rules_since
from ctg_nlp.records import Answer, CodeState, Decision, QuotedEvidence, Span
from ctg_nlp.review.carrying import carried
from ctg_nlp.settings import Home
from ctg_nlp.store import agreement as agreement_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind, RowSpec
from ctg_nlp.synthesis.shown import ShownTable

_AT_A_TIME = 200  # decisions, or reports with all of theirs, that are asked for together
Question = tuple[str, str | None]
"""A dimension with a code of it, or with None for its value."""


@dataclass(frozen=True, slots=True)
class CountedColumn:
    """A column of a table: its reports, and the question by which they are together, if one is."""

    label: str
    mask: Mask
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class CountedTable:
    """A shown table with the dimension that its rows are of, and its columns."""

    table: ShownTable
    dimension: Dimension
    columns: tuple[CountedColumn, ...]


def behind(
    store: Store, home: Home, columns: Columns, tables: Sequence[CountedTable], pictures: int
) -> Behind:
    """What is behind each number of these tables, with pictures of places up to so many bytes."""
    ids = [r.report_id for r in columns.reports]
    with store.reading() as db:
        still_blind = independence_store.still_blind(db)
    blind = frozenset(n for n, report_id in enumerate(ids) if report_id in still_blind)
    raw = [(key, number) for t in tables for key, number in numbers_of(columns, t)]
    questions = tuple(dict.fromkeys(q for _, (_, _, qs) in raw for q in qs))
    place = {q: n for n, q in enumerate(questions)}
    opened = {key: _opened(number, place, blind) for key, number in raw}
    asked = {(r, q) for o in opened.values() for r in o.reports for q in o.questions}
    said = _said(store, columns, place, asked)
    wanted: dict[str, list[Span]] = {}
    for (r, _), decisions in said.items():
        wanted.setdefault(ids[r], []).extend(s for d in decisions for e in d.evidence for s in e.spans)
    ordered = {i: wanted[i] for i in ids if i in wanted}
    clipped = clippings(store, home, ordered, pictures)
    quotes = _Quotes(clipped)
    answers = {key: tuple(quotes.said(d) for d in found) for key, found in said.items()}
    labels = tuple(_label(home.framework, q) for q in questions)
    sources = _sources(store, columns, clipped.unseen, blind)
    return Behind(sources, labels, answers, tuple(quotes.found), opened, clipped.clips)


Number = tuple[str, tuple[int, ...], tuple[Question, ...]]


def numbers_of(columns: Columns, counted: CountedTable) -> Iterator[tuple[NumberKey, Number]]:
    """Each number of a table with its title, the places of its reports, and what they were asked."""
    specs = {(s.kind, s.id): s for s in columns.specs(counted.dimension)}
    for i, row in enumerate(counted.table.rows):
        if row.kind is RowKind.GROUP:
            continue
        spec = specs[row.kind, row.id]
        present = columns.row(counted.dimension, spec) == CodeState.PRESENT
        questions = questions_of(counted.dimension, spec)
        for k, part in enumerate(counted.columns):
            reports = tuple(int(n) for n in np.flatnonzero(present & part.mask))
            asked = questions + ((part.question,) if part.question else ())
            title = f"{row.label} — {part.label}" if part.label else row.label
            yield (counted.table.id, i, k), (f"{counted.table.caption}: {title}", reports, asked)


def questions_of(dimension: Dimension, spec: RowSpec) -> tuple[Question, ...]:
    """What a row counts the answers to."""
    if not dimension.coded:
        return ((dimension.id, None),)
    return tuple((dimension.id, code) for code in (spec.codes or (spec.id,)))


def _opened(number: Number, place: Mapping[Question, int], blind: Collection[int]) -> Opened:
    title, reports, questions = number
    told = tuple(r for r in reports if r not in blind)
    return Opened(title, told, tuple(place[q] for q in questions), len(reports) - len(told))


def _label(framework: Framework, question: Question) -> str:
    dimension = framework.dimension(question[0])
    assert dimension is not None
    code = dimension.code(question[1]) if question[1] is not None else None
    return f"{dimension.title}: {code.label}" if code else dimension.title


Words = dict[tuple[int, int], dict[tuple[str, str], int]]
"""For a report and a question, by their places, the number of the last decision of each person, by role and
name."""


def _said(
    store: Store, columns: Columns, number: Mapping[Question, int], asked: set[tuple[int, int]]
) -> dict[tuple[int, int], tuple[Decision, ...]]:
    """The last decision of each person on what was asked, as the framework of the columns reads it."""
    with store.reading() as db:
        words, older = _last_words(db, columns, number, asked)
        known = _decisions(db, [n for by in words.values() for n in by.values()])
        said = {key: tuple(known[n] for n in by.values()) for key, by in words.items()}
        said |= _carried(db, columns, number, asked, older)
    return {key: said[key] for key in sorted(said)}


def _last_words(
    db: Connection, columns: Columns, number: Mapping[Question, int], asked: Collection[tuple[int, int]]
) -> tuple[Words, list[int]]:
    """What was said last, read without its quotes: most decisions are on codes that a report has not, and ask
    for nothing more. Beside it the reports with decisions made under another version of the framework."""
    place = {columns.reports[r].report_id: r for r in {r for r, _ in asked}}
    words: Words = {}
    older = []
    for rows in agreement_store.by_report(db):
        report = place.get(rows[0].report_id, -1)
        if any(rules_since(columns.framework, i) is not None for i in {d.framework_id for d in rows}):
            older += [report] if report >= 0 else []
            continue
        for d in sorted(rows, key=lambda row: row.sequence):
            key = report, number.get((d.dimension, d.code), -1)
            if key in asked and d.role != "trainee":
                words.setdefault(key, {})[d.role, d.coder] = d.sequence
    return words, older


def _decisions(db: Connection, numbers: Sequence[int]) -> dict[int, Decision]:
    parts = (numbers[start : start + _AT_A_TIME] for start in range(0, len(numbers), _AT_A_TIME))
    return {d.sequence: d for part in parts for d in decision_store.numbered(db, part)}


def _carried(
    db: Connection,
    columns: Columns,
    number: Mapping[Question, int],
    asked: Collection[tuple[int, int]],
    reports: Sequence[int],
) -> dict[tuple[int, int], tuple[Decision, ...]]:
    """What was said last on some reports, with what was decided under other versions of the framework."""
    last: dict[tuple[int, int], dict[tuple[str, str], Decision]] = {}
    for start in range(0, len(reports), _AT_A_TIME):
        place = {columns.reports[r].report_id: r for r in reports[start : start + _AT_A_TIME]}
        given = decision_store.decisions(db, place)
        for d in carried(given, columns.framework, each_coder=True):
            key = place[d.report_id], number.get((d.dimension, d.code), -1)
            if key in asked and d.role != "trainee":
                last.setdefault(key, {})[d.role, d.coder] = d
    return {key: tuple(by.values()) for key, by in last.items()}


def _sources(
    store: Store, columns: Columns, unseen: Mapping[str, str], blind: Collection[int]
) -> tuple[Source, ...]:
    """All reports that are counted; those still coded blind keep their place and nothing else."""
    with store.reading() as db:
        stored = {r.report_id: r for r in report_store.named(db, withdrawn=True)}
    return tuple(
        Source("", "", "")
        if n in blind
        else Source(
            stored[r.report_id].name,
            r.group_id,
            ", ".join(r.values_of(COHORT)),
            unseen.get(r.report_id, ""),
        )
        for n, r in enumerate(columns.reports)
    )


class _Quotes:
    """Quotes with their places, each kept once."""

    def __init__(self, clipped: Clippings) -> None:
        self._clipped = clipped
        self._places: dict[tuple[str, QuotedEvidence], int] = {}
        self.found: list[Quoted] = []

    def said(self, d: Decision) -> Said:
        """A decision as it is shown."""
        answer = str(d.answer) if d.answer is not Answer.VALUE else _value(d)
        return Said(d.coder, d.role, answer, d.note, tuple(self._quote(d.report_id, e) for e in d.evidence))

    def _quote(self, report_id: str, e: QuotedEvidence) -> int:
        if (report_id, e) not in self._places:
            self._places[report_id, e] = len(self.found)
            known = self._clipped.places
            spots = dict.fromkeys((report_id, s) for s in e.spans)
            self.found.append(Quoted(e.quote, tuple(known[s] for s in spots if s in known)))
        return self._places[report_id, e]


def _value(d: Decision) -> str:
    return "cannot be told" if d.value is None else str(d.value)
