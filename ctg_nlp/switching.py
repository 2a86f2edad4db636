"""What a switch to another version of the framework does to the coded reports, and what no edit tells of it.

Pure: a dataset goes in, the one that it would be comes out, with what must be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ctg_nlp.framework import Code, Dimension, Edit, Framework
from ctg_nlp.history import Key, Rule, Source, framework_at, rules_since
from ctg_nlp.names import Names
from ctg_nlp.records import CodeState, Dataset
from ctg_nlp.synthesis.cells import Columns, Mask, States


def edit_in_words(edit: Edit) -> str:
    """An edit as a sentence for people."""
    place, old, new = edit.dimension, ", ".join(edit.from_), ", ".join(edit.to)
    return {
        "rename": f"{place}: {old} is now called {new}",
        "rename dimension": f"the dimension {old} is now called {new}",
        "merge": f"{place}: {old} were merged into {new}",
        "split": f"{place}: {old} was split into {new}",
        "new": f"{place}: {new or 'the dimension'} is new",
        "retire": f"{place}: {old or 'the dimension'} was retired",
    }[edit.edit]


@dataclass(frozen=True, slots=True)
class Again:
    """Which reports must be looked at again for one code, and in which way that can move its count: those in
    `up` can become present, those in `down` are present and can become absent."""

    up: Mask
    down: Mask

    @property
    def either(self) -> Mask:
        """All reports that must be looked at again."""
        return np.asarray(self.up | self.down, bool)


Sources = list[tuple[States | None, bool]]
"""The old columns of which a code was made, each with whether it carries "present"; None: there was none."""


def carried_over(old: Framework, new: Framework, data: Dataset) -> tuple[Dataset, dict[Key, Again]]:
    """The dataset as it would be under the new framework, and what must be looked at again for which code."""
    columns = Columns(old, data)
    touched = np.array([any(r.states) for r in data.reports], bool)
    rules = rules_since(new, old.framework_id)
    made_of = rules.sources if rules else {}
    states, again = [], {}
    for key in new.keys:
        rule = made_of.get(key, (Source(key),))
        before = _sources(old, columns, rule)
        column = carry(before, len(data.reports))
        states.append(column)
        mask = _again(before, column, touched, means_other(old, new, key, rule))
        if mask.either.any():
            again[key] = mask
    packed = np.stack(states, axis=1) if states else np.zeros((len(data.reports), 0), np.uint8)
    names = Names(old, new)
    rows = tuple(
        replace(r, states=packed[i].tobytes(), values=names.values_now(r.values))
        for i, r in enumerate(data.reports)
    )
    return replace(data, framework_id=new.framework_id, reports=rows), again


def _sources(old: Framework, columns: Columns, rule: Rule) -> Sources:
    known = set(old.keys)
    return [(columns.code(*s.key) if s.key in known and s.key else None, s.exact) for s in rule]


def carry(sources: Sources, reports: int) -> States:
    """The states of a code of now by those of its sources, as `review.carrying` reads decisions."""
    found = np.full(reports, CodeState.UNDECIDED, np.uint8)
    columns = [column for column, _ in sources if column is not None]
    if len(columns) == len(sources):
        found[(np.stack(columns) == CodeState.ABSENT).all(axis=0)] = CodeState.ABSENT
    for state in (CodeState.CONFLICT, CodeState.PRESENT):
        for column, exact in sources:
            if exact and column is not None:
                found[column == state] = state
    return found


def _again(sources: Sources, carried: States, touched: Mask, means_other: bool) -> Again:
    """Where a code was decided, as far as it could be, and is not any more; all decided reports where it
    `means_other` than before."""
    opened = touched & (carried == CodeState.UNDECIDED)
    for column, _ in sources:
        if column is not None:
            opened &= np.isin(column, (CodeState.ABSENT, CodeState.PRESENT))
    up, down = (carried == s if means_other else np.zeros(len(touched), bool) for s in (1, 2))
    return Again(np.asarray(opened | up, bool), np.asarray(down, bool))


def means_other(old: Framework, new: Framework, key: Key, rule: Rule) -> bool:
    """Whether coders read something else under the same code than before; a rename tells that it is the
    same."""
    if len(rule) != 1 or rule[0].key is None or not rule[0].exact:
        return False
    before, after = _code(old, rule[0].key), _code(new, key)
    renamed = rule[0].key[1] != key[1]
    if before is None or after is None:
        return False
    return before.definition != after.definition or (before.label != after.label and not renamed)


def _code(framework: Framework, key: Key) -> Code | None:
    dimension = framework.dimension(key[0])
    return dimension.code(key[1]) if dimension else None


def undeclared(old: Framework, new: Framework) -> Iterator[str]:
    """What differs though no edit tells of it."""
    if old.version == new.version and old.framework_id != new.framework_id:
        yield f"Both are version {new.version}: no history leads to the new one. Give it another."
    then = framework_at(new, old.framework_id)
    for before in old.dimensions:
        after = then.dimension(before.id)
        if after is None:
            yield f"{before.id}: the dimension is gone without an edit; decisions in it count no more."
        else:
            yield from _undeclared_in(before, after)
    for after in then.dimensions:
        if old.dimension(after.id) is None:
            yield f"{after.id}: the dimension is there without an edit; it is open in all reports."
    rules = rules_since(new, old.framework_id)
    for key in new.keys:
        rule = rules.sources.get(key, (Source(key),)) if rules else (Source(key),)
        if means_other(old, new, key, rule):
            yield f"{key[0]}.{key[1]}: its label or definition changed; look at what was decided on it again."


def _undeclared_in(before: Dimension, after: Dimension) -> Iterator[str]:
    if before.kind != after.kind:
        yield f"{before.id}: its kind was {before.kind} and is {after.kind}; no edit tells of that."
    for code in before.codes:
        if after.coded and after.code(code.id) is None:
            yield f"{before.id}.{code.id}: the code is gone without an edit; decisions on it count no more."
    for code in after.codes:
        if before.coded and before.code(code.id) is None:
            yield f"{before.id}.{code.id}: the code is there without an edit; it is open where not implied."
