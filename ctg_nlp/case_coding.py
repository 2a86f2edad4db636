"""What the coding of a group's final report says for a case study, and the group in words of that. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ctg_nlp.framework import CaseSection, Dimension, Framework
from ctg_nlp.records import CodedRecord, RecordState, SaidAnswer, SaidOfDimension, SourceQuote

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def said_in(
    section: CaseSection,
    framework: Framework,
    records: Mapping[str, CodedRecord],
    quotes: Sequence[SourceQuote],
) -> tuple[SaidOfDimension, ...]:
    """What is coded in the dimensions of a section, in order: those with an answer or something open."""
    dimensions = (framework.dimension(d) for d in section.dimensions)
    found = [said_of(d, records.get(d.id), quotes) for d in dimensions if d is not None]
    return tuple(s for s in found if s.answers or s.undecided)


def said_of(
    dimension: Dimension, record: CodedRecord | None, quotes: Sequence[SourceQuote]
) -> SaidOfDimension:
    """What a report is coded as in one dimension, with the passages that show it."""
    mine = [q for q in quotes if q.dimension == dimension.id]
    if dimension.coded:
        present = record.present if record else frozenset()
        known = len(present | record.absent) if record else 0
        answers = [
            SaidAnswer(c.label, tuple(q for q in mine if q.code == c.id and not q.label))
            for c in dimension.codes
            if c.id in present
        ]
        undecided = len(dimension.codes) - known
    else:
        decided = record is not None and record.state is RecordState.DECIDED
        value = record.value if record and decided else None
        answers = [SaidAnswer(str(value), tuple(mine))] if value is not None else []
        undecided = 0 if decided else 1
    labels = dict.fromkeys(q.label for q in mine if q.label)
    answers += [
        SaidAnswer(name, tuple(q for q in mine if q.label == name), inductive=True) for name in labels
    ]
    return SaidOfDimension(dimension.id, dimension.title, tuple(answers), undecided)


def described(framework: Framework, records: Mapping[str, CodedRecord]) -> str:
    """The group in words that name nobody, as "a group of three primary schools", from what was decided of
    the dimensions whose `fact` is the number of schools and their phase. "a group" where neither is known."""
    count, phase = _school_count(framework, records), _school_phase(framework, records)
    if count is None and not phase:
        return "a group"
    after = f" ({phase})" if "phase" in phase else ""
    kind = "" if after or not phase else f"{phase} "
    if count == 1:
        return f"a single {kind}school{after}"
    number = "" if count is None else f"{_NUMBERS[count] if count < len(_NUMBERS) else count} "
    return f"a group of {number}{kind}schools{after}"


def _school_count(framework: Framework, records: Mapping[str, CodedRecord]) -> int | None:
    for dimension in framework.dimensions:
        record = records.get(dimension.id)
        if dimension.fact == "school_count" and record and record.state is RecordState.DECIDED:
            return record.value if isinstance(record.value, int) and record.value > 0 else None
    return None


def _school_phase(framework: Framework, records: Mapping[str, CodedRecord]) -> str:
    for dimension in framework.dimensions:
        record = records.get(dimension.id)
        if dimension.fact != "school_phase" or record is None or record.conflicts:
            continue
        labels = [c.label for c in dimension.codes if c.id in record.present and not c.missing]
        return " and ".join(_in_a_sentence(label) for label in labels)
    return ""


def _in_a_sentence(label: str) -> str:
    """A label with small letters, but for abbreviations."""
    return " ".join(word if word.isupper() else word.lower() for word in label.split())
