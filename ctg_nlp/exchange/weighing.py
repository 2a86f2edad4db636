"""What a file says beside what its coders said here: the same, another word, or what cannot go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ctg_nlp.constraints import violations
from ctg_nlp.exchange.foreign import Brought
from ctg_nlp.exchange.gathering import last_words
from ctg_nlp.exchange.people_in import in_order
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Answer, Decision
from ctg_nlp.review.carrying import carried

Words = Mapping[tuple[str, str, str, str | None], Decision]
"""Last words by coder, role, dimension and code."""


def words_of(decisions: Sequence[Decision], framework: Framework) -> Words:
    """Everybody's last word on every code of the framework of now."""
    words, _ = last_words(carried(decisions, framework, each_coder=True), framework)
    return {(d.coder, d.role, d.dimension, d.code): d for d in words}


def breaks(framework: Framework, before: Words, after: Words, of: Brought) -> str:
    """Which rule a coder's codes would break together with those that stand; empty for none."""
    for dimension in (d for d in framework.dimensions if d.coded):
        present = [
            {key[3] for key, d in words.items()
             if key[:3] == (of.coder, of.role, dimension.id) and d.answer is Answer.PRESENT}
            for words in (before, after)
        ]  # fmt: skip
        broken = violations(dimension, [c for c in present[1] if c]) if present[1] - present[0] else ()
        if broken:
            return f"{'; '.join(broken)}, together with what {of.coder} says here already"
    return ""


def absent(made: Sequence[tuple[Decision, Brought]], dimension: Dimension) -> list[tuple[Decision, Brought]]:
    """The codes that were not given as absent, said with the last that was."""
    said = {d.code for d, _ in made}
    last, of = max(made, key=lambda pair: in_order(pair[0].time))
    return [
        (replace(last, code=c.id, answer=Answer.ABSENT, evidence=(), note="", value=None), of)
        for c in dimension.codes
        if c.id not in said
    ]


def contradicts(before: Decision, now: Decision) -> bool:
    """Whether it is another answer or value."""
    return (before.answer, before.value) != (now.answer, now.value)


def shown(d: Decision) -> str:
    """What was said, in a word or the beginning of its value."""
    return str(d.answer) if d.value is None else repr(d.value)[:60]


def merged(brought: Sequence[Brought]) -> list[Brought]:
    """One for each code, with all quotes and notes, at the time of the last; of two values the last."""
    found: dict[str | None, Brought] = {}
    for b in sorted(brought, key=lambda b: in_order(b.time)):
        before = found.get(b.key[1])
        if before is not None and before.answer is b.answer:
            quotes = tuple(dict.fromkeys((*before.quotes, *b.quotes)))
            notes = dict.fromkeys(n for n in (before.note, b.note) if n)
            b = replace(b, quotes=quotes, note="\n".join(notes))
        found[b.key[1]] = b
    return list(found.values())


def says_the_same(before: Decision, now: Decision) -> bool:
    """The same answer with no quote that is new: what is there need not be said once more."""
    quotes = {e.quote for e in before.evidence}
    same = (before.answer, before.value) == (now.answer, now.value)
    return same and all(e.quote in quotes for e in now.evidence) and now.note in ("", before.note)
