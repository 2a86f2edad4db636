"""The audit sample: a simple random sample without replacement, by permanent random numbers.

Every report of the population gets a number between 0 and 1 once and for all; the sample are the reports
with the smallest numbers, in their order (Ohlsson 1995, "Coordination of samples using permanent random
numbers", in Business Survey Methods). Any first part of it is a simple random sample too, so that it can be
coded in that order and stopped early. Reports that arrive later get numbers of their own and are sampled at
the same probability in a stratum of their own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ctg_nlp.records import AuditUnit

LEAST_DOUBLE = 20
"""Double-coded reports below which agreement says little."""
LEAST_OF_EACH = 10
"""Double-coded reports that each coder should have at least."""


@dataclass(frozen=True, slots=True)
class Given:
    """A report of the sample and the coders who code it, each blind."""

    report_id: str
    coders: tuple[str, ...]


def drawn(report_ids: Iterable[str], size: int, draw: int, seed: int) -> tuple[AuditUnit, ...]:
    """The population with its random numbers, sampled ones first. The same seed gives the same numbers,
    whatever the order in which the reports are given."""
    numbers = sorted(
        (random.Random(f"{seed}|{draw}|{report_id}").random(), report_id) for report_id in report_ids
    )
    return tuple(
        AuditUnit(report_id, draw, number, i if i <= size else 0)
        for i, (number, report_id) in enumerate(numbers, start=1)
    )


def size_for(population: int, probability: float, seed: int) -> int:
    """How many of later arrivals to sample, so that each has just that probability: what is no whole number
    is rounded up or down by chance."""
    exact = population * probability
    return min(population, math.floor(exact + random.Random(f"{seed}|size").random()))


def allocated(order: Sequence[str], coders: Sequence[str], double: int) -> tuple[Given, ...]:
    """Who codes which report of the sample: the first `double` ones two coders, the others one.

    Pairs and single coders take turns, so that everybody codes about as much, with everybody else.
    """
    pairs = [(a, b) for i, a in enumerate(coders) for b in coders[i + 1 :]]
    work = dict.fromkeys(coders, 0)
    met = dict.fromkeys(pairs, 0)
    given = []
    for i, report_id in enumerate(order):
        chosen: tuple[str, ...]
        if i < double and pairs:
            pair = min(pairs, key=lambda p: (met[p], work[p[0]] + work[p[1]], pairs.index(p)))
            met[pair] += 1
            chosen = pair
        else:
            chosen = (min(coders, key=lambda c: (work[c], coders.index(c))),)
        for coder in chosen:
            work[coder] += 1
        given.append(Given(report_id, chosen))
    return tuple(given)


def shortfalls(given: Sequence[Given], coders: Sequence[str]) -> tuple[str, ...]:
    """What a sample lacks for agreement that one can publish, in sentences; empty where nothing."""
    double = [g for g in given if len(g.coders) > 1]
    found = []
    if len(double) < LEAST_DOUBLE:
        found.append(f"{len(double)} reports are double-coded; agreement wants at least {LEAST_DOUBLE}.")
    for coder in coders:
        mine = sum(coder in g.coders for g in double)
        if double and mine < LEAST_OF_EACH:
            found.append(
                f"{coder} codes {mine} of the double-coded reports; at least {LEAST_OF_EACH} are wanted."
            )
    return tuple(found)
