"""How near a text comes to what a code means, among vectors of sentences.

Plain similarity to a definition tells little: all sentences of one field are alike. So vectors are seen from
the middle of all definitions and examples, and ways in which those differ anyway count for less: each code
has the direction from the mean of all that does not show it to the mean of what does, in the space whitened
by their covariance (Fisher 1936, doi:10.1111/j.1469-1809.1936.tb02137.x), which is drawn towards a sphere
because examples are few (Ledoit and Wolf 2004, doi:10.1016/S0047-259X(03)00096-4, give the form; the weight
here is fixed).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_DRAWN = 1.0  # the sphere's weight beside the covariance


@dataclass(frozen=True, slots=True)
class Directions:
    """The direction of each of c codes among vectors of d numbers.

    `centre` is (d,), `weights` (c, d) and `offsets` (c,).
    """

    centre: Floats
    weights: Floats
    offsets: Floats

    def scores(self, vectors: Floats) -> Floats:
        """(texts, codes): how far each of the vectors (texts, d) lies on the side of each code.

        0 lies half-way between what shows the code and the rest; the unit is one standard deviation of
        definitions and examples, so that scores of different codes and encoders can be compared.
        """
        return np.asarray((vectors - self.centre) @ self.weights.T + self.offsets)


def fit_directions(vectors: Floats, shows: Bools) -> Directions:
    """The directions of codes from texts with their vectors (texts, d), where `shows` is (texts, codes).

    A code that all texts show, or none, has no direction: its scores are 0.
    """
    centre = vectors.mean(0)
    seen = vectors - centre
    covariance = seen.T @ seen / len(seen)
    size = covariance.shape[0]
    round_part = max(_DRAWN * float(np.trace(covariance)) / size, 1e-12) * np.eye(size)
    count = shows.sum(0)[:, None]
    of_code, total = shows.T.astype(float) @ seen, seen.sum(0)
    mean = of_code / np.maximum(count, 1)
    rest = (total - of_code) / np.maximum(len(seen) - count, 1)
    weights = np.linalg.solve(covariance + round_part, (mean - rest).T).T
    weights[((count == 0) | (count == len(seen)))[:, 0]] = 0.0
    spread = np.sqrt(np.einsum("cd,de,ce->c", weights, covariance, weights))
    weights /= np.where(spread > 0, spread, 1.0)[:, None]
    return Directions(centre, weights, -0.5 * np.einsum("cd,cd->c", mean + rest, weights))
