"""What a set of codes may be: one place that suggestions, imports and the review page all ask."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ctg_nlp.framework import Code, Dimension

QUOTE_MARK = re.compile(r"\[\[\s*q(?:uote)?\s*\d+\s*\]\]", re.IGNORECASE)
"""What stands for a quotation in the narrative ("[[quote 12]]") and in case studies ("[[q3]]"), however
spaced. Elsewhere it would be printed as it stands, and so is refused."""
_WITH_IT = "quotes of an answer are taken as its passages (in a file under evidence, value), not by number"
LARGEST = 1_000_000_000
"""The largest value of a number dimension: beyond it a database may not keep each digit."""


def violations(dimension: Dimension, codes: Collection[str]) -> tuple[str, ...]:
    """Say which rules of the framework a set of codes breaks, one sentence each; empty if none.

    An empty set is always allowed: a coder may decide that nothing applies.
    """
    known = {c.id for c in dimension.codes}
    found = []
    unknown = sorted(set(codes) - known)
    if unknown:
        found.append(
            f"{dimension.id} has no code {', '.join(unknown)}; its codes are {', '.join(sorted(known))}"
        )
    chosen = [c for c in dimension.codes if c.id in codes]
    if dimension.kind == "single" and len(chosen) > 1:
        found.append(f"{dimension.id} takes one code, not {len(chosen)} ({_names(chosen)})")
    alone = [c for c in chosen if c.exclusive]
    if dimension.kind == "multi" and alone and len(chosen) > 1:
        others = _names([c for c in chosen if c is not alone[0]])
        found.append(f"{dimension.id}: {alone[0].id} stands alone and cannot go with {others}")
    return tuple(found)


def value_violations(dimension: Dimension, value: object) -> tuple[str, ...]:
    """The same for the value of a number or text dimension; None (it cannot be told) is allowed."""
    if value is None:
        return ()
    if dimension.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
            return (f"{dimension.id} takes a whole number from 0 to {LARGEST}, or null, not {value!r}",)
        return ()
    if dimension.kind == "text":
        if not isinstance(value, str) or not value.strip():
            return (f"{dimension.id} takes a text, or null, not {value!r}",)
        mark = QUOTE_MARK.search(value)
        if mark is not None:
            return (f"{dimension.id}: {mark[0]} would be printed as it stands; {_WITH_IT}",)
        return ()
    return (f"{dimension.id} takes codes, not a value",)


def admissible(dimension: Dimension, scores: Mapping[str, float], chosen: Collection[str]) -> frozenset[str]:
    """The best admissible subset of what a rater would choose.

    Of a single-choice dimension the highest score remains. A code that stands alone remains only if no
    other code was chosen or if it scores higher than each of them. A code that means absence ("missing",
    "otherwise") is added where nothing else was chosen.
    """
    rank = {c.id: (scores.get(c.id, 0.0), -i) for i, c in enumerate(dimension.codes)}
    kept = {c.id for c in dimension.codes if c.id in chosen}
    if not kept:
        fallback = next((c.id for c in dimension.codes if c.otherwise or c.missing), None)
        return frozenset() if fallback is None else frozenset({fallback})
    best = max(kept, key=lambda c: rank[c])
    if dimension.kind == "single":
        return frozenset({best})
    exclusive = {c.id for c in dimension.codes if c.exclusive}
    if best in exclusive:
        return frozenset({best})
    return frozenset(kept - exclusive)


def _names(codes: Collection[Code]) -> str:
    return ", ".join(c.id for c in codes)
