"""Lines of decisions: the form in which they are imported and exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ctg_nlp.constraints import value_violations, violations
from ctg_nlp.errors import DecisionsError
from ctg_nlp.framework import Dimension, Framework
from ctg_nlp.given_values import wrong_with
from ctg_nlp.records import Answer, Decision, QuotedEvidence, Span

_KEYS = frozenset(
    ("report", "group", "coder", "role", "time", "framework", "stage", "dimension")
    + ("codes", "absent", "unsure", "value", "evidence", "note", "notes")
)
_ROLES = ("coder", "adjudicator", "trainee")

Anchor = Callable[[str], tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One line of a file of decisions.

    Without `absent`, a line decides a whole dimension: codes that it does not list (as present or unsure)
    are absent, and an empty list is a decision too. With `absent`, only the codes named are decided.
    `value` is meant where `has_value` is true; None then says that it cannot be told.
    """

    report: str
    group: str
    coder: str
    dimension: str
    codes: tuple[str, ...] = ()
    absent: tuple[str, ...] | None = None
    unsure: tuple[str, ...] = ()
    value: Any = None
    has_value: bool = False
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    role: str = "coder"
    time: str = ""
    framework: str = ""


def parse_line(data: Any) -> DecisionLine:
    """One line from its JSON. Raises `DecisionsError` for an unknown key, a wrong type or a missing field."""
    if not isinstance(data, dict):
        raise DecisionsError("a line must be a JSON object")
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise DecisionsError(f"unknown key {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    if wrong := wrong_with(data):
        raise DecisionsError(wrong)
    if ("codes" in data) == ("value" in data) and "unsure" not in data:
        raise DecisionsError("a line needs either codes (a list) or value")
    line = DecisionLine(
        report=_text(data, "report"),
        group=_text(data, "group"),
        coder=_text(data, "coder"),
        dimension=_text(data, "dimension"),
        codes=_names(data, "codes"),
        absent=_names(data, "absent") if "absent" in data else None,
        unsure=_names(data, "unsure"),
        value=data.get("value"),
        has_value="value" in data,
        evidence=_evidence(data),
        note=_text(data, "note"),
        notes=_notes(data),
        role=_text(data, "role") or "coder",
        time=_time(_text(data, "time")),
        framework=_text(data, "framework"),
    )
    if not line.dimension or not (line.report or line.group) or not line.coder.strip():
        raise DecisionsError("a line needs a dimension, a coder, and a report or a group")
    if line.role not in _ROLES:
        raise DecisionsError(f"role is {line.role!r}; it can be {', '.join(_ROLES)}")
    return line


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DecisionsError(f"{key} must be a text, not {value!r}")
    return value


def _names(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise DecisionsError(f"{key} must be a list of code ids, not {value!r}")
    return tuple(dict.fromkeys(value))


def _by_code(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DecisionsError(f"{key} must be an object with codes as its keys, not {value!r}")
    return value


def _evidence(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found = _by_code(data, "evidence")
    for code, quotes in found.items():
        if not isinstance(quotes, list) or not all(isinstance(q, str) for q in quotes):
            raise DecisionsError(f"the evidence of {code} must be a list of quotes")
    return {code: tuple(quotes) for code, quotes in found.items()}


def _notes(data: Mapping[str, Any]) -> dict[str, str]:
    found = _by_code(data, "notes")
    for code, note in found.items():
        if not isinstance(note, str):
            raise DecisionsError(f"the note of {code} must be a text, not {note!r}")
    return found


def _time(text: str) -> str:
    if text:
        try:
            datetime.fromisoformat(text)
        except ValueError as error:
            raise DecisionsError(
                f"time is {text!r}; write it in ISO 8601, as 2026-03-01T09:30:00+00:00"
            ) from error
    return text


def to_decisions(
    line: DecisionLine, framework: Framework, report_id: str, anchor: Anchor
) -> tuple[Decision, ...]:
    """What a line says, a decision for each code (or one for the value), with its quotes anchored.

    Raises `DecisionsError` where the line breaks a rule of the framework.
    """
    dimension = framework.dimension(line.dimension)
    if dimension is None:
        known = ", ".join(d.id for d in framework.dimensions)
        raise DecisionsError(f"the framework has no dimension {line.dimension}; it has {known}")
    broken = _broken(line, dimension)
    if broken:
        raise DecisionsError("; ".join(broken))

    def decision(code: str | None, answer: Answer) -> Decision:
        quotes = line.evidence.get(code if code is not None else "value", ())
        return Decision(
            report_id=report_id,
            dimension=dimension.id,
            code=code,
            answer=answer,
            coder=line.coder,
            time=line.time,
            framework_id=line.framework or framework.framework_id,
            value=line.value if code is None else None,
            evidence=tuple(QuotedEvidence(q, anchor(q)) for q in quotes),
            note=line.notes.get(code or "value", line.note),
            role=line.role,
        )

    if not dimension.coded:
        return (decision(None, Answer.UNSURE if line.unsure else Answer.VALUE),)
    answers = _answers(line, dimension)
    return tuple(decision(code, answer) for code, answer in answers.items())


def _answers(line: DecisionLine, dimension: Dimension) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for code in dimension.codes:
        if code.id in line.unsure:
            answers[code.id] = Answer.UNSURE
        elif code.id in line.codes:
            answers[code.id] = Answer.PRESENT
        elif line.absent is None or code.id in line.absent:
            answers[code.id] = Answer.ABSENT
    return answers


def _broken(line: DecisionLine, dimension: Dimension) -> list[str]:
    if not dimension.coded:
        if not line.has_value and not line.unsure:
            return [f"{dimension.id} takes a value, not codes"]
        found = list(value_violations(dimension, line.value))
        others = sorted({*line.evidence, *line.notes} - {"value"})
        if others:
            found.append(f"{dimension.id}: its evidence and notes stand under value, not {', '.join(others)}")
        return found
    if line.has_value:
        return list(value_violations(dimension, line.value)) or [f"{dimension.id} takes codes, not a value"]
    found = list(violations(dimension, line.codes))
    named = (*line.unsure, *(line.absent or ()), *line.evidence, *line.notes)
    unknown = sorted({c for c in named if dimension.code(c) is None})
    if unknown:
        found.append(f"{dimension.id} has no code {', '.join(unknown)}")
    beside = sorted({*line.evidence, *line.notes} - set(_answers(line, dimension)) - set(unknown))
    if beside:
        found.append(f"{dimension.id}: {', '.join(beside)} has evidence or a note, but no answer")
    twice = sorted(
        set(line.codes) & {*line.unsure, *(line.absent or ())} | set(line.unsure) & set(line.absent or ())
    )
    if twice:
        found.append(f"{dimension.id}: {', '.join(twice)} is given two answers")
    return found


def to_lines(decisions: Iterable[Decision], names: Mapping[str, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Decisions as lines of the same form, such that importing them again gives the same decisions.

    `names` gives for each report id its file name and group. Decisions that one line gave (same report,
    dimension, coder, role, time, framework and note, one after the other) become one line again.
    """
    line: dict[str, Any] = {}
    last: tuple[Any, ...] | None = None
    for d in decisions:
        key = (d.report_id, d.dimension, d.coder, d.role, d.time, d.framework_id, d.import_id)
        seen = (code for answer in ("codes", "absent", "unsure") for code in line.get(answer, ()))
        if key != last or d.code is None or d.code in seen:
            if line:
                yield line
            line = _head(d, *names[d.report_id])
            last = key
        _add(line, d)
    if line:
        yield line


def _head(d: Decision, name: str, group: str) -> dict[str, Any]:
    head: dict[str, Any] = {"report": name, "group": group, "coder": d.coder, "dimension": d.dimension}
    if d.role != "coder":
        head["role"] = d.role
    if d.time:
        head["time"] = d.time
    head["framework"] = d.framework_id
    if d.code is not None:
        head |= {"codes": [], "absent": [], "unsure": []}
    head["evidence"] = {}
    return head


def _add(line: dict[str, Any], d: Decision) -> None:
    name = d.code if d.code is not None else "value"
    if d.code is None:
        line["value"] = d.value
        if d.answer is Answer.UNSURE:
            line["unsure"] = ["value"]
    else:
        key = {Answer.PRESENT: "codes", Answer.ABSENT: "absent", Answer.UNSURE: "unsure"}[d.answer]
        line[key].append(d.code)
    if d.evidence:
        line["evidence"][name] = [e.quote for e in d.evidence]
    if d.note:
        line.setdefault("notes", {})[name] = d.note
