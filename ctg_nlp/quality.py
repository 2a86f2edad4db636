"""Quality statements of all tables. Composition of `agreement`, `store` and `synthesis`."""

from __future__ import annotations

from collections.abc import Iterable

from ctg_nlp.agreement_summary import AgreementSummary
from ctg_nlp.records import Dataset, VerdictKind
from ctg_nlp.review.agreement import DimensionAgreement
from ctg_nlp.settings import Home
from ctg_nlp.store import overview
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.quality import Agreed, Bar, QualityStatement, Received, quality_of
from ctg_nlp.synthesis.response import response
from ctg_nlp.synthesis.tables import SynthesisTable


def bar_of(home: Home) -> Bar:
    """What the settings demand."""
    return Bar(
        home.reliability_least / 1000,
        home.reliability_good / 1000,
        home.response_good,
        home.undecided_caution,
        home.undecided_most,
    )


def quality_statements(
    store: Store,
    home: Home,
    dataset: Dataset,
    tables: Iterable[SynthesisTable],
    agreement: AgreementSummary,
    *,
    counts: bool = True,
) -> tuple[QualityStatement, ...]:
    """One for each table, in order. `agreement`: as it is now; `counts`: as for `quality_of`."""
    agreed = {d.dimension: _agreed(d) for d in agreement.dimensions}
    came, bar = _received(store, dataset), bar_of(home)
    return tuple(quality_of(t, came, agreed.get(t.dimension, Agreed()), bar, counts=counts) for t in tables)


def _received(store: Store, dataset: Dataset) -> Received:
    with store.reading() as db:
        unreadable = len(overview.with_verdict(db, *_NOT_READ))
    whole = next(iter(response(dataset)), None)
    return Received(whole.expected if whole else 0, whole.responded if whole else 0, unreadable)


_NOT_READ = (VerdictKind.REFUSED, VerdictKind.FAILED)


def _agreed(found: DimensionAgreement) -> Agreed:
    measured = [(c.code, c.alpha.value) for c in found.codes if c.alpha.value is not None]
    lowest = min(measured, key=lambda pair: pair[1], default=None)
    a = found.alpha
    return Agreed(a.value, a.low, a.high, found.reports, a.why, lowest)
