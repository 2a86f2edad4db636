"""Decisions made under an older version of the framework, read by the one of now.

They are never changed in the store: this is how they are read. A rename carries the answer. Of codes that
were merged the new one is present if any was, and absent only if all were. Of a code that was split the parts
are absent if it was; where it was present, which of them is remains to be decided. A new code is undecided,
in a single-choice dimension too, and what was decided on a retired code counts no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ctg_nlp.framework import Framework
from ctg_nlp.history import CARRIED, Key, Rule, Rules, rules_since
from ctg_nlp.records import Answer, Decision

ADJUDICATOR = "adjudicator"
Person = tuple[str, str]  # role and coder
Placed = tuple[int, Decision]  # with its place in the order of decisions


def carried(
    decisions: Iterable[Decision], framework: Framework, *, each_coder: bool = False
) -> tuple[Decision, ...]:
    """The decisions as if they were made under this framework, in their order.

    Where several old codes make a new one, coders are taken together, as the tables do: what one says of
    one code and another of the other completes each other. With `each_coder` everybody speaks for
    themselves. Decisions made under this version, another framework, or without a history stay what they are.
    """
    given = tuple(decisions)
    if not framework.history:
        return given
    rules = {f: rules_since(framework, f) for f in {d.framework_id for d in given}}
    old: dict[str, list[Placed]] = {}
    left: list[Placed] = []
    for place, d in enumerate(given):
        (old.setdefault(d.report_id, []) if _is_old(d, rules) else left).append((place, d))
    if not old:
        return given
    made = _carried(left, old, rules, framework, each_coder)
    return tuple(d for _, d in sorted(made, key=lambda placed: placed[0]))


def unseen(decision: Decision, framework: Framework) -> frozenset[str]:
    """The codes of its dimension that there were not when a decision was made, by any name; none of one that
    was not carried."""
    _, carried_from, version = decision.framework_id.partition(CARRIED)
    known = rules_since(framework, version) if carried_from else None
    if known is None:
        return frozenset()
    new = (key for key, rule in known.sources.items() if any(source.key is None for source in rule))
    return frozenset(code for dimension, code in new if dimension == decision.dimension)


def _is_old(d: Decision, rules: Mapping[str, Rules | None]) -> bool:
    known = rules[d.framework_id]
    return known is not None and d.dimension in known.dimensions


def _carried(
    left: Sequence[Placed],
    old: Mapping[str, Sequence[Placed]],
    rules: Mapping[str, Rules | None],
    framework: Framework,
    each_coder: bool,
) -> Iterator[Placed]:
    new: dict[str, list[Placed]] = {}
    for place, d in left:
        if d.report_id in old:
            new.setdefault(d.report_id, []).append((place, d))
        else:
            yield place, d
    for report_id, mine in old.items():
        yield from _OneReport(framework, rules, each_coder).read(new.get(report_id, []), mine)


@dataclass(frozen=True, slots=True)
class _OneReport:
    framework: Framework
    rules: Mapping[str, Rules | None]
    each_coder: bool

    def read(self, new: Sequence[Placed], old: Sequence[Placed]) -> Iterator[Placed]:
        """The decisions on one report, those of older versions carried over."""
        speaks = self._speaks([*new, *old])
        for place, d in new:
            if speaks.get(((d.dimension, d.code or ""), _person(d)), d.framework_id) == d.framework_id:
                yield place, d
        pools: dict[tuple[str, Key], list[Placed]] = {}
        for placed in old:
            d = placed[1]
            for target in self._targets(d):
                if speaks[target, _person(d)] == d.framework_id:
                    pools.setdefault((d.framework_id, target), []).append(placed)
        for (version, target), pool in pools.items():
            yield from self._voices(target, self._rule(version, target), pool)

    def _speaks(self, decisions: Sequence[Placed]) -> dict[tuple[Key, Person], str]:
        """Under which version each person spoke last on each code of now: what they said under others is
        replaced by it."""
        last: dict[tuple[Key, Person], tuple[int, str]] = {}
        for place, d in decisions:
            for target in self._targets(d) if _is_old(d, self.rules) else ((d.dimension, d.code or ""),):
                at = (target, _person(d))
                if at not in last or last[at][0] <= place:
                    last[at] = (place, d.framework_id)
        return {at: version for at, (_, version) in last.items()}

    def _voices(self, target: Key, rule: Rule, pool: Sequence[Placed]) -> Iterator[Placed]:
        if len(rule) == 1 and rule[0].exact:
            for place, d in pool:
                yield place, self._as(d, target)
            return
        together: dict[Person | str, list[Placed]] = {}
        for placed in pool:
            d = placed[1]
            apart = self.each_coder or d.role == "trainee"
            together.setdefault(_person(d) if apart else "together", []).append(placed)
        for said in together.values():
            yield from self._joined(target, rule, said)

    def _joined(self, target: Key, rule: Rule, pool: Sequence[Placed]) -> Iterator[Placed]:
        """What the last words on all sources of a code come to: one decision, two where coders disagree, or
        none."""
        place = max(place for place, _ in pool)
        words = {s.key: _last_words(pool, s.key) for s in rule}
        settled = {key: settle(said) for key, said in words.items()}
        answers = {key: {d.answer for d in said} for key, said in settled.items()}
        yes = [s.key for s in rule if s.exact and answers[s.key] == {Answer.PRESENT}]
        torn = [s.key for s in rule if s.exact and len(answers[s.key]) > 1]
        if yes:
            speaking = [d for key in yes for d in settled[key]]
            settled_it = any(d.role == ADJUDICATOR for d in speaking)
            yield place, self._one(target, speaking, Answer.PRESENT, settled_it)
        elif torn:
            for d in settled[torn[0]]:
                yield place, self._as(d, target)
        elif all(answers[s.key] == {Answer.ABSENT} for s in rule):
            speaking = [d for said in settled.values() for d in said]
            settled_it = all(d.role == ADJUDICATOR for d in speaking)
            yield place, self._one(target, speaking, Answer.ABSENT, settled_it)
        elif self.each_coder and any(d.answer is Answer.UNSURE for by in words.values() for d in by.values()):
            yield (
                place,
                self._one(target, [d for _, d in pool], Answer.UNSURE, pool[0][1].role == ADJUDICATOR),
            )

    def _one(self, target: Key, speaking: Sequence[Decision], answer: Answer, settled: bool) -> Decision:
        """One decision for several, an adjudicator's where they `settled` it."""
        last = max(speaking, key=lambda d: (settled and d.role == ADJUDICATOR, d.sequence))
        quoted = tuple(dict.fromkeys(e for d in speaking if d.answer is answer for e in d.evidence))
        role = "trainee" if last.role == "trainee" else ADJUDICATOR if settled else "coder"
        return replace(self._as(last, target), answer=answer, evidence=quoted, role=role)

    def _as(self, d: Decision, target: Key) -> Decision:
        said = f"{self.framework.framework_id}{CARRIED}{d.framework_id}"
        return replace(d, dimension=target[0], code=target[1] or None, framework_id=said)

    def _targets(self, d: Decision) -> tuple[Key, ...]:
        return self._known(d.framework_id).targets.get((d.dimension, d.code or ""), ())

    def _rule(self, version: str, target: Key) -> Rule:
        return self._known(version).sources[target]

    def _known(self, version: str) -> Rules:
        known = self.rules[version]
        assert known is not None  # only decisions of versions with rules are old
        return known


def _person(d: Decision) -> Person:
    return d.role, d.coder


def _last_words(pool: Sequence[Placed], key: Key | None) -> dict[Person, Decision]:
    return {_person(d): d for _, d in pool if (d.dimension, d.code or "") == key}  # later ones replace


def settle(said: Mapping[Person, Decision]) -> list[Decision]:
    """The decisions that speak: the last adjudicator's if there is one, else each coder's that is sure."""
    adjudicated = [d for (role, _), d in said.items() if role == ADJUDICATOR]
    if adjudicated:
        last = max(adjudicated, key=lambda d: d.sequence)
        return [] if last.answer is Answer.UNSURE else [last]
    return [d for d in said.values() if d.answer is not Answer.UNSURE]
