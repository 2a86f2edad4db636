"""Coded records of one report as a flat row of states and values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import CodedRecord, CodedValue, CodeState, RecordState


def states_of(framework: Framework, records: Iterable[CodedRecord]) -> bytes:
    """One `CodeState` for each of the framework's keys, from the coded records of one report."""
    by_dimension = {r.dimension: r for r in records}
    return bytes(_state(by_dimension.get(d), code) for d, code in framework.keys)


def _state(record: CodedRecord | None, code: str) -> CodeState:
    if record is None:
        return CodeState.UNDECIDED
    if code in record.conflicts:
        return CodeState.CONFLICT
    if code in record.present:
        return CodeState.PRESENT
    return CodeState.ABSENT if code in record.absent else CodeState.UNDECIDED


def values_of(framework: Framework, records: Iterable[CodedRecord]) -> tuple[CodedValue, ...]:
    """One value for each of the framework's dimensions of numbers and texts."""
    by_dimension = {r.dimension: r for r in records}
    return tuple(_value(by_dimension.get(d.id)) for d in framework.valued)


def _value(record: CodedRecord | None) -> CodedValue:
    if record is None:
        return CodedValue(RecordState.UNDECIDED)
    return CodedValue(record.state, record.value if record.state is RecordState.DECIDED else None)


def records_of(
    framework: Framework, report_id: str, states: bytes, values: Sequence[CodedValue]
) -> tuple[CodedRecord, ...]:
    """The coded records that such a row stands for; dimensions on which nothing was said are left out."""
    found = []
    places = iter(states)
    said = dict(zip((d.id for d in framework.valued), values, strict=True))
    for dimension in framework.dimensions:
        if dimension.coded:
            record = _coded(report_id, dimension, bytes(next(places) for _ in dimension.codes))
        else:
            record = _valued(report_id, dimension, said[dimension.id])
        if record is not None:
            found.append(record)
    return tuple(found)


def _coded(report_id: str, dimension: Dimension, states: bytes) -> CodedRecord | None:
    if not any(states):
        return None

    def codes(state: CodeState) -> frozenset[str]:
        return frozenset(c.id for c, s in zip(dimension.codes, states, strict=True) if s == state)

    state = RecordState.DECIDED if all(states) else RecordState.UNDECIDED
    if CodeState.CONFLICT in states:
        state = RecordState.CONFLICT
    return CodedRecord(
        report_id,
        dimension.id,
        state,
        codes(CodeState.PRESENT),
        codes(CodeState.ABSENT),
        codes(CodeState.CONFLICT),
    )


def _valued(report_id: str, dimension: Dimension, value: CodedValue) -> CodedRecord | None:
    if value.state is RecordState.UNDECIDED:
        return None
    conflicts = frozenset({dimension.id}) if value.state is RecordState.CONFLICT else frozenset()
    return CodedRecord(
        report_id,
        dimension.id,
        value.state,
        conflicts=conflicts,
        value=value.value,
        value_decided=value.state is RecordState.DECIDED,
    )
