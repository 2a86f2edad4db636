"""The first rater: cues of the framework, held against their assertion status and the heading above them.

Nothing is learned here. A mention counts if its status is one that the dimension takes as evidence
(`counts`); the passages of a code are joined by noisy-or into one score.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import BlockKind, Passage, Status
from ctg_nlp.suggest.assertion import COUNTED, default_assertion, rules_hash, status_of
from ctg_nlp.suggest.language import flatten
from ctg_nlp.suggest.patterns import PatternError, Patterns, parse_pattern

VERSION = "1"
THRESHOLD = 0.5
WEIGHTS = {"strong": 0.75, "medium": 0.45, "weak": 0.2}

_NEVER = "never"
_IN_SECTION, _OUT_OF_SECTION = 1.2, 0.9  # what an expected heading, or another, makes of a cue's weight
_IN_HEADING = 0.6  # a heading announces; what was done stands under it
_HIGHEST = 0.95
_DENIAL = re.compile(r"(?<![\w*])(?:no|not|n't|never|nobody|none|without|cannot)(?![\w*])")

Key = tuple[str, str]
"""A code: (dimension, code)."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A cue in a passage: `passage` is its place among the report's, `start` and `end` are offsets in it."""

    passage: int
    weight: float
    status: Status
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CueReading:
    """What the cues found in one report. `triggered[i]`: the statuses that anything in passage i has."""

    mentions: Mapping[Key, tuple[Mention, ...]]
    triggered: tuple[frozenset[Status], ...]

    def counted(self, dimension: Dimension, code: str) -> tuple[Mention, ...]:
        """The mentions that are evidence for a code, the heaviest first."""
        return self._sorted(dimension, code, counts=True)

    def held(self, dimension: Dimension, code: str) -> tuple[Mention, ...]:
        """The mentions that are not (planned, denied, ...), the heaviest first."""
        return self._sorted(dimension, code, counts=False)

    def _sorted(self, dimension: Dimension, code: str, *, counts: bool) -> tuple[Mention, ...]:
        taken = COUNTED[dimension.counts]
        mine = (m for m in self.mentions.get((dimension.id, code), ()) if (m.status in taken) is counts)
        return tuple(sorted(mine, key=lambda m: -m.weight))


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose cue a pattern is, how much it says, and whether it is itself worded as a denial."""

    dimension: str
    code: str
    strength: str
    denies: bool


class CueRater:
    """The cues of one framework, compiled once; may be used from several threads.

    Raises `FrameworkError` naming the code whose cue cannot be used.
    """

    def __init__(self, framework: Framework) -> None:
        self._patterns = Patterns(_owned(framework), dict(framework.vocabulary))
        self._sections = {
            d.id: Patterns([(d.id, s) for s in d.sections], dict(framework.vocabulary))
            for d in framework.dimensions
            if d.sections
        }
        self._expected = lru_cache(maxsize=10_000)(self._is_expected)  # headings come back
        self.rater_id = f"cues-{VERSION}+{_hash(framework)}"

    def read(self, passages: Sequence[Passage]) -> CueReading:
        """The mentions of every code, one for each passage and status, in the order of the passages."""
        mentions: dict[Key, list[Mention]] = {}
        triggered = []
        for i, passage in enumerate(passages):
            flat = flatten(passage.text)
            situation = default_assertion().situation(flat, passage.heading)
            triggered.append(situation.statuses)
            matches = list(self._patterns.find(flat))
            vetoed = {(m.owner.dimension, m.owner.code) for m in matches if m.owner.strength == _NEVER}
            best: dict[tuple[Key, Status], Mention] = {}
            for m in matches:
                key = (m.owner.dimension, m.owner.code)
                if key in vetoed:
                    continue
                status = status_of(situation, m.start, m.end, own_denial=m.owner.denies)
                weight = WEIGHTS[m.owner.strength] * self.section_factor(m.owner.dimension, passage)
                before = best.get((key, status))
                if before is None or weight > before.weight:
                    span = flat.spans[m.start][0], flat.spans[m.end - 1][1]
                    best[key, status] = Mention(i, weight, status, *span)
            for (key, _), mention in best.items():
                mentions.setdefault(key, []).append(mention)
        return CueReading({k: tuple(v) for k, v in mentions.items()}, tuple(triggered))

    def section_factor(self, dimension: str, passage: Passage) -> float:
        """What the place of a passage makes of a cue's weight."""
        if passage.kind is BlockKind.HEADING:
            return _IN_HEADING
        if dimension not in self._sections or not passage.heading:
            return 1.0
        return _IN_SECTION if self._expected(dimension, passage.heading) else _OUT_OF_SECTION

    def _is_expected(self, dimension: str, heading: str) -> bool:
        return any(self._sections[dimension].find(flatten(heading)))


def noisy_or(mentions: Sequence[Mention]) -> float:
    """The score of a code from its counted mentions, from 0 to 1."""
    miss = 1.0
    for mention in mentions:
        miss *= 1 - min(mention.weight, _HIGHEST)
    return 1 - miss


def _owned(framework: Framework) -> Iterator[tuple[_Owner, str]]:
    vocabulary = dict(framework.vocabulary)
    for dimension in framework.dimensions:
        for section in dimension.sections:
            _checked(f"{dimension.id}, sections", section, vocabulary)
        for code in dimension.codes:
            for strength in (*WEIGHTS, _NEVER):
                for pattern in getattr(code.cues, strength):
                    _checked(f"{dimension.id}.{code.id}", pattern, vocabulary)
                    denies = _DENIAL.search(pattern) is not None
                    yield _Owner(dimension.id, code.id, strength, denies), pattern


def _checked(where: str, pattern: str, vocabulary: Mapping[str, Sequence[str]]) -> None:
    try:
        parse_pattern(pattern, vocabulary)
    except PatternError as error:
        raise FrameworkError(f"{where}: the cue cannot be used: {error}.") from error


def _hash(framework: Framework) -> str:
    said = {
        "cues": [
            [
                d.id,
                d.fact,
                d.sections,
                [[c.id, asdict(c.cues), [asdict(f) for f in c.follows]] for c in d.codes],
            ]
            for d in framework.dimensions
        ],
        "vocabulary": framework.vocabulary,
        "rules": rules_hash(),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:8]
