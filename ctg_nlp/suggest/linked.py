"""Suggesting links: a code of one dimension and one of another that count in the same passage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ctg_nlp.enquiry import Pair
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.suggest.cues import CueReading, Mention

_TIED = 0.75
"""How much it says that both stand in one passage: a sign, no proof, that one came of the other."""


def linked(
    found: Sequence[Pair], dimension: Dimension, framework: Framework, cues: CueReading
) -> dict[str, tuple[Mention, ...]]:
    """The passages that may tie the two codes of each pair of a dimension of links, likeliest first; each
    from the first to the last word that spoke."""
    assert dimension.links is not None
    source, target = framework.dimension(dimension.links.from_), framework.dimension(dimension.links.to)
    assert source is not None and target is not None  # as the file's rules have it
    causes = {c: _by_passage(cues, source, c) for c in {p.source.id for p in found}}
    effects = {c: _by_passage(cues, target, c) for c in {p.target.id for p in found}}
    return {p.code: _together(causes[p.source.id], effects[p.target.id]) for p in found}


def _by_passage(cues: CueReading, dimension: Dimension, code: str) -> dict[int, Mention]:
    """The heaviest mention of a code in each passage."""
    return {m.passage: m for m in reversed(cues.counted(dimension, code))}


def _together(causes: Mapping[int, Mention], effects: Mapping[int, Mention]) -> tuple[Mention, ...]:
    def tied() -> Iterator[Mention]:
        for passage in causes.keys() & effects.keys():
            here, there = causes[passage], effects[passage]
            start, end = min(here.start, there.start), max(here.end, there.end)
            yield Mention(passage, _TIED * min(here.weight, there.weight), there.status, start, end)

    return tuple(sorted(tied(), key=lambda m: (-m.weight, m.passage)))
