"""How far the rules hold from which a code follows, when what they rest on is only likely.

The number of codes present is a sum of unequal chances (Poisson-binomial); its distribution is exact by
convolution. See Hong 2013, doi:10.1016/j.csda.2012.10.006.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ctg_nlp.framework import Code


def rule_score(code: Code, scores: Mapping[str, Mapping[str, float]]) -> float:
    """The chance that all rules of a code hold, from 0 to 1, given each other code's score by dimension."""
    chance = 1.0
    for rule in code.follows:
        given = scores.get(rule.dimension, {})
        counted = [s for c, s in given.items() if not rule.codes or c in rule.codes]
        distribution = counts(counted)
        most = len(distribution) - 1 if rule.max is None else rule.max
        chance *= sum(distribution[rule.min : most + 1])
    return min(chance, 1.0)


def counts(chances: Sequence[float]) -> list[float]:
    """The distribution of how many of these independent events happen: entry k is the chance of k."""
    distribution = [1.0]
    for p in chances:
        missed = [q * (1 - p) for q in distribution] + [0.0]
        for k, q in enumerate(distribution):
            missed[k + 1] += q * p
        distribution = missed
    return distribution
