"""What a dataset tells of the selection for the second stage: the sample, and decisions by filter.

Composition of `store` and `export`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from ctg_nlp.dataset_rows import Coding, Row, Whose
from ctg_nlp.disguise import Disguise
from ctg_nlp.export.filter_plan import FILTER_DECISIONS, FILTERS, Sample
from ctg_nlp.export.variables import Frame, in_utc
from ctg_nlp.filter_rows import Sieve
from ctg_nlp.records import Dataset, FilterDecision, Selection
from ctg_nlp.store import selection as selection_store

RELEASE_HAS_NONE = (
    "A release keeps its sample and not the filter decisions that led to it; those are in a dataset of now."
)


def sample_of(db: Connection, data: Dataset, until: str, disguise: Disguise | None) -> Sample | None:
    """The sample that in-depth dimensions of a dataset are asked of, None where none was frozen.

    `until`: the time up to which it was frozen, empty for the one that is in use now. Its name is a text like
    any other: under a disguise it is given as those are.
    """
    if data.sample is None:
        return None
    found = _then(db, data.sample, until) if until else selection_store.in_use(db)
    counted = sum(r.report_id in data.sample for r in data.reports)
    if found is None:
        return Sample("", "", len(data.sample), counted)
    name = disguise.text(found.name) if disguise else found.name
    return Sample(name, in_utc(found.frozen_at)[:10], len(data.sample), counted)


def _then(db: Connection, members: frozenset[str], until: str) -> Selection | None:
    """The selection of these reports that was frozen last before a time."""
    frozen = (x for x in selection_store.selections(db) if x.frozen_at <= until)
    return max((x for x in frozen if set(x.reports) == members), key=lambda x: x.frozen_at, default=None)


@dataclass(frozen=True, slots=True)
class Filtering:
    """The tables of filters, of reports some at a time. `now`: what is there now is told; a release keeps no
    filter decisions."""

    db: Connection
    coding: Coding
    disguise: Disguise | None
    now: bool

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The tables; none where the framework has no filters and nobody decided by any."""
        wanted = self.coding.framework.filters or selection_store.deciders(self.db)
        return (FILTERS, FILTER_DECISIONS) if self.now and wanted else ()

    def tables(self, some: Sequence[Whose]) -> dict[str, list[Row]]:
        """The rows of the tables on some reports."""
        said = self._said(some)
        sieve = Sieve(self.coding)
        found: dict[str, list[Row]] = {f.name: [] for f in (FILTERS, FILTER_DECISIONS)}
        for whose in some:
            mine = said.get(whose.report_id, ())
            found[FILTERS.name] += sieve.filter_rows(whose, mine)
            found[FILTER_DECISIONS.name] += sieve.decision_rows(whose, mine)
        return found

    def _said(self, some: Sequence[Whose]) -> dict[str, list[FilterDecision]]:
        said: dict[str, list[FilterDecision]] = {}
        for d in selection_store.filter_decisions(self.db, [w.report_id for w in some]):
            said.setdefault(d.report_id, []).append(d)
        if self.disguise is None:
            return said
        known = (w.report_id for w in some if w.report_id in said)
        return {of: [self.disguise.filter_decision(d) for d in said[of]] for of in known}
