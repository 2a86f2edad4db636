"""Proposing codes for a report: cues that count, the facts, and what follows from both.

For each code the passages that show it are found by the framework's cues, held against their assertion
status and the heading they stand under, and joined by noisy-or into one score. Nothing is learned here;
the rater's name says so: "cues".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from ctg_nlp.constraints import admissible
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Code, Cues, Dimension, Framework
from ctg_nlp.records import BlockKind, Evidence, Passage, Status, Suggestion
from ctg_nlp.suggest.assertion import COUNTED, default_assertion, rules_hash, status_of
from ctg_nlp.suggest.facts import FINDERS
from ctg_nlp.suggest.findings import FactFinding, evidence_of
from ctg_nlp.suggest.language import flatten
from ctg_nlp.suggest.patterns import PatternError, Patterns

VERSION = "1"
THRESHOLD = 0.5
MOST_QUOTES = 3

_WEIGHTS = {"strong": 0.75, "medium": 0.45, "weak": 0.2}
_NEVER = "never"
_IN_SECTION, _OUT_OF_SECTION = 1.2, 0.9  # what an expected heading, or another, makes of a cue's weight
_HIGHEST = 0.95
_DENIAL = re.compile(r"(?<![\w*])(?:no|not|n't|never|nobody|none|without|cannot)(?![\w*])")


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose cue a pattern is, how much it says, and whether it is itself worded as a denial."""

    dimension: str
    code: str
    strength: str
    denies: bool


@dataclass(frozen=True, slots=True)
class _Mention:
    """A cue in a passage, with its weight after the heading, and its status."""

    weight: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Scored:
    """A code before constraints: its score, what shows it, and what was held back."""

    score: float
    evidence: tuple[Evidence, ...] = ()
    held_back: tuple[Evidence, ...] = ()


class Proposer:
    """The cues of one framework, compiled once; `propose` may be called from several threads.

    Raises `FrameworkError` naming the code whose cue, or the dimension whose fact, cannot be used.
    """

    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self._patterns = Patterns(_owned(framework), dict(framework.vocabulary))
        self._sections = {
            d.id: Patterns([(d.id, s) for s in d.sections], dict(framework.vocabulary))
            for d in framework.dimensions
            if d.sections
        }
        for dimension in framework.dimensions:
            if dimension.fact and dimension.fact not in FINDERS:
                known = ", ".join(sorted(FINDERS))
                raise FrameworkError(
                    f"{dimension.id}: there is no fact {dimension.fact!r}; there are {known}."
                )
        self.model_id = f"cues-{VERSION}+{_hash(framework)}"

    def propose(self, report_id: str, passages: Sequence[Passage]) -> tuple[Suggestion, ...]:
        """A suggestion for every code and value of the framework, those not suggested included.

        Each has at most three quotes of at most 60 words, best first, `boxes` empty; a code that means
        absence has none.
        """
        mentions = self._mentions(passages)
        facts = {
            name: FINDERS[name](passages) for name in {d.fact for d in self.framework.dimensions if d.fact}
        }
        scored: dict[str, dict[str, _Scored]] = {}
        chosen: dict[str, frozenset[str]] = {}
        for dimension in _givers_first(self.framework.dimensions):
            if dimension.coded:
                found = _scores(dimension, mentions, facts.get(dimension.fact), chosen)
                above = {c for c, s in found.items() if s.score >= THRESHOLD}
                scores = {c: s.score for c, s in found.items()}
                chosen[dimension.id] = admissible(dimension, scores, above)
                scored[dimension.id] = found
        return tuple(
            suggestion
            for dimension in self.framework.dimensions
            for suggestion in self._suggestions(report_id, dimension, scored, chosen, facts)
        )

    def _suggestions(
        self,
        report_id: str,
        dimension: Dimension,
        scored: Mapping[str, Mapping[str, _Scored]],
        chosen: Mapping[str, frozenset[str]],
        facts: Mapping[str, FactFinding],
    ) -> Iterator[Suggestion]:
        made_by = (self.model_id, self.framework.framework_id)
        if not dimension.coded:
            fact = facts.get(dimension.fact, FactFinding(None, 0.0, ()))
            yield Suggestion(
                report_id, dimension.id, None, fact.score, THRESHOLD, bool(dimension.fact), *made_by,
                value=fact.value, evidence=fact.evidence[:MOST_QUOTES],
            )  # fmt: skip
            return
        for code in dimension.codes:
            found = scored[dimension.id][code.id]
            yield Suggestion(
                report_id, dimension.id, code.id, round(found.score, 4), THRESHOLD,
                code.id in chosen[dimension.id], *made_by,
                evidence=() if code.missing else found.evidence, held_back=found.held_back,
            )  # fmt: skip

    def _mentions(self, passages: Sequence[Passage]) -> dict[tuple[str, str], list[_Mention]]:
        """The mentions of every code, by (dimension, code), one for each passage and status."""
        found: dict[tuple[str, str], list[_Mention]] = {}
        for passage in passages:
            for key, mention in self._in_passage(passage):
                found.setdefault(key, []).append(mention)
        return found

    def _in_passage(self, passage: Passage) -> Iterator[tuple[tuple[str, str], _Mention]]:
        flat = flatten(passage.text)
        matches = list(self._patterns.find(flat))
        if not matches:
            return
        situation = default_assertion().situation(flat, passage.heading)
        vetoed = {(m.owner.dimension, m.owner.code) for m in matches if m.owner.strength == _NEVER}
        best: dict[tuple[str, str, Status], tuple[float, int, int]] = {}
        for m in matches:
            key = (m.owner.dimension, m.owner.code)
            if key in vetoed:
                continue
            status = status_of(situation, m.start, m.end, own_denial=m.owner.denies)
            weight = _WEIGHTS[m.owner.strength] * self._section_factor(m.owner.dimension, passage)
            if weight > best.get((*key, status), (0.0, 0, 0))[0]:
                best[(*key, status)] = (weight, flat.spans[m.start][0], flat.spans[m.end - 1][1])
        for (dimension, code, status), (weight, start, end) in best.items():
            yield (dimension, code), _Mention(weight, evidence_of(passage, start, end, status))

    def _section_factor(self, dimension: str, passage: Passage) -> float:
        patterns = self._sections.get(dimension)
        if passage.kind is BlockKind.HEADING:
            return 0.6  # a heading announces; what was done stands under it
        if patterns is None or not passage.heading:
            return 1.0
        return _IN_SECTION if any(patterns.find(flatten(passage.heading))) else _OUT_OF_SECTION


def _owned(framework: Framework) -> Iterator[tuple[_Owner, str]]:
    vocabulary = dict(framework.vocabulary)
    for dimension in framework.dimensions:
        for section in dimension.sections:
            _checked(f"{dimension.id}, sections", section, vocabulary)
        for code in dimension.codes:
            for strength in (*_WEIGHTS, _NEVER):
                for pattern in getattr(code.cues, strength):
                    _checked(f"{dimension.id}.{code.id}", pattern, vocabulary)
                    yield (
                        _Owner(dimension.id, code.id, strength, _DENIAL.search(pattern) is not None),
                        pattern,
                    )


def _checked(where: str, pattern: str, vocabulary: Mapping[str, Sequence[str]]) -> None:
    try:
        Patterns([(where, pattern)], vocabulary)
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


def _givers_first(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """Dimensions whose codes follow from others come last."""
    return sorted(dimensions, key=lambda d: any(c.follows for c in d.codes))


def _scores(
    dimension: Dimension,
    mentions: Mapping[tuple[str, str], Sequence[_Mention]],
    fact: FactFinding | None,
    chosen: Mapping[str, frozenset[str]],
) -> dict[str, _Scored]:
    found = {c.id: _from_mentions(dimension, mentions.get((dimension.id, c.id), ())) for c in dimension.codes}
    for code in dimension.codes:
        if code.follows:
            found[code.id] = _following(code, found[code.id], chosen)
        if fact is not None:
            known = fact.value == code.id or (fact.value is None and code.missing)
            found[code.id] = _Scored(fact.score if known else 0.1, fact.evidence if known else ())
    others = max((s.score for c, s in found.items() if not _means_absence(dimension.code(c))), default=0.0)
    for code in dimension.codes:
        if _means_absence(code) and fact is None and code.cues == Cues():
            found[code.id] = _Scored(1 - others)
    return found


def _means_absence(code: Code | None) -> bool:
    return code is not None and (code.missing or code.otherwise)


def _from_mentions(dimension: Dimension, mentions: Sequence[_Mention]) -> _Scored:
    counted = COUNTED[dimension.counts]
    positive = sorted((m for m in mentions if m.evidence.status in counted), key=lambda m: -m.weight)
    held = sorted((m for m in mentions if m.evidence.status not in counted), key=lambda m: -m.weight)
    miss = 1.0
    for mention in positive:
        miss *= 1 - min(mention.weight, _HIGHEST)
    return _Scored(
        1 - miss,
        tuple(m.evidence for m in positive[:MOST_QUOTES]),
        tuple(m.evidence for m in held[:MOST_QUOTES]),
    )


def _following(code: Code, own: _Scored, chosen: Mapping[str, frozenset[str]]) -> _Scored:
    """The score of a code that follows from others: its own cues, and 0.6 where every rule holds."""
    holds = True
    for rule in code.follows:
        codes = chosen.get(rule.dimension, frozenset())
        count = len(codes & set(rule.codes)) if rule.codes else len(codes)
        holds = holds and count >= rule.min and (rule.max is None or count <= rule.max)
    score = 1 - (1 - own.score) * (1 - 0.6) if holds else own.score
    return _Scored(score, own.evidence, own.held_back)
