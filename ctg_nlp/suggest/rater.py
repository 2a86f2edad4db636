"""What an optional rater is: anything with a name and version that reads passages and rates codes.

The cues and the classifier are raters too; these are the ones that a site may add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ctg_nlp.records import Evidence, Passage


@dataclass(frozen=True, slots=True)
class Rating:
    """What a rater says of one code: a score from 0 to 1, whether it would suggest it, and its quotes."""

    score: float
    says: bool
    evidence: tuple[Evidence, ...] = ()


class Rater(Protocol):
    """A rater. `rate` may be called from several threads."""

    @property
    def rater_id(self) -> str:
        """Its name and version; changes whenever it may say something else."""
        ...

    def rate(self, passages: Sequence[Passage]) -> Mapping[tuple[str, str], Rating]:
        """What it says of codes, by (dimension, code); a code it says nothing of is left out."""
        ...
