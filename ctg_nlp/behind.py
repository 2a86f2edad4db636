"""What is behind the numbers of a report: which reports, what was said on them, with which evidence.

Composition of `synthesis` and `store`. The reports behind a number are those that are present in its column
and in its part: the same columns that were counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ctg_nlp.clippings import Clippings, clippings
from ctg_nlp.dataset import COHORT
from ctg_nlp.export.drilldown import Behind, Cell, CellKey, Quoted, Said, Source
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Answer, CodeState, Decision, QuotedEvidence, Report, Span
from ctg_nlp.settings import Home
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind, RowSpec
from ctg_nlp.synthesis.shown import ShownTable

BLIND = "Somebody still codes this report blind: what was said on it is shown when they have finished."
Question = tuple[str, str | None]
"""A dimension with a code of it, or with None for its value."""


@dataclass(frozen=True, slots=True)
class Part:
    """A column of a table: its reports, and the question by which they are together, if one is."""

    label: str
    mask: Mask
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A shown table with the dimension that its rows are of, and its columns."""

    table: ShownTable
    dimension: Dimension
    parts: tuple[Part, ...]


def behind(store: Store, home: Home, columns: Columns, tables: Sequence[Counted], pictures: int) -> Behind:
    """What is behind each number of these tables, with pictures of places up to so many bytes."""
    raw = [(key, cell) for t in tables for key, cell in cells_of(columns, t)]
    questions = tuple(dict.fromkeys(q for _, (_, _, qs) in raw for q in qs))
    number = {q: n for n, q in enumerate(questions)}
    cells = {key: Cell(title, reports, tuple(number[q] for q in qs)) for key, (title, reports, qs) in raw}
    asked = {(r, q) for c in cells.values() for r in c.reports for q in c.questions}
    ids = [r.report_id for r in columns.reports]
    said = _said(store, ids, number, asked)
    wanted: dict[str, list[Span]] = {}
    for (r, _), decisions in said.items():
        wanted.setdefault(ids[r], []).extend(s for d in decisions for e in d.evidence for s in e.spans)
    ordered = {i: wanted[i] for i in ids if i in wanted}
    clipped = clippings(store, home, ordered, pictures)
    quotes = _Quotes(clipped)
    answers = {key: tuple(quotes.said(d) for d in found) for key, found in said.items()}
    labels = tuple(_label(home.framework, q) for q in questions)
    sources = _sources(store, columns, clipped.unseen)
    return Behind(sources, labels, answers, tuple(quotes.found), cells, clipped.clips)


RawCell = tuple[str, tuple[int, ...], tuple[Question, ...]]


def cells_of(columns: Columns, counted: Counted) -> Iterator[tuple[CellKey, RawCell]]:
    """Each number of a table with its title, the places of its reports, and what they were asked."""
    specs = {(s.kind, s.id): s for s in columns.specs(counted.dimension)}
    for i, row in enumerate(counted.table.rows):
        if row.kind is RowKind.GROUP:
            continue
        spec = specs[row.kind, row.id]
        present = columns.row(counted.dimension, spec) == CodeState.PRESENT
        questions = questions_of(counted.dimension, spec)
        for k, part in enumerate(counted.parts):
            reports = tuple(int(n) for n in np.flatnonzero(present & part.mask))
            asked = questions + ((part.question,) if part.question else ())
            title = f"{row.label} — {part.label}" if part.label else row.label
            yield (counted.table.id, i, k), (f"{counted.table.caption}: {title}", reports, asked)


def questions_of(dimension: Dimension, spec: RowSpec) -> tuple[Question, ...]:
    """What a row counts the answers to."""
    if not dimension.coded:
        return ((dimension.id, None),)
    return tuple((dimension.id, code) for code in (spec.codes or (spec.id,)))


def _label(framework: Framework, question: Question) -> str:
    dimension = framework.dimension(question[0])
    assert dimension is not None
    code = dimension.code(question[1]) if question[1] is not None else None
    return f"{dimension.title}: {code.label}" if code else dimension.title


def _said(
    store: Store, ids: Sequence[str], number: Mapping[Question, int], asked: set[tuple[int, int]]
) -> dict[tuple[int, int], tuple[Decision, ...]]:
    """The last decision of each person on what was asked, but not on reports that are still coded blind."""
    place = {report_id: n for n, report_id in enumerate(ids)}
    last: dict[tuple[int, int], dict[tuple[str, str], Decision]] = {}
    with store.reading() as db:
        blind = independence_store.still_blind(db)
        for d in decision_store.decisions(db):
            key = place.get(d.report_id, -1), number.get((d.dimension, d.code), -1)
            if key in asked and d.role != "trainee" and d.report_id not in blind:
                last.setdefault(key, {})[d.role, d.coder] = d
    return {key: tuple(last[key].values()) for key in sorted(last)}


def _sources(store: Store, columns: Columns, unseen: Mapping[str, str]) -> tuple[Source, ...]:
    with store.reading() as db:
        blind = independence_store.still_blind(db)
        stored: dict[str, Report] = {r.report_id: r for r in report_store.reports(db)}
    return tuple(
        Source(
            stored[r.report_id].name,
            r.group_id,
            ", ".join(r.values_of(COHORT)),
            BLIND if r.report_id in blind else "",
            unseen.get(r.report_id, ""),
        )
        for r in columns.reports
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
