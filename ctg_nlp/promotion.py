"""What an inductive code can come to in its table once the framework has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctg_nlp.framework import Dimension
from ctg_nlp.records import InductiveCode
from ctg_nlp.synthesis.cells import Columns
from ctg_nlp.synthesis.tables import reach_of


@dataclass(frozen=True, slots=True)
class Promotion:
    """What naming a code comes to in its table: `named` reports that count have the name, `entering` of them
    are among the `base` reports that percentages of the dimension are of, or come to be. `among` says in
    words which those are."""

    named: int
    entering: int
    base: int
    among: str


def promotion(columns: Columns, dimension: Dimension, code: InductiveCode) -> Promotion:
    """What an inductive code can come to once it is a code of its dimension."""
    named = {m.report_id for m in code.memos}
    mask = np.array([r.report_id in named for r in columns.reports], bool)
    reach = reach_of(columns, dimension)
    sampled = columns.selected() is not None and not reach.all()
    among = "reports of the selected sample" if sampled else "reports that count"
    return Promotion(int(mask.sum()), int((mask & reach).sum()), int(reach.sum()), among)
