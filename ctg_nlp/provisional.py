"""Provisional tables and what may still be missed, as the store is now. Composition; nothing of it is ever
written to an export of findings."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.reaching import basis, rows_of
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.provisional import ProvisionalTable
from ctg_nlp.synthesis.provisional_tables import (
    FEWEST_REPORTS,
    Missed,
    estimated,
    missed,
    provisional_table,
    why_none,
)
from ctg_nlp.synthesis.tables import tabulated


@dataclass(frozen=True, slots=True)
class Provisional:
    """The provisional tables, and (dimension, why) of those tables that have none."""

    tables: tuple[ProvisionalTable, ...]
    without: tuple[tuple[str, str], ...]


def provisional(store: Store, home: Home) -> Provisional:
    """The provisional tables of all dimensions that can have them."""
    found, framework = basis(store, home), home.framework
    tables = tuple(provisional_table(d, found.frame, rows_of(found, d)) for d in estimated(framework))
    every = (*tabulated(framework, "map"), *tabulated(framework, "indepth"))
    return Provisional(tables, tuple((d.id, why_none(d)) for d in every if why_none(d)))


@dataclass(frozen=True, slots=True)
class Stopping:
    """What is missed of each code if confirming stops now, over `reports` that count, and in words why it
    must not stop in any case, or empty."""

    reports: int
    codes: tuple[Missed, ...]
    never: str


def stopping(store: Store, home: Home) -> Stopping:
    """At most how many reports with each code are missed among the unreached ones."""
    found = basis(store, home)
    codes = tuple(
        missed(found.frame, facts)
        for d in estimated(home.framework)
        for facts in rows_of(found, d)
        if facts.row
    )
    reports = len(found.dataset.reports)
    never = (
        f"{reports} reports count. Below {FEWEST_REPORTS} confirming is never stopped early: read them all."
        if reports < FEWEST_REPORTS
        else ""
    )
    return Stopping(reports, codes, never)
