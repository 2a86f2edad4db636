"""What edits of the framework left to be looked at again. Composition of `dataset`, `history` and `store`."""

from __future__ import annotations

from dataclasses import dataclass

from ctg_nlp.dataset import dataset
from ctg_nlp.framework import Framework
from ctg_nlp.history import Key, rules_since
from ctg_nlp.records import CodeState
from ctg_nlp.store import reports as report_store
from ctg_nlp.store.database import Store


@dataclass(frozen=True, slots=True)
class ToDo:
    """A report that must be looked at again, with the codes ("dimension.code") that must be decided."""

    report: str
    report_id: str
    group_id: str
    codes: tuple[str, ...]


def to_look_at_again(store: Store, framework: Framework) -> tuple[ToDo, ...]:
    """What edits of the framework left open in reports that have decisions: new codes, and parts of codes
    that were split. It grows shorter as coders decide; the queue has the same codes open."""
    data = dataset(store, framework)
    open_codes = [
        (place, key)
        for place, key in enumerate(framework.keys)
        if any(_opens(framework, key, version) for version in _versions(framework))
    ]
    with store.reading() as db:
        names = {r.report_id: r.name for r in report_store.named(db)}
    found = []
    for r in data.reports:
        codes = tuple(f"{d}.{c}" for place, (d, c) in open_codes if r.states[place] == CodeState.UNDECIDED)
        if codes and any(r.states):
            found.append(ToDo(names.get(r.report_id, r.report_id[:12]), r.report_id, r.group_id, codes))
    return tuple(found)


def _versions(framework: Framework) -> tuple[str, ...]:
    """Ids that stand for each older version, the one before the history first."""
    return tuple(f"{framework.id}@{v}+" for v in ("", *(e.version for e in framework.history[:-1])))


def _opens(framework: Framework, key: Key, version: str) -> bool:
    rules = rules_since(framework, version)
    return rules is not None and any(s.key is None or not s.exact for s in rules.sources.get(key, ()))
