"""The dataset of tables, as the store is now. Composition of `store` and `status`."""

from __future__ import annotations

from collections.abc import Iterable

from ctg_nlp.framework import Framework
from ctg_nlp.records import CodedReport, CodedValue, Dataset, Group, Report, SilentGroup
from ctg_nlp.resolved import states_of, values_of
from ctg_nlp.status import counted_reports, why_nothing_counts
from ctg_nlp.store import coded as coded_store
from ctg_nlp.store import decisions as decision_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
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
        reports = report_store.reports(db)
        groups = {g.group_id: g for g in report_store.groups(db)}
        rows = coded_store.coded_rows(db, framework.framework_id)
        decided = decision_store.decided_reports(db)
        sample = selection_store.sample(db)
    counted = counted_reports(reports, decided)
    places = _Places(framework)
    nothing = states_of(framework, ()), values_of(framework, ())
    found = []
    for r in counted:
        states, values = rows.get(r.report_id, nothing)
        group = groups.get(r.group_id or "")
        known = _attributes(framework, group, r.cohort_said)
        expected = group is not None and group.expected
        found.append(
            CodedReport(r.report_id, r.group_id or "", states, places.named(values), known, expected)
        )
    silent = _silent(framework, groups.values(), counted, reports)
    return Dataset(framework.framework_id, tuple(found), silent, places.regions(), sample)


def _attributes(framework: Framework, group: Group | None, cohort_said: str = "") -> Pairs:
    """What is known of a report's group: its cohort, as the register or the report says, the cohort's project
    years, and the register's further columns."""
    cohort = (group.cohort if group else "") or cohort_said
    years = next((c.years for c in framework.cohorts if c.id == cohort), ())
    further = tuple((name, value) for name, value in group.columns if value) if group else ()
    pairs = (((COHORT, cohort),) if cohort else ()) + tuple((YEAR, y) for y in years) + further
    return tuple(dict.fromkeys(pairs))


def _silent(
    framework: Framework, groups: Iterable[Group], counted: Iterable[Report], reports: Iterable[Report]
) -> tuple[SilentGroup, ...]:
    answered = {r.group_id for r in counted}
    silent = [g for g in groups if g.expected and g.group_id not in answered]
    received: dict[str, list[Report]] = {g.group_id: [] for g in silent}
    for r in reports:
        if r.group_id in received:
            received[r.group_id].append(r)
    return tuple(
        SilentGroup(g.group_id, _attributes(framework, g), why_nothing_counts(received[g.group_id]))
        for g in silent
    )


class _Places:
    """Places by one name each, whatever name coders wrote, with the regions of those that were met."""

    def __init__(self, framework: Framework) -> None:
        self._which = {i for i, d in enumerate(framework.valued) if d.fact == "local_authority"}
        self._met: dict[str, str] = {}

    def named(self, values: Values) -> Values:
        """The values of one report with every place by its plain name."""
        if not self._which:
            return values
        return tuple(self._named(v) if i in self._which else v for i, v in enumerate(values))

    def _named(self, value: CodedValue) -> CodedValue:
        if not isinstance(value.value, str):
            return value
        return CodedValue(value.state, "; ".join(self._plain(p) for p in value.value.split(";") if p.strip()))

    def _plain(self, place: str) -> str:
        authority = authority_of(place)
        if authority is None:
            return place.strip()
        self._met[authority.name] = authority.region
        return authority.name

    def regions(self) -> Pairs:
        """(place, region) of the places met that are known."""
        return tuple(sorted(self._met.items()))
