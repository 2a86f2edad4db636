"""Alpha and kappa by NLTK (Apache License 2.0): a kept library's figures, for what is published.

Importing NLTK loads scikit-learn and pandas where they are installed, which is why only the command line asks
this module, and the server of the review page does not. That both give the same figures is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import nltk
from nltk.metrics.agreement import AnnotationTask
from nltk.metrics.distance import binary_distance, interval_distance, masi_distance

from ctg_nlp.review.coefficients import Coefficients, Distance, Pair, Unit


def _masi(a: Any, b: Any) -> float:
    return 0.0 if a == b else float(masi_distance(a, b))  # it divides by zero for two empty sets


_DISTANCES: dict[Distance, Callable[[Any, Any], float]] = {
    "nominal": binary_distance,
    "interval": interval_distance,
    "MASI": _masi,
}


def alpha(units: Sequence[Unit], kind: Distance) -> float:
    """Krippendorff's alpha."""
    said = [(coder, item, label) for item, unit in enumerate(units) for coder, label in enumerate(unit)]
    return float(AnnotationTask(said, distance=_DISTANCES[kind]).alpha())


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa of two coders."""
    said = [(coder, item, label) for item, pair in enumerate(pairs) for coder, label in enumerate(pair)]
    return float(AnnotationTask(said).kappa_pairwise(0, 1))


NLTK = Coefficients(f"NLTK {nltk.__version__}", alpha, kappa)
