"""What decisions come to: coded records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.records import Answer, CodedRecord, Decision, RecordState
from ctg_nlp.review.carrying import carried, settle, unseen


def resolve(decisions: Iterable[Decision], framework: Framework) -> tuple[CodedRecord, ...]:
    """What decisions come to, for every report and dimension that has any.

    A coder's later decision on a code replaces the earlier one. An adjudicator's decision settles it.
    Else coders must agree: where they differ the code is in conflict, which counts as undecided. "Unsure"
    decides nothing, but where another coder is sure, that holds. What trainees say does not count. Decisions
    made under an older version of the framework are read as `carrying` tells.
    """
    said: dict[tuple[str, str], dict[str | None, dict[tuple[str, str], Decision]]] = {}
    for d in carried(decisions, framework):
        if d.role == "trainee":
            continue
        of_dimension = said.setdefault((d.report_id, d.dimension), {})
        of_dimension.setdefault(d.code, {})[(d.role, d.coder)] = d
    records = []
    for (report_id, dimension_id), by_code in said.items():
        dimension = framework.dimension(dimension_id)
        if dimension is not None:
            records.append(_record(report_id, dimension, by_code, framework))
    return tuple(records)


def _record(
    report_id: str,
    dimension: Dimension,
    by_code: Mapping[str | None, Mapping[tuple[str, str], Decision]],
    framework: Framework,
) -> CodedRecord:
    present: set[str] = set()
    absent: set[str] = set()
    conflicts: set[str] = set()
    value, value_decided = None, False
    choice: list[Decision] = []
    known: set[str | None] = {c.id for c in dimension.codes} if dimension.coded else {None}
    for code, said in by_code.items():
        if code not in known:
            continue  # another version of the framework had it
        settled = settle(said)
        name = dimension.id if code is None else code
        if len({(d.answer, d.value) for d in settled}) > 1:
            conflicts.add(name)
        elif settled and code is None:
            value, value_decided = settled[0].value, True
        elif settled:
            if settled[0].answer is Answer.PRESENT:
                choice = settled
            (present if settled[0].answer is Answer.PRESENT else absent).add(name)
    codes = {c.id for c in dimension.codes}
    if dimension.kind == "single" and len(present) == 1 and not conflicts:
        absent |= codes - present - frozenset.intersection(*(unseen(d, framework) for d in choice))
    complete = value_decided if not dimension.coded else (present | absent) >= codes
    state = RecordState.DECIDED if complete else RecordState.UNDECIDED
    return CodedRecord(
        report_id,
        dimension.id,
        RecordState.CONFLICT if conflicts else state,
        frozenset(present),
        frozenset(absent),
        frozenset(conflicts),
        value,
        value_decided,
    )
