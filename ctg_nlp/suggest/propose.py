"""Proposing codes for a report: what the raters say, the facts, and what follows from both.

Each code is scored by what its raters come to together: by the classifier where enough decisions have
taught it, else by the cues. Facts of the whole report and codes that follow from others come last; then
the framework's constraints hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ctg_nlp.constraints import admissible
from ctg_nlp.enquiry import pairs
from ctg_nlp.errors import FrameworkError
from ctg_nlp.framework import Code, Cues, Dimension, Framework
from ctg_nlp.records import Evidence, Opinion, Passage, Suggestion
from ctg_nlp.suggest.classifier import Classifier, Learned
from ctg_nlp.suggest.cues import THRESHOLD, CueRater, CueReading, Key, Mention, noisy_or
from ctg_nlp.suggest.facts import FINDERS
from ctg_nlp.suggest.findings import FactFinding, evidence_of
from ctg_nlp.suggest.follows import rule_score
from ctg_nlp.suggest.linked import linked
from ctg_nlp.suggest.rater import Rater, Rating

MOST_QUOTES = 3
_FACTS = "facts-1"
_FOLLOWING = 0.6  # how much it says that all rules hold from which a code follows
_UNLIKELY = 0.1  # the score of a code that a fact speaks against


@dataclass(frozen=True, slots=True)
class _Scored:
    """A code before constraints: its score, its threshold, what shows it, what was held back, who spoke."""

    score: float
    threshold: float = THRESHOLD
    evidence: tuple[Evidence, ...] = ()
    held_back: tuple[Evidence, ...] = ()
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reading:
    """All that was found in one report."""

    passages: Sequence[Passage]
    cues: CueReading
    facts: Mapping[str, FactFinding]
    learned: Mapping[Key, Learned]
    ratings: tuple[tuple[str, Mapping[Key, Rating]], ...]


class Proposer:
    """The raters of one framework, made once; `propose` may be called from several threads.

    Raises `FrameworkError` naming the code whose cue, or the dimension whose fact, cannot be used.
    """

    def __init__(
        self, framework: Framework, classifier: Classifier | None = None, raters: Sequence[Rater] = ()
    ) -> None:
        self.framework, self.classifier, self.raters = framework, classifier, tuple(raters)
        self.cues = CueRater(framework)
        for dimension in framework.dimensions:
            if dimension.fact and dimension.fact not in FINDERS:
                known = ", ".join(sorted(FINDERS))
                raise FrameworkError(
                    f"{dimension.id}: there is no fact {dimension.fact!r}; there are {known}."
                )
        self._pairs = {d.id: pairs(d, framework) for d in framework.dimensions if d.links is not None}
        parts = [self.cues.rater_id, *([classifier.model_id] if classifier else [])]
        self.model_id = "|".join([*parts, *sorted(r.rater_id for r in self.raters)])

    def propose(self, report_id: str, passages: Sequence[Passage]) -> tuple[Suggestion, ...]:
        """A suggestion for every code and value of the framework, those not suggested included.

        Each has at most three quotes of at most 60 words, best first, `boxes` empty; a code that means
        absence has none.
        """
        reading = self._read(passages)
        scored: dict[str, dict[str, _Scored]] = {}
        chosen: dict[str, frozenset[str]] = {}
        given: dict[str, dict[str, float]] = {}
        for dimension in _givers_first(self.framework.dimensions):
            if dimension.coded:
                found = _scores(dimension, reading, given, self.cues.rater_id)
                found |= self._links(dimension, reading)
                above = {c for c, s in found.items() if s.score >= s.threshold}
                margins = {c: s.score - s.threshold for c, s in found.items()}
                chosen[dimension.id] = admissible(dimension, margins, above)
                scored[dimension.id] = found
                given[dimension.id] = {c.id: found[c.id].score for c in dimension.codes if not c.missing}
        return tuple(
            suggestion
            for dimension in self.framework.dimensions
            for suggestion in self._suggestions(report_id, dimension, scored, chosen, reading.facts)
        )

    def _links(self, dimension: Dimension, reading: _Reading) -> dict[str, _Scored]:
        """The pairs of a dimension of links that nobody has taught the classifier."""
        untaught = [
            p for p in self._pairs.get(dimension.id, ()) if (dimension.id, p.code) not in reading.learned
        ]
        if not untaught:
            return {}
        found = linked(untaught, dimension, self.framework, reading.cues)
        return {code: self._link(mentions, reading.passages) for code, mentions in found.items()}

    def _link(self, found: Sequence[Mention], passages: Sequence[Passage]) -> _Scored:
        score = noisy_or(found)
        opinions = (Opinion(self.cues.rater_id, round(score, 4), score >= THRESHOLD),)
        shown = tuple(_cue_evidence(m, passages) for m in found[:MOST_QUOTES])
        return _Scored(score, evidence=shown, opinions=opinions)

    def _read(self, passages: Sequence[Passage]) -> _Reading:
        cues = self.cues.read(passages)
        return _Reading(
            passages,
            cues,
            {name: FINDERS[name](passages) for name in {d.fact for d in self.framework.dimensions if d.fact}},
            self.classifier.rate(self.framework, passages, cues) if self.classifier else {},
            tuple((r.rater_id, r.rate(passages)) for r in self.raters),
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
                opinions=(Opinion(_FACTS, fact.score, True),) if dimension.fact else (),
            )  # fmt: skip
            return
        for code in dimension.codes:
            found = scored[dimension.id][code.id]
            yield Suggestion(
                report_id, dimension.id, code.id, round(found.score, 4), round(found.threshold, 4),
                code.id in chosen[dimension.id], *made_by,
                evidence=() if code.missing else found.evidence[:MOST_QUOTES],
                held_back=found.held_back[:MOST_QUOTES], opinions=found.opinions,
            )  # fmt: skip


def _givers_first(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """Dimensions whose codes follow from others come last."""
    return sorted(dimensions, key=lambda d: any(c.follows for c in d.codes))


def _scores(
    dimension: Dimension,
    reading: _Reading,
    given: Mapping[str, Mapping[str, float]],
    cue_rater: str,
) -> dict[str, _Scored]:
    fact = reading.facts.get(dimension.fact)
    if fact is not None:
        return {c.id: _from_fact(c, fact) for c in dimension.codes}
    found = {c.id: _from_raters(dimension, c, reading, cue_rater) for c in dimension.codes}
    for code in dimension.codes:
        if code.follows:
            learned = reading.learned.get((dimension.id, code.id))
            found[code.id] = _following(code, found[code.id], given, learned)
    present = max((s.score for c, s in found.items() if not _means_absence(dimension.code(c))), default=0.0)
    for code in dimension.codes:
        taught = (dimension.id, code.id) in reading.learned
        if _means_absence(code) and code.cues == Cues() and not taught:
            found[code.id] = _Scored(1 - present)
    return found


def _from_fact(code: Code, fact: FactFinding) -> _Scored:
    said = fact.value == code.id or (fact.value is None and code.missing)
    score = fact.score if said else _UNLIKELY
    return _Scored(score, evidence=fact.evidence if said else (), opinions=(Opinion(_FACTS, score, said),))


def _from_raters(dimension: Dimension, code: Code, reading: _Reading, cue_rater: str) -> _Scored:
    """What the raters come to: the classifier's word where it was taught, else the cues and the others."""
    key = (dimension.id, code.id)
    counted, held = reading.cues.counted(dimension, code.id), reading.cues.held(dimension, code.id)
    quoted = counted[:MOST_QUOTES]  # all are counted, none is quoted in vain
    by_cues = noisy_or(counted)
    opinions = [Opinion(cue_rater, round(by_cues, 4), by_cues >= THRESHOLD)] if code.cues != Cues() else []
    others = [(rater, ratings[key]) for rater, ratings in reading.ratings if key in ratings]
    opinions += [Opinion(rater, round(r.score, 4), r.says) for rater, r in others]
    held_back = tuple(_cue_evidence(m, reading.passages) for m in held[:MOST_QUOTES])
    learned = reading.learned.get(key)
    if learned is not None:
        opinions.append(learned.opinion)
        return _Scored(
            learned.score, learned.threshold, learned.evidence, held_back + learned.held_back, tuple(opinions)
        )
    miss = 1 - by_cues
    for _, rating in others:
        miss *= 1 - (rating.score if rating.says else 0.0)
    shown = tuple(_cue_evidence(m, reading.passages) for m in quoted)
    shown += tuple(e for _, rating in others if rating.says for e in rating.evidence)
    return _Scored(1 - miss, THRESHOLD, shown, held_back, tuple(opinions))


def _cue_evidence(mention: Mention, passages: Sequence[Passage]) -> Evidence:
    passage = passages[mention.passage]
    words = passage.text[mention.start : mention.end]
    return evidence_of(passage, mention.start, mention.end, mention.status, because=(words,))


def _means_absence(code: Code | None) -> bool:
    return code is not None and (code.missing or code.otherwise)


def _following(
    code: Code, own: _Scored, given: Mapping[str, Mapping[str, float]], learned: Learned | None
) -> _Scored:
    """The score of a code that follows from others, from its own and from how far its rules hold."""
    holds = rule_score(code, given)
    score = (
        learned.with_rule(holds) if learned is not None else 1 - (1 - own.score) * (1 - _FOLLOWING * holds)
    )
    return _Scored(score, own.threshold, own.evidence, own.held_back, own.opinions)
