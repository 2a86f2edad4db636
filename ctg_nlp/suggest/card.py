"""The model card: what a classifier was made of and how good it is, as data that people can read.

After Mitchell et al. 2019, "Model Cards for Model Reporting", doi:10.1145/3287560.3287596. Thresholds and
calibration are kept here and nowhere else: they are what a site may want to look at, and no code.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LEARNED = "learned"
TOO_FEW = "not enough decisions yet"
BY_FACT = "told by a fact of the report"
BY_ABSENCE = "follows from the absence of the others"


@dataclass(frozen=True, slots=True)
class CodeCard:
    """One code: its state, on how many reports it was present and absent, and, where it was learned, its
    threshold and out-of-fold figures (0 to 1; None where they are not defined)."""

    dimension: str
    code: str
    state: str
    present: int
    absent: int
    threshold: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    average_precision: float | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Out-of-fold figures over all learned codes, from 0 to 1."""

    micro_f1: float
    precision: float
    recall: float
    mean_average_precision: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Card:
    """All that is told of one classifier. `reports` are the ids whose decisions it saw, `folds` theirs;
    `left_out` are those it was told not to see. `compared_with` is what it was measured against, and
    `sha256` is of its file."""

    model_id: str
    framework_id: str
    made_at: str
    seed: int
    libraries: dict[str, str]
    decisions: int
    reports: tuple[str, ...]
    folds: tuple[int, ...]
    left_out: tuple[str, ...]
    examples: int
    totals: Totals
    codes: tuple[CodeCard, ...]
    calibration: tuple[float, float]
    following: tuple[float, float, float]
    words_threshold: float
    sha256: str = ""

    def to_json(self) -> str:
        """The card as JSON text, for `from_json`."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card of `to_json`. Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
        values: dict[str, Any] = json.loads(text)
        tuples = ("reports", "folds", "left_out", "calibration", "following")
        return cls(
            **{
                **values,
                **{name: tuple(values[name]) for name in tuples},
                "totals": Totals(**values["totals"]),
                "codes": tuple(CodeCard(**c) for c in values["codes"]),
            }
        )


def read_card(folder: Path) -> Card:
    """The card of the model in a folder. Raises `OSError`, or as `Card.from_json`."""
    return Card.from_json((folder / "card.json").read_text(encoding="utf-8"))
