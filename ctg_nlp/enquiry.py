"""What a framework says of the second stage: the questions of the enquiry, links, what is coded over quotes.

`with_pairs` makes the codes of dimensions that link two others; `broken_enquiry` checks what the file says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ctg_nlp.framework import Code, CodeGroup, Dimension, Framework

BETWEEN = "__"
"""Between the ids of the two codes of a pair, in the pair's id."""
LONGEST_ID = 100
"""Letters of an id, of a pair as of a code."""
PARTS = 6
"""The most parts of a drawing: more cannot be read beside each other."""
Location = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A code of a dimension of links (`code` is its id), and the two that it links."""

    code: str
    source: Code
    target: Code


def pairs(dimension: Dimension, framework: Framework) -> tuple[Pair, ...]:
    """The pairs of a dimension of links, row by row; none for another dimension.

    Codes that say that nothing is told, or that stand alone, link to nothing.
    """
    if dimension.links is None:
        return ()
    source = framework.dimension(dimension.links.from_)
    target = framework.dimension(dimension.links.to)
    if source is None or target is None:
        return ()
    return tuple(Pair(f"{a.id}{BETWEEN}{b.id}", a, b) for a in _linkable(source) for b in _linkable(target))


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A question of the enquiry with the dimensions that answer it."""

    id: str
    label: str
    dimensions: tuple[Dimension, ...]

    @property
    def alone(self) -> bool:
        """Whether it says no more than its one dimension does."""
        return [(d.id, d.title) for d in self.dimensions] == [(self.id, self.label)]


def enquiries(framework: Framework) -> tuple[Enquiry, ...]:
    """The questions of a framework in order; a dimension of the second stage that no question names is a
    question of its own. A framework without a second stage has one question for each dimension of the map."""
    known = {d.id: d for d in framework.dimensions}
    declared = tuple(
        Enquiry(q.id, q.label, tuple(known[name] for name in q.dimensions if name in known))
        for q in framework.questions
    )
    return declared + tuple(Enquiry(d.id, d.title, (d,)) for d in _alone(framework))


def _alone(framework: Framework) -> tuple[Dimension, ...]:
    """The dimensions that are questions of their own."""
    named = {name for q in framework.questions for name in q.dimensions}
    left = framework.stage("indepth") or (() if framework.questions else framework.dimensions)
    return tuple(d for d in left if d.id not in named)


def _linkable(dimension: Dimension) -> list[Code]:
    return [c for c in dimension.codes if not (c.missing or c.exclusive)]


def with_pairs(framework: Framework) -> Framework:
    """The framework with the codes of its links; each code of the first dimension heads its pairs."""
    if all(d.links is None for d in framework.dimensions):
        return framework
    return replace(framework, dimensions=tuple(_paired(d, framework) for d in framework.dimensions))


def _paired(dimension: Dimension, framework: Framework) -> Dimension:
    if dimension.links is None or dimension.codes or broken_links(dimension, framework):
        return dimension
    made = pairs(dimension, framework)
    codes = tuple(
        Code(p.code, f"{p.source.label} → {p.target.label}", _said(p), group=p.source.id) for p in made
    )
    heads = {p.source.id: CodeGroup(p.source.id, p.source.label) for p in made}
    return replace(dimension, codes=codes, groups=tuple(heads.values()))


def _said(pair: Pair) -> str:
    return f"The report ties “{pair.target.label}” to “{pair.source.label}”."


def broken_links(dimension: Dimension, framework: Framework) -> str:
    """What is wrong with the links of a dimension, in a sentence, or empty."""
    if dimension.links is None:
        return ""
    if dimension.kind != "multi":
        return "only a multi dimension can have links."
    for name in (dimension.links.from_, dimension.links.to):
        linked = framework.dimension(name)
        if linked is None:
            return f"it links {name}, which does not exist."
        if not linked.coded or linked.links is not None:
            return f"it links {name}, which has no codes of its own."
    long = next((p.code for p in pairs(dimension, framework) if len(p.code) > LONGEST_ID), "")
    if long:
        return (
            f"the id {long} of a pair would have more than {LONGEST_ID} letters; shorten those of its codes."
        )
    return ""


def broken_enquiry(framework: Framework) -> Iterator[tuple[Location, str]]:
    """Where the file breaks a rule of the second stage, as a location and a sentence."""
    ids = [q.id for q in framework.questions]
    for i in [i for i, name in enumerate(ids) if name in ids[:i]]:
        yield ("questions", i), f"two questions have the id {ids[i]}."
    asked: dict[str, str] = {}
    for i, question in enumerate(framework.questions):
        for name in question.dimensions:
            if framework.dimension(name) is None:
                yield ("questions", i), f"{question.id} names the dimension {name}, which does not exist."
            if name in asked:
                yield ("questions", i), f"{name} belongs to the question {asked[name]} already."
            asked.setdefault(name, question.id)
    alone = {d.id for d in _alone(framework)}
    for i, name in enumerate(ids):
        if name in alone:
            yield (
                ("questions", i),
                f"the question {name} has the id of a dimension that no question names, which is a question "
                "of its own: name it in one, or give the question another id.",
            )
    for i, dimension in enumerate(framework.dimensions):
        yield from ((("dimensions", i, *where), rule) for where, rule in _broken_in(dimension, framework))


def _broken_in(dimension: Dimension, framework: Framework) -> Iterator[tuple[Location, str]]:
    wrong = broken_links(dimension, framework)
    if wrong:
        yield ("links",), f"{dimension.id}: {wrong}"
    elif dimension.links is not None and {c.id for c in dimension.codes} != {
        p.code for p in pairs(dimension, framework)
    }:
        yield ("codes",), f"{dimension.id}: the codes of a dimension with links are made, not given."
    for place, code in enumerate(dimension.codes):
        if code.diagram is not None and not 1 <= len(code.diagram.parts) <= PARTS:
            yield ("codes", place, "diagram"), f"{code.id}: a drawing has one to {PARTS} parts."
    if dimension.over_quotes and not (dimension.coded and dimension.stage == "indepth"):
        yield ("over_quotes",), f"{dimension.id}: only a coded dimension of the second stage is over quotes."
