"""The dataset of tables, as the store is now. Composition of `store` and `status`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, CodedValue, Dataset, Report, SilentGroup
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.status import counted_reports, why_nothing_counts
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import counting as counting_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.counting import Registered
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.local_authority import authority_of
from ctg_nlp.tallies import refresh

COHORT, YEAR = "cohort", "project year"
Pairs = tuple[tuple[str, str], ...]
Values = tuple[CodedValue, ...]


def dataset(store: Store, framework: Framework) -> Dataset:
    """The reports that count with what was decided on them, and the silent groups."""
    refresh(store, framework)
    with store.reading() as db:
        return read_dataset(db, framework)


def read_dataset(db: Connection, framework: Framework) -> Dataset:
    """The same within a transaction, where every report has its coded row already."""
    counted = counted_reports(counting_store.candidates(db))
    groups = {g.group_id: g for g in counting_store.registered(db)}
    rows = coded_store.coded_rows(db, framework.framework_id)
    unanswered = counting_store.of_groups_without(db)
    sample = selection_store.sample(db)
    places, known = _Places(framework), _Known(framework)
    nothing = states_of(framework, ()), values_of(framework, ())
    found = []
    for c in counted:
        states, values = rows.pop(c.report_id, nothing)
        group = groups.get(c.group_id)
        attributes, expected = known.of(group, c.cohort_said), group is not None and group.expected
        found.append(CodedReport(c.report_id, c.group_id, states, places.named(values), attributes, expected))
    silent = _silent(known, groups.values(), {c.group_id for c in counted}, unanswered)
    return Dataset(framework.framework_id, tuple(found), silent, places.regions(), sample)


class _Known:
    """What is known of groups; those of which the same is known share it."""

    def __init__(self, framework: Framework) -> None:
        self._years = {c.id: c.years for c in framework.cohorts}
        self._made: dict[tuple[str, Pairs], Pairs] = {}

    def of(self, group: Registered | None, cohort_said: str = "") -> Pairs:
        """A group's cohort, as the register or the report says, the cohort's project years, and the
        register's further columns."""
        key = (group.cohort if group else "") or cohort_said, group.columns if group else ()
        if key not in self._made:
            self._made[key] = self._pairs(*key)
        return self._made[key]

    def _pairs(self, cohort: str, columns: Pairs) -> Pairs:
        years = tuple((YEAR, y) for y in self._years.get(cohort, ()))
        further = tuple((name, value) for name, value in columns if value)
        return tuple(dict.fromkeys((((COHORT, cohort),) if cohort else ()) + years + further))


def _silent(
    known: _Known, groups: Iterable[Registered], answered: Collection[str], reports: Iterable[Report]
) -> tuple[SilentGroup, ...]:
    silent = [g for g in groups if g.expected and g.group_id not in answered]
    received: dict[str, list[Report]] = {g.group_id: [] for g in silent}
    for r in reports:
        if r.group_id in received:
            received[r.group_id].append(r)
    return tuple(
        SilentGroup(g.group_id, known.of(g), why_nothing_counts(received[g.group_id])) for g in silent
    )


class _Places:
    """Places by one name each, whatever name coders wrote, with the regions of those that were met."""

    def __init__(self, framework: Framework) -> None:
        self._which = {i for i, d in enumerate(framework.valued) if d.fact == "local_authority"}
        self._met: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._made: dict[Values, Values] = {}

    def named(self, values: Values) -> Values:
        """The values of one report with every place by its plain name."""
        if all(values[i].value is None for i in self._which):
            return values
        if values not in self._made:
            named = (self._named(v) if i in self._which else v for i, v in enumerate(values))
            self._made[values] = tuple(named)
        return self._made[values]

    def _named(self, value: CodedValue) -> CodedValue:
        if not isinstance(value.value, str):
            return value
        return CodedValue(value.state, "; ".join(self._plain(p) for p in value.value.split(";") if p.strip()))

    def _plain(self, place: str) -> str:
        if place not in self._names:
            authority = authority_of(place)
            self._names[place] = authority.name if authority else place.strip()
            if authority:
                self._met[authority.name] = authority.region
        return self._names[place]

    def regions(self) -> Pairs:
        """(place, region) of the places met that are known."""
        return tuple(sorted(self._met.items()))
