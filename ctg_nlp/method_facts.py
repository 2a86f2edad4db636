"""What the methods appendix tells, as it is queried, before it is put in words. Composition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ctg_nlp.agreement_summary import AgreementSummary, agreement_summary_in
from ctg_nlp.dataset import dataset
from ctg_nlp.framework import Framework
from ctg_nlp.records import Dataset, Draw
from ctg_nlp.review.estimate import Method
from ctg_nlp.settings import Home
from ctg_nlp.store import independence as independence_store
from ctg_nlp.store import methods as method_store
from ctg_nlp.store import overview
from ctg_nlp.store.database import Store
from ctg_nlp.suggest.card import Card, read_card
from ctg_nlp.synthesis.response import Response, response


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the appendix tells, before it is put in words. `models` are (id, reports) of what proposed, in
    order; `cards` those of them that learned; `assisted` counts the decisions with suggestions in view."""

    framework: Framework
    data: Dataset
    response: tuple[Response, ...]
    files: Counter[str]
    received: tuple[method_store.Received, ...]
    erased: int
    roles: tuple[method_store.RoleWork, ...]
    imported: int
    seconds: tuple[float, ...]
    agreement: AgreementSummary
    draws: tuple[Draw, ...]
    adjudications: dict[str, int]
    pages: Counter[str]
    extractors: tuple[str, ...]
    models: tuple[tuple[str, int], ...]
    cards: tuple[Card, ...]


def facts(
    store: Store,
    home: Home,
    method: Method | None = None,
    agreement: AgreementSummary | None = None,
    data: Dataset | None = None,
) -> Facts:
    """What the appendix tells. `agreement` and `data`: those of now, where they are known already; else
    `method` is how intervals of agreement are made."""
    framework = home.framework
    data = data or dataset(store, framework)
    with store.reading() as db:
        return Facts(
            framework=framework,
            data=data,
            response=response(data),
            files=Counter(overview.counts_of_files(db)),
            received=method_store.received(db),
            erased=method_store.erasures(db),
            roles=method_store.work_by_role(db),
            imported=method_store.imported_decisions(db),
            seconds=method_store.seconds_of_acts(db),
            agreement=agreement or agreement_summary_in(db, framework, method or Method()),
            draws=independence_store.draws(db),
            adjudications=method_store.adjudications(db),
            pages=method_store.pages_by_source(db),
            extractors=method_store.extractors(db),
            models=(models := method_store.proposing_models(db, framework.framework_id)),
            cards=tuple(_cards(home, (m for m, _ in models))),
        )


def _cards(home: Home, models: Iterable[str]) -> Iterator[Card]:
    """The cards of those that learned. One that is gone is left out, and the text says so."""
    for name in dict.fromkeys(part for model in models for part in model.split("|")):
        try:
            yield read_card(home.models / name)
        except (OSError, ValueError, KeyError, TypeError):
            continue
