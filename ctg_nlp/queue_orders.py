"""The orders in which a model's queues offer reports, as far as they can be trusted. Composition.

The score of a report that a model learned from is better than it should be, and a report of the audit sample
must not look different for that: where a model has seen reports their scores are those that it gave them
while it was cross-fitted. Where these are gone the model's orders are not used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ctg_nlp.errors import ModelError
from ctg_nlp.framework import Framework
from ctg_nlp.settings import Home
from ctg_nlp.store.cutoffs import scored_codes
from ctg_nlp.store.database import Store
from ctg_nlp.suggest import model_files
from ctg_nlp.suggest.card import LEARNED
from ctg_nlp.synthesis.cells import Mask
from ctg_nlp.synthesis.orders import Scores, orders_of, uncertainty
from ctg_nlp.synthesis.reached import Keys

Key = tuple[str, str]


@dataclass(frozen=True)
class ModelOrders:
    """What one model says of all reports that count: scores, thresholds and what is suggested, a column for
    each of `codes`; which reports it `learned` from; and why its orders cannot be used, or empty."""

    model_id: str
    codes: Mapping[Key, int]
    scores: Scores
    thresholds: Scores
    shown: NDArray[np.bool_]
    learned: Mask
    unusable: str = ""

    @cached_property
    def bits(self) -> Keys:
        """How much is open in each report, by which the queue of whole reports is ordered."""
        return uncertainty(self.scores)

    def orders(self, dimension: str, codes: Sequence[str]) -> tuple[tuple[str, Keys], ...]:
        """The orders for one row, of one code or any of several; none where they cannot be used."""
        if self.unusable:
            return ()
        at = [self.codes[dimension, c] for c in codes]
        return orders_of(self.scores[:, at], self.thresholds[:, at], self.bits)

    def suggested(self, dimension: str, codes: Sequence[str], among: Mask) -> Mask | None:
        """Whether one of the codes is suggested; None where the model learned from one of the reports in
        question, or did not look at each of them."""
        at = [self.codes[dimension, c] for c in codes]
        if (self.learned & among).any() or np.isnan(self.scores[:, at])[among].any():
            return None
        return np.asarray(self.shown[:, at].any(axis=1), bool)


def model_orders(store: Store, home: Home, model_id: str, places: Mapping[str, int]) -> ModelOrders:
    """What a model says of the reports at these `places`."""
    framework = home.framework
    codes = _codes(framework)
    scores, thresholds = (np.full((len(places), len(codes)), np.nan) for _ in range(2))
    shown = np.zeros((len(places), len(codes)), bool)
    dimensions = [d.id for d in framework.stage("map")]
    with store.reading() as db:
        for report, dimension, code, *said in scored_codes(db, model_id, framework.framework_id, dimensions):
            i, j = places.get(report), codes.get((dimension, code))
            if i is not None and j is not None:
                scores[i, j], thresholds[i, j], shown[i, j] = said
    learned, unusable = _cross_fitted(home, model_id, places, codes, scores)
    return ModelOrders(model_id, codes, scores, thresholds, shown, learned, unusable)


def _codes(framework: Framework) -> dict[Key, int]:
    keys = [(d.id, c.id) for d in framework.stage("map") for c in d.codes]
    return {key: i for i, key in enumerate(keys)}


def _cross_fitted(
    home: Home, model_id: str, places: Mapping[str, int], codes: Mapping[Key, int], scores: Scores
) -> tuple[Mask, str]:
    """Puts the cross-fitted scores of reports that the model learned from in the place of its own. Returns
    which reports those are, and why that could not be done, in words."""
    learned = np.zeros(len(places), bool)
    for part in model_id.split("|"):
        folder = home.models / part
        if not part.startswith("classifier-"):
            continue
        try:
            card, out_of_fold = model_files.out_of_fold(folder)
        except ModelError:
            return ~learned, f"What {part} learned from is not known any more, so that its order is not used."
        at = [i for i, c in enumerate(card.codes) if c.state == LEARNED]
        columns = [codes.get((card.codes[i].dimension, card.codes[i].code)) for i in at]
        kept = [(j, column) for j, column in enumerate(columns) if column is not None]
        for report, row in zip(card.reports, out_of_fold, strict=True):
            place = places.get(report)
            if place is not None:
                learned[place] = True
                scores[place, [column for _, column in kept]] = row[[j for j, _ in kept]]
    return learned, ""
