"""What is counted: the reports that enter tables, each with what its decisions resolve to.

A coded report is small and flat, since a programme may have a hundred thousand of them: one byte for each
code of the framework, in the order of `Framework.keys`, and one value for each dimension of
`Framework.valued`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ctg_nlp.records.decisions import RecordState


class CodeState(IntEnum):
    """What decisions come to for one code of one report. Undecided is not absent."""

    UNDECIDED = 0
    ABSENT = 1
    PRESENT = 2
    CONFLICT = 3


UNDECIDED = RecordState.UNDECIDED


@dataclass(frozen=True, slots=True)
class CodedValue:
    """What decisions come to for a number or a text. Decided with the value None: it cannot be told."""

    state: RecordState
    value: int | str | None = None


@dataclass(frozen=True, slots=True)
class CodedReport:
    """A report that counts, with what was decided on it.

    `states` holds a `CodeState` for each of `Framework.keys`, `values` one for each of `Framework.valued`.
    `attributes` are (name, value) pairs by which reports can be broken down, a name perhaps with several
    values: the cohort, its project years, further columns of the register. `expected`: its group is in the
    register and was to send a report.
    """

    report_id: str
    group_id: str
    states: bytes
    values: tuple[CodedValue, ...]
    attributes: tuple[tuple[str, str], ...] = ()
    expected: bool = False

    def values_of(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute; none where it is not known."""
        return tuple(value for name, value in self.attributes if name == attribute)


@dataclass(frozen=True, slots=True)
class SilentGroup:
    """A group that was expected to send a report and of which nothing counts, with the reason."""

    group_id: str
    attributes: tuple[tuple[str, str], ...]
    reason: str

    def values_of(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute; none where it is not known."""
        return tuple(value for name, value in self.attributes if name == attribute)


@dataclass(frozen=True, slots=True)
class Dataset:
    """All that tables are made of: the reports that count, in the order of arrival, and the groups that are
    still silent. `framework_id` says what the bytes of the reports stand for. `regions` are (place, region)
    pairs for texts that name a place. `sample` holds the ids of the frozen selection that is in use, None
    where there is none; some of them may count no more."""

    framework_id: str
    reports: tuple[CodedReport, ...]
    silent: tuple[SilentGroup, ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    sample: frozenset[str] | None = None

    @property
    def decided(self) -> int:
        """How many of the reports have any decision."""
        return sum(any(r.states) or any(v.state is not UNDECIDED for v in r.values) for r in self.reports)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The names of all attributes that a report or silent group has, in the order of their appearance."""
        pairs = [p for r in self.reports for p in r.attributes] + [
            p for g in self.silent for p in g.attributes
        ]
        return tuple(dict.fromkeys(name for name, _ in pairs))


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A state of the tables that was kept. `made_at` is UTC in ISO 8601; `last_decision` is the number of the
    last decision there was, `last_entry` that of the last entry in the audit log, `model_id` the model that
    proposed last (empty: none did); `reports` counted."""

    rebuild_id: str
    made_at: str
    made_by: str
    framework_id: str
    data_hash: str
    code_version: str
    model_id: str
    last_decision: int
    last_entry: int
    reports: int


@dataclass(frozen=True, slots=True)
class KeptCell:
    """The figures of a cell when a rebuild was kept; no `denominator` for a total."""

    table: str
    row: str
    n: int
    denominator: int | None
