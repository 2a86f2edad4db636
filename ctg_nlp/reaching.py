"""What of the queue is reached, for each row of the tables: from the store, and recorded when a model is
replaced. Composition."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ctg_nlp.dataset import dataset
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.queue_orders import ModelOrders, model_orders
from ctg_nlp.raters import without_silences
from ctg_nlp.records import CodeState, Dataset, VerdictKind
from ctg_nlp.settings import Home
from ctg_nlp.store import cutoffs as cutoff_store
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.cutoffs import RecordedCutOff
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.cues import CueRater
from ctg_nlp.synthesis.cells import Columns, Mask, RowKind, RowSpec
from ctg_nlp.synthesis.provisional import RowFacts
from ctg_nlp.synthesis.provisional_tables import NONE, estimated, none_of
from ctg_nlp.synthesis.reached import CutOff, Episode, Frame, RowStates, cut_off, reached

NOTHING_REACHED = "No queue was worked from its top, so that only the audit sample tells."
_CONVERTED = "Converted from a Word file; pages and boxes are those of the PDF made from it."


@dataclass(frozen=True)
class Basis:
    """All that estimates are made of. `models` are those that proposed, oldest first, the last one still."""

    framework: Framework
    dataset: Dataset
    frame: Frame
    unsure: frozenset[tuple[str, str, str]]
    recorded: tuple[RecordedCutOff, ...]
    models: tuple[ModelOrders, ...]
    now: str  # the model that proposes now; empty: none does

    @cached_property
    def columns(self) -> Columns:
        """The states of all rows."""
        return Columns(self.framework, self.dataset)

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each report by its id."""
        return {r.report_id: i for i, r in enumerate(self.dataset.reports)}

    @cached_property
    def sorted_ids(self) -> list[str]:
        """The ids of the reports, sorted: among reports with the same key the queue goes by them."""
        return sorted(self.places)

    def model(self, model_id: str) -> ModelOrders | None:
        """What a model says, or None."""
        return next((m for m in self.models if m.model_id == model_id), None)


def basis(store: Store, home: Home) -> Basis:
    """What estimates are made of, as the store is now."""
    framework = home.framework
    data = dataset(store, framework)
    places = {r.report_id: i for i, r in enumerate(data.reports)}
    with store.reading() as db:
        recorded = cutoff_store.cut_offs(db, framework.framework_id)
        now = suggestion_store.last_model(db, framework.framework_id) or ""
        unsure = frozenset(cutoff_store.unsure_codes(db, [d.id for d in estimated(framework)]))
    frame = _frame(store, data, places)
    cues = CueRater(framework).rater_id
    names = tuple(dict.fromkeys((cues, *(c.model_id for c in recorded), now)))
    models = tuple(model_orders(store, home, name, places) for name in names if name)
    return Basis(framework, data, frame, unsure, recorded, models, now)


def _frame(store: Store, data: Dataset, places: dict[str, int]) -> Frame:
    size = len(data.reports)
    draw, position, tie = (np.zeros(size, np.int64) for _ in range(3))
    with store.reading() as db:
        units = independence_store.audit_units(db)
        reports = report_store.reports(db)
    for unit in units:
        place = places.get(unit.report_id)
        if place is not None:
            draw[place], position[place] = unit.draw, unit.position
    for i, report_id in enumerate(sorted(places)):
        tie[places[report_id]] = i
    poorly = np.zeros(size, bool)
    for r in reports:
        if r.report_id in places:
            poorly[places[r.report_id]] = _read_poorly(r.warnings, r.verdict)
    return Frame(draw, position, poorly, tie)


def _read_poorly(warnings: str, verdict: VerdictKind) -> bool:
    """Whether something of a report could not be read, or only from a picture of the page."""
    said = without_silences(warnings).replace(_CONVERTED, "").strip()
    return bool(said) or verdict in (VerdictKind.REFUSED, VerdictKind.FAILED)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table with its codes and its states."""

    dimension: Dimension
    spec: RowSpec
    codes: tuple[str, ...]
    states: RowStates


def _rows(found: Basis, dimension: Dimension) -> Iterator[_Row]:
    specs = [s for s in found.columns.specs(dimension) if s.kind in (RowKind.CODE, RowKind.ANY_OF)]
    single = {s.id: _unsure(found, dimension, (s.id,)) for s in specs if s.kind is RowKind.CODE}
    closed = np.ones(len(found.dataset.reports), bool)
    for spec in specs:
        if spec.kind is RowKind.CODE:
            closed &= (found.columns.row(dimension, spec) != CodeState.UNDECIDED) | single[spec.id]
    for spec in specs:
        codes = spec.codes or (spec.id,)
        states = found.columns.row(dimension, spec)
        unsure = np.logical_or.reduce([single[c] for c in codes])
        yield _Row(
            dimension, spec, codes, RowStates(states, unsure & (states == CodeState.UNDECIDED), closed)
        )


def _unsure(found: Basis, dimension: Dimension, codes: Sequence[str]) -> Mask:
    mask = np.zeros(len(found.dataset.reports), bool)
    for report, d, code in found.unsure:
        if d == dimension.id and code in codes and report in found.places:
            mask[found.places[report]] = True
    return mask


def rows_of(found: Basis, dimension: Dimension) -> list[RowFacts]:
    """The rows of a dimension with what is reached in each; of a single choice one more for reports that have
    none of its codes, where there are any."""
    rows = list(_rows(found, dimension))
    facts = [_facts(found, row) for row in rows]
    if dimension.kind == "single":
        none = none_of([r.states for r in rows if r.spec.kind is RowKind.CODE])
        if (none.states == CodeState.PRESENT).any():
            everyone = tuple(c.id for c in dimension.codes)
            spec = RowSpec(RowKind.CODE, "", NONE.capitalize())
            facts.append(_facts(found, _Row(dimension, spec, everyone, none)))
    return facts


def _facts(found: Basis, row: _Row) -> RowFacts:
    there = reached(found.frame, row.states, _episodes(found, row))
    suggested = next(
        (
            mask
            for m in reversed(found.models)
            if (mask := m.suggested(row.dimension.id, row.codes, ~there)) is not None
        ),
        None,
    )
    why = "" if there.any() else _why_nothing(found)
    return RowFacts(row.dimension.id, row.spec.id, row.spec.label, row.states, there, suggested, why)


def _why_nothing(found: Basis) -> str:
    current = found.model(found.now)
    return (current.unusable if current else "") or NOTHING_REACHED


def _episodes(found: Basis, row: _Row) -> list[Episode]:
    """The times in which each model proposed, oldest first."""
    episodes = []
    for c in found.recorded:
        model = found.model(c.model_id)
        if model is not None and (c.dimension, c.code) == (row.dimension.id, row.spec.id):
            tie = bisect_right(found.sorted_ids, c.report_id) - 1
            orders = model.orders(row.dimension.id, row.codes)
            episodes.append(Episode(orders, True, CutOff(c.worked, c.score, tie)))
    current = found.model(found.now)
    if current is not None:
        episodes.append(Episode(current.orders(row.dimension.id, row.codes)))
    return episodes


def record_cut_offs(store: Store, home: Home, *, now: str, who: str) -> int:
    """Record how far the queues of the model that proposes now were worked, before another takes its place.
    Returns how many rows have a new cut-off; recording twice changes nothing."""
    with store.reading() as db:
        model_id = suggestion_store.last_model(db, home.framework.framework_id)
    if model_id is None:
        return 0
    found = basis(store, home)
    new = [c for d in estimated(found.framework) for c in _recorded(found, d, now)]
    with store.transaction() as db:
        added = cutoff_store.add_cut_offs(db, new)
        if added:
            append(db, now, who, "cut-offs recorded", model_id, {"rows": added})
    return added


def _recorded(found: Basis, dimension: Dimension, now: str) -> Iterator[RecordedCutOff]:
    for row in _rows(found, dimension):
        *past, current = _episodes(found, row)
        already = reached(found.frame, row.states, past)
        cut = cut_off(found.frame, row.states, current.orders, already)
        if cut is not None:
            yield RecordedCutOff(
                found.now, found.framework.framework_id, dimension.id, row.spec.id, cut.order, cut.key,
                found.sorted_ids[cut.tie], now,
            )  # fmt: skip
