"""What a reader of published tables can compute with: whole numbers that are tied to each other.

Disclosure control asks of such a system how far a withheld number could still be another one. A tie may be
stronger than what a reader can be sure of (it is taken where the figures allow it), never weaker: too much
is withheld then, not too little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_matrix

from ctg_nlp.errors import CtgError

Key = tuple[str, ...]
ENDLESS = float("inf")
_SECONDS = 60.0
"""Longest search for one answer; without one there are no tables. As a rule it takes a hundredth of one."""
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True)
class Tie:
    """`low` <= the sum of factors times numbers <= `high`."""

    factors: tuple[tuple[int, int], ...]
    low: float
    high: float


@dataclass(slots=True)
class System:
    """Numbers with their true values, what each can be at all, and their ties."""

    keys: dict[Key, int] = field(default_factory=dict)
    values: list[int] = field(default_factory=list)
    lows: list[int] = field(default_factory=list)
    highs: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    ties: list[Tie] = field(default_factory=list)
    _parts: dict[int, Part] = field(default_factory=dict)

    def add(self, key: Key, value: int, high: int, weight: int = 1) -> int:
        """The place of the number of that key, which is new or has been there. `weight`: what it would
        cost to withhold it."""
        place = self.keys.get(key)
        if place is None:
            place = self.keys[key] = len(self.values)
            self.values.append(value)
            self.lows.append(0)
            self.highs.append(max(high, value))
            self.weights.append(weight)
        return place

    def narrow(self, place: int, low: int, high: int) -> None:
        """Say that a number cannot leave these limits, if its true value keeps them."""
        if low <= self.values[place] <= high:
            self.lows[place] = max(self.lows[place], low)
            self.highs[place] = min(self.highs[place], high)

    def tie(self, factors: Iterable[tuple[int, int]], low: float, high: float = ENDLESS) -> bool:
        """Add a tie if it is true. Returns whether it is."""
        summed: dict[int, int] = {}
        for place, factor in factors:
            summed[place] = summed.get(place, 0) + factor
        kept = tuple((p, f) for p, f in summed.items() if f)
        total = sum(f * self.values[p] for p, f in kept)
        true = low <= total <= high
        if true and kept:
            self.ties.append(Tie(kept, low, high))
        return true

    def forget_parts(self) -> None:
        """To be called where a number or tie was added after `part` was asked for."""
        self._parts = {}

    def part(self, place: int) -> Part:
        """The numbers that hang together with this one."""
        if not self._parts:
            self._parts = _parts(self)
        return self._parts[place]


@dataclass(slots=True)
class Part:
    """Numbers of a system that hang together, with their ties as a matrix."""

    places: tuple[int, ...]
    matrix: csr_matrix
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def extreme(self, system: System, place: int, sign: int) -> int:
        """The least (sign 1) or greatest (-1) value of a number if every other could be anything. Raises
        `CtgError` where that is not found out in time."""
        cost = np.zeros(len(self.places))
        cost[self.places.index(place)] = sign
        found = milp(
            cost, integrality=np.ones(len(cost)), bounds=self._bounds(system, {}),
            constraints=self._constraints(), options=_options(),
        )  # fmt: skip
        return int(round(_best(found).x[self.places.index(place)]))

    def moved(
        self, system: System, place: int, target: int, boxes: Mapping[int, tuple[int, int]]
    ) -> frozenset[int] | None:
        """The numbers that must leave their boxes, at the least cost, so that the one at `place` can be
        `target`; None where it cannot be at all. Numbers without a box may be anything. Raises `CtgError`
        where that is not found out in time."""
        boxed = [i for i, p in enumerate(self.places) if p in boxes and p != place]
        size, extra = len(self.places), len(boxed)
        cost = np.concatenate([np.zeros(size), [system.weights[self.places[i]] for i in boxed]])
        found = milp(
            cost,
            integrality=np.concatenate([np.ones(size), np.zeros(extra)]),
            bounds=self._bounds(system, {place: target}, extra),
            constraints=[*self._constraints(extra), *self._distances(boxed, boxes)],
            options=_options(),
        )
        if found.status == _INFEASIBLE:
            return None
        best = _best(found).x
        where = {p: round(best[i]) for i, p in enumerate(self.places)}
        return frozenset(p for p, v in where.items() if p in boxes and not _inside(v, boxes[p]))

    def _bounds(self, system: System, fixed: Mapping[int, int], extra: int = 0) -> Bounds:
        low = [fixed.get(p, system.lows[p]) for p in self.places] + [0] * extra
        high = [fixed.get(p, system.highs[p]) for p in self.places] + [np.inf] * extra
        return Bounds(low, high)

    def _constraints(self, extra: int = 0) -> list[LinearConstraint]:
        if not self.matrix.shape[0]:
            return []
        rows = self.matrix.shape[0]
        matrix = self.matrix
        if extra:
            matrix = csr_matrix((matrix.data, matrix.indices, matrix.indptr), (rows, matrix.shape[1] + extra))
        return [LinearConstraint(matrix, self.low, self.high)]

    def _distances(
        self, boxed: list[int], boxes: Mapping[int, tuple[int, int]]
    ) -> Iterable[LinearConstraint]:
        """Further numbers, each at least as large as the distance of a boxed one from its box."""
        if not boxed:
            return
        size, count = len(self.places), len(boxed)
        rows = np.repeat(np.arange(count), 2)
        columns = np.ravel(np.column_stack([boxed, size + np.arange(count)]))
        low, high = zip(*(boxes[self.places[i]] for i in boxed), strict=True)
        over = csr_matrix((np.tile([1.0, -1.0], count), (rows, columns)), (count, size + count))
        under = csr_matrix((np.tile([1.0, 1.0], count), (rows, columns)), (count, size + count))
        yield LinearConstraint(over, -np.inf, np.array(high, float))
        yield LinearConstraint(under, np.array(low, float), np.inf)


def _options() -> dict[str, float]:
    return {"time_limit": _SECONDS}


def _best(found: OptimizeResult) -> OptimizeResult:
    """What was found, if nothing is better: what a search found until it was broken off protects too little,
    and would depend on how busy the machine was. Raises `CtgError`."""
    if found.status != 0:
        raise CtgError(
            "It could not be worked out in time what must be withheld. Leave a table out, or round."
        )
    return found


def _inside(value: int, box: tuple[int, int]) -> bool:
    return box[0] <= value <= box[1]


def _parts(system: System) -> dict[int, Part]:
    roots = list(range(len(system.values)))

    def root(place: int) -> int:
        while roots[place] != place:
            roots[place] = roots[roots[place]]
            place = roots[place]
        return place

    for tie in system.ties:
        for place, _ in tie.factors[1:]:
            roots[root(place)] = root(tie.factors[0][0])
    together: dict[int, list[int]] = {}
    for place in range(len(system.values)):
        together.setdefault(root(place), []).append(place)
    ties: dict[int, list[Tie]] = {}
    for tie in system.ties:
        ties.setdefault(root(tie.factors[0][0]), []).append(tie)
    found = {r: _part(places, ties.get(r, ())) for r, places in together.items()}
    return {place: found[root(place)] for place in range(len(system.values))}


def _part(places: Collection[int], ties: Collection[Tie]) -> Part:
    at = {place: i for i, place in enumerate(places)}
    entries = [(row, at[p], f) for row, t in enumerate(ties) for p, f in t.factors]
    rows, columns, factors = (list(x) for x in zip(*entries, strict=True)) if entries else ([], [], [])
    matrix = csr_matrix((np.array(factors, float), (rows, columns)), (len(ties), len(places)))
    return Part(tuple(places), matrix, np.array([t.low for t in ties]), np.array([t.high for t in ties]))
