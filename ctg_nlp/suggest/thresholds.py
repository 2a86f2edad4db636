"""From which score on a code is suggested: chosen on out-of-fold scores, kept near each other.

A threshold chosen for one code alone follows chance when coders found it on ten reports. So each code's
own is drawn towards the one of all codes, the more the fewer reports have it (shrinkage).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BETA = 0.5
"""Of the F-measure that thresholds are chosen by (van Rijsbergen 1979, Information Retrieval, ch. 7).

Precision weighs twice as much as recall: a plan or a denial that is suggested leads a coder more astray than
a code that they have to find themselves."""

_DRAWN = 30.0  # reports with the code at which its own threshold and the common one weigh the same
_LOWEST, _HIGHEST = 0.05, 0.95


def best_threshold(scores: NDArray[np.float64], present: NDArray[np.bool_], beta: float = BETA) -> float:
    """The threshold of the highest F-measure over all pairs, half way between two scores."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(present[order])
    total = int(hits[-1]) if len(hits) else 0
    if total == 0:
        return 0.5
    measure = (1 + beta**2) * hits / (np.arange(1, len(hits) + 1) + beta**2 * total)
    ranked = scores[order]
    ends = np.append(ranked[1:] < ranked[:-1], True)  # a threshold cannot part equal scores
    k = int(np.argmax(np.where(ends, measure, -1.0)))
    below = float(ranked[k + 1]) if k + 1 < len(ranked) else 0.0
    return float(np.clip((float(ranked[k]) + below) / 2, _LOWEST, _HIGHEST))


def code_thresholds(
    scores: NDArray[np.float64], present: NDArray[np.bool_], decided: NDArray[np.bool_]
) -> tuple[float, ...]:
    """A threshold for each code, from (reports, codes)."""
    common = best_threshold(scores[decided], present[decided])
    chosen = []
    for c in range(scores.shape[1]):
        known = decided[:, c]
        own = best_threshold(scores[known, c], present[known, c])
        weight = present[:, c].sum() / (present[:, c].sum() + _DRAWN)
        chosen.append(round(float(weight * own + (1 - weight) * common), 4))
    return tuple(chosen)
