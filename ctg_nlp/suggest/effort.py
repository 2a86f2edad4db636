"""What deciding on a report costs a coder, with suggestions: a stated model, not a measurement.

The seconds are assumptions, to be replaced by a site's own. Reading a report from end to end is not in
them: a coder is taken to judge suggestions by their passages, and to search for what was not suggested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from ctg_nlp.framework import Dimension
from ctg_nlp.suggest.judging import Pair, ValueAnswer


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that one act takes."""

    confirm: float = 4.0  # a suggestion that is right, its passage in view
    find: float = 25.0  # a code or value that was not suggested: to find its passage and add it
    reject: float = 2.0  # a suggestion that is wrong
    rest: float = 1.0  # each remaining code, looked over before all of them are said to be absent


@dataclass(frozen=True, slots=True)
class Effort:
    """A coder's acts. `kept`, `changed` (a single choice or a value replaced by another), `rejected` and
    `added` are codes and values; `rest` are the codes that were neither suggested nor found, among them
    those that only say so ("not specified")."""

    kept: int = 0
    changed: int = 0
    rejected: int = 0
    added: int = 0
    rest: int = 0

    def seconds(self, cost: Cost) -> float:
        """What the acts take by the cost model."""
        found = (self.changed + self.added) * cost.find
        return self.kept * cost.confirm + self.rejected * cost.reject + self.rest * cost.rest + found

    def __add__(self, other: Effort) -> Effort:
        return Effort(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def effort_of(dimension: Dimension, pairs: Sequence[Pair], values: Sequence[ValueAnswer] = ()) -> Effort:
    """The acts on one dimension of one report, from its pairs or its value."""
    if not dimension.coded:
        right, given = sum(v.right for v in values), sum(v.given for v in values)
        return Effort(kept=right, changed=given - right, added=len(values) - given)
    kept = sum(p.said and p.present for p in pairs)
    rejected = sum(p.said and not p.present for p in pairs)
    missed = [p for p in pairs if p.present and not p.said]
    if dimension.kind == "single":  # to choose another is one act, and nothing remains to be looked over
        changed = min(rejected, len(missed))
        return Effort(kept, changed, rejected - changed, len(missed) - changed)
    added = sum(not _means_absence(dimension, p) for p in missed)  # else there is no passage to be found
    return Effort(kept, 0, rejected, added, len(pairs) - kept - rejected - added)


def _means_absence(dimension: Dimension, pair: Pair) -> bool:
    code = dimension.code(pair.key[1])
    return code is not None and (code.missing or code.otherwise)


def unassisted(dimension: Dimension, pairs: Sequence[Pair], values: Sequence[ValueAnswer] = ()) -> Effort:
    """The acts on the same dimension if nothing had been suggested."""
    bare = [replace(p, said=False) for p in pairs]
    return effort_of(dimension, bare, [replace(v, given=False, right=False) for v in values])
