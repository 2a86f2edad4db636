"""An optional rater: sentences that mean what a code's definition and the framework's examples mean.

It learns nothing from decisions. What it cannot see is who did it and whether: a passage with anything
planned, denied or of another project in it, as the assertion rules tell, counts for less.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from ctg_nlp.framework import Code, Dimension, Example, Framework
from ctg_nlp.records import BlockKind, Passage
from ctg_nlp.suggest.assertion import COUNTED, default_assertion, rules_hash
from ctg_nlp.suggest.code_directions import Bools, Directions, Floats, fit_directions
from ctg_nlp.suggest.findings import evidence_of
from ctg_nlp.suggest.language import flatten
from ctg_nlp.suggest.rater import Rating

VERSION = "1"
THRESHOLD = 0.3
"""From this score on it says a code: about half of the best F1 that it reaches, where F1 is highest (Lipton,
Elkan and Narayanaswamy 2014, arXiv:1402.1892)."""

LEAST_EXAMPLES = 3
"""A code with fewer is not rated."""

_OFFSET, _SLOPE = -1.6, 0.88
"""From directions to a score (Platt 1999): two numbers for all codes, from the development reports."""

_BEST = 2  # passages of which a report's score is the mean: one alone may be chance
_DOUBT = 2.0  # standard deviations that a passage loses where something in it does not count
_MOST_QUOTES = 3

Key = tuple[str, str]


class Encoder(Protocol):
    """Turns sentences into vectors of length 1; may be called from several threads."""

    def encode(self, texts: list[str]) -> Any:
        """An array (texts, numbers)."""
        ...


class EmbeddingRater:
    """Rates the codes of one framework by the vectors of an encoder.

    `encoder_id` names the encoder and its version. The vectors of definitions and examples are made once,
    when first needed; what came of them is kept in the file `kept` for the next time, if one is given.
    """

    def __init__(
        self,
        framework: Framework,
        examples: Sequence[Example],
        encoder: Encoder,
        encoder_id: str,
        kept: Path | None = None,
    ) -> None:
        self._rated = rated_codes(framework, examples)
        self._texts, self._shows = _references(self._rated, examples)
        self._encoder, self._lock = encoder, Lock()
        self._directions: Directions | None = None
        said = json.dumps([encoder_id, self._texts, self._shows.tolist(), rules_hash()])
        self.rater_id = f"embeddings-{VERSION}+{hashlib.sha256(said.encode()).hexdigest()[:8]}"
        self._kept = kept / f"{self.rater_id}.npz" if kept else None

    def rate(self, passages: Sequence[Passage]) -> Mapping[Key, Rating]:
        """A rating for every code with enough examples; none for a report without text."""
        told = [p for p in passages if p.kind is not BlockKind.HEADING]
        if not told or not self._rated:
            return {}
        vectors = np.asarray(self._encoder.encode([p.text for p in told]), dtype=float)
        scores = self._ready().scores(vectors) - _DOUBT * self._doubted(told)
        of_report = _chance(np.sort(scores, axis=0)[-_BEST:].mean(0))
        of_passage = _chance(scores)
        return {
            (dimension.id, code.id): _rating(told, float(of_report[c]), of_passage[:, c])
            for c, (dimension, code) in enumerate(self._rated)
        }

    def _ready(self) -> Directions:
        with self._lock:  # whoever comes second waits, rather than making all vectors again
            if self._directions is None:
                self._directions = _read(self._kept) or self._made()
            return self._directions

    def _made(self) -> Directions:
        vectors = np.asarray(self._encoder.encode(self._texts), dtype=float)
        made = fit_directions(vectors, self._shows)
        if self._kept:
            _write(self._kept, made)
        return made

    def _doubted(self, passages: Sequence[Passage]) -> Bools:
        """(passages, codes): whether anything in a passage has a status that the dimension does not take."""
        rules = default_assertion()
        found = [rules.situation(flatten(p.text), p.heading).statuses for p in passages]
        taken = [COUNTED[dimension.counts] for dimension, _ in self._rated]
        return np.array([[not statuses <= counts for counts in taken] for statuses in found])


def rated_codes(framework: Framework, examples: Sequence[Example]) -> tuple[tuple[Dimension, Code], ...]:
    """The codes that can be rated: with examples enough, and neither told by a fact nor meaning "not told".

    A definition alone is one text, from which neither a direction nor its scale can be told.
    """
    shown = Counter((e.dimension, code) for e in examples for code in e.codes)
    return tuple(
        (d, c)
        for d in framework.dimensions
        if d.coded and not d.fact
        for c in d.codes
        if not c.missing and shown[d.id, c.id] >= LEAST_EXAMPLES
    )


def _references(
    rated: Sequence[tuple[Dimension, Code]], examples: Sequence[Example]
) -> tuple[list[str], Bools]:
    """The texts of definitions and examples, and (texts, codes) which code each shows."""
    definitions = [f"{c.label}. {c.definition}".strip() for _, c in rated]
    shown = [[d.id == e.dimension and c.id in e.codes for d, c in rated] for e in examples]
    parts = [np.eye(len(rated), dtype=bool), np.array(shown, dtype=bool).reshape(len(shown), len(rated))]
    return definitions + [e.text for e in examples], np.vstack(parts)


def _rating(passages: Sequence[Passage], score: float, of_passage: Floats) -> Rating:
    if score < THRESHOLD:
        return Rating(score, says=False)
    best = np.argsort(-of_passage, kind="stable")[:_MOST_QUOTES].tolist()
    shown = [i for n, i in enumerate(best) if n == 0 or of_passage[i] >= THRESHOLD]
    return Rating(score, says=True, evidence=tuple(evidence_of(passages[i], 0, 1) for i in shown))


def _chance(directed: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(_OFFSET + _SLOPE * directed))))


def _read(path: Path | None) -> Directions | None:
    """What was kept; None where there is nothing, or nothing that can be read."""
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Directions(kept["centre"], kept["weights"], kept["offsets"])
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _write(path: Path, made: Directions) -> None:
    """Keep it; where that cannot be done it is made again the next time."""
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            np.savez(file, centre=made.centre, weights=made.weights, offsets=made.offsets)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
