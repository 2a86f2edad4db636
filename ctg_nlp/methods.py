"""The methods appendix of a report: how its figures came about, each sentence from a query. Composition."""

from __future__ import annotations

from importlib.metadata import version

from ctg_nlp.agreement_summary import AgreementSummary
from ctg_nlp.export.contents import Section
from ctg_nlp.export.editions import Edition
from ctg_nlp.method_facts import Facts, facts
from ctg_nlp.method_tables import agreement, coders, documents, overrides, thresholds
from ctg_nlp.method_words import (
    of_adjudication,
    of_agreement,
    of_audit,
    of_coding,
    of_framework,
    of_models,
    of_reading,
    of_reports,
    of_suggestions,
)
from ctg_nlp.records import Dataset
from ctg_nlp.review.estimate import Method
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

SECTION = "methods"


def methods_section(
    store: Store,
    home: Home,
    edition: Edition = Edition.PUBLISHABLE,
    *,
    rules: str = "",
    method: Method | None = None,
    agreement: AgreementSummary | None = None,
    data: Dataset | None = None,
) -> Section:
    """The appendix as the store is now. Only the internal edition names coders. `rules` is a sentence on
    what was done to small cells, `agreement` and `data` those of now, where they are known already.
    `method` is how intervals of agreement are made; where `agreement` is given it is left aside, for that
    was made by a method of its own."""
    return section_of(facts(store, home, method, agreement, data), edition, rules)


def section_of(f: Facts, edition: Edition, rules: str = "") -> Section:
    """The appendix in words and tables."""
    said = (
        *of_reports(f),
        *of_reading(f),
        of_framework(f),
        *of_coding(f, edition),
        *of_audit(f.draws),
        *of_agreement(f.agreement),
        *of_adjudication(f.adjudications),
        *of_suggestions(f),
        *of_models(f),
        rules or "No cell was withheld or rounded.",
        f"Tables and text were made with ctg_nlp {version('ctg_nlp')}. Percentages are computed from the "
        "counts, to one decimal, halves rounded up.",
    )
    tables = (documents(f.files), coders(f), agreement(f.agreement), overrides(f), thresholds(f))
    return Section(SECTION, "Methods", said, tuple(t for t in tables if t.rows))
