"""Filter decisions and frozen selections in and out of files: a JSON object a line. Composition."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import Connection

from ctg_nlp.errors import CtgError, DecisionsError
from ctg_nlp.framework import Framework
from ctg_nlp.line_files import json_line, numbered_lines, said_of_line
from ctg_nlp.lookup import Lookup
from ctg_nlp.records import FilterDecision, Report, Selection
from ctg_nlp.selection_flow import flow_from
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import selection as selection_store
from ctg_nlp.store.audit_log import append
from ctg_nlp.store.database import Store
from ctg_nlp.synthesis.flow import without_reasons

_SPACE = uuid.UUID("6f0d6f4e-6f39-4b54-9a56-3c8f2f0f7d0a")  # of ids made for lines that bring none
_CLOSED = ConfigDict(extra="forbid")
_ROLES = ("coder", "adjudicator", "trainee")


@dataclass(frozen=True, slots=True)
class SelectionImport:
    """What an import came to. `known` lines were here before; `refused` are (line, reason)."""

    lines: int
    decisions: int
    selections: int
    known: int
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _DecisionLine:
    """A line on one report by one filter."""

    filter: str
    level: str
    reason: str
    report: str = ""
    group: str = ""
    coder: str = ""
    time: str = ""
    role: str = "coder"
    decision_id: str = ""
    framework_id: str = ""
    undone_at: str = ""
    undone_by: str = ""
    report_id: str = ""

    __pydantic_config__ = _CLOSED


@dataclass(frozen=True, slots=True)
class _SelectionLine:
    """A line of one frozen selection. `reports` are names, groups or hashes."""

    selection: str
    reports: tuple[str, ...]
    frozen_at: str = ""
    frozen_by: str = ""
    framework_id: str = ""
    note: str = ""
    flow: Mapping[str, Any] | None = None
    in_use: bool = False
    selection_id: str = ""

    __pydantic_config__ = _CLOSED


_DECISION, _SELECTION = TypeAdapter(_DecisionLine), TypeAdapter(_SelectionLine)


def exported_lines(store: Store) -> Iterator[dict[str, Any]]:
    """All filter decisions, undone ones too, then all frozen selections, as they are taken in again."""
    with store.reading() as db:
        names = {r.report_id: r for r in report_store.reports(db)}
        for d in selection_store.filter_decisions(db, undone=True):
            yield _decision_out(d, names[d.report_id].name, names[d.report_id].group_id or "")
        current = selection_store.in_use(db)
        for s in selection_store.selections(db):
            yield _selection_out(s, current is not None and current.selection_id == s.selection_id)


def _decision_out(d: FilterDecision, name: str, group: str) -> dict[str, Any]:
    line = {
        "report": name, "group": group, "report_id": d.report_id, "filter": d.filter, "level": d.level,
        "reason": d.reason, "coder": d.coder, "role": d.role, "time": d.time, "decision_id": d.decision_id,
        "framework_id": d.framework_id,
    }  # fmt: skip
    return line | ({"undone_at": d.undone_at, "undone_by": d.undone_by} if d.undone_at else {})


def _selection_out(s: Selection, in_use: bool) -> dict[str, Any]:
    return {
        "selection": s.name, "reports": list(s.reports), "frozen_at": s.frozen_at, "frozen_by": s.frozen_by,
        "framework_id": s.framework_id, "note": s.note, "flow": dict(s.flow), "in_use": in_use,
        "selection_id": s.selection_id,
    }  # fmt: skip


def _counts_of(flow: Mapping[str, Any]) -> Mapping[str, Any]:
    """The counts that came with a frozen selection, without reasons: those are in the decisions alone, so
    that erasing a report takes them with it."""
    known = flow_from(flow)
    return asdict(without_reasons(known)) if known else flow


def import_file(store: Store, framework: Framework, path: Path, *, now: str, who: str) -> SelectionImport:
    """Take in a file of filter decisions and frozen selections, in one transaction; lines that were taken in
    before change nothing. Lines that cannot be taken are refused one by one, with the reason.

    What a line says of a report whose map is not complete, or of a later filter, is kept and counts once
    what comes first is there. Raises `DecisionsError` for a file that cannot be read.
    """
    numbered = numbered_lines(path)
    with store.transaction() as db:
        selection_store.lock_selections(db)
        taking = _Taking(db, framework, now, who)
        refused = []
        for n, line in numbered:
            try:
                taking.line(line)
            except CtgError as error:
                refused.append((n, str(error)))
        done = SelectionImport(
            len(numbered), taking.decisions, taking.selections, taking.known, tuple(refused)
        )
        noted: dict[str, str | int] = {"decisions": done.decisions, "selections": done.selections}
        append(db, now, who, "selection import", path.name, noted)
        return done


class _Taking:
    """Takes lines in, one after the other, within a transaction."""

    def __init__(self, db: Connection, framework: Framework, now: str, who: str) -> None:
        self._db, self._framework, self._now, self._who = db, framework, now, who
        self._lookup = Lookup(report_store.reports(db), report_store.submissions(db))
        self._frozen = {s.name: s for s in selection_store.selections(db)}
        self.decisions = self.selections = self.known = 0

    def line(self, text: str) -> None:
        """Take one line in. Raises `DecisionsError` or `UnknownReport` with why it cannot be."""
        try:
            data = json_line(text)
            if isinstance(data, dict) and "selection" in data:
                self._selection(_SELECTION.validate_python(data))
            else:
                self._decision(_DECISION.validate_python(data))
        except ValueError as error:
            raise DecisionsError(said_of_line(error)) from error

    def _decision(self, line: _DecisionLine) -> None:
        for time in filter(None, (line.time, line.undone_at)):
            datetime.fromisoformat(time)
        report = self._lookup.find(line.report_id or line.report, line.group)
        decision = self._made(line, report.report_id)
        known = selection_store.filter_decision(self._db, decision.decision_id)
        if known is not None:
            self._already(known, decision)
            return
        self._check(line, report)
        selection_store.add_filter_decision(self._db, decision)
        self.decisions += 1

    def _check(self, line: _DecisionLine, report: Report) -> None:
        if report.withdrawn_at:
            raise DecisionsError(f"{report.name} was withdrawn on {report.withdrawn_at[:10]}.")
        wanted = self._framework.filter(line.filter)
        if wanted is None or wanted.level(line.level) is None:
            raise DecisionsError(f"The framework has no filter {line.filter} with a level {line.level}.")
        if not line.reason.strip():
            raise DecisionsError(f"{line.filter}: the reason is missing.")
        if line.role not in _ROLES:
            raise DecisionsError(f"The role is one of: {', '.join(_ROLES)}.")

    def _already(self, known: FilterDecision, decision: FilterDecision) -> None:
        """A decision that was here before: that it was undone since is taken in, nothing else changes."""
        if known.report_id != decision.report_id:
            raise DecisionsError("Its decision_id belongs to a decision on another report.")
        self.known += 1
        if decision.undone_at and not known.undone_at:
            selection_store.undo_filter_decision(
                self._db, known.sequence, decision.undone_at, decision.undone_by
            )

    def _made(self, line: _DecisionLine, report_id: str) -> FilterDecision:
        coder, reason = line.coder or self._who, line.reason.strip()
        parts = (report_id, line.filter, line.level, coder, line.role, line.time, reason)
        return FilterDecision(
            decision_id=line.decision_id[:36] or str(uuid.uuid5(_SPACE, "\x1f".join(parts))),
            report_id=report_id,
            filter=line.filter,
            level=line.level,
            reason=reason,
            coder=coder,
            time=line.time or self._now,
            framework_id=line.framework_id or self._framework.framework_id,
            role=line.role,
            undone_at=line.undone_at,
            undone_by=line.undone_by,
        )

    def _selection(self, line: _SelectionLine) -> None:
        name = line.selection.strip()
        if not name or not line.reports:
            raise DecisionsError("A selection needs a name and reports.")
        before = self._frozen.get(name)
        members = before.reports if before else ()  # erased ones among them are found nowhere else
        found = dict.fromkeys(r if r in members else self._lookup.find(r).report_id for r in line.reports)
        if before is not None:
            if set(before.reports) != set(found):
                raise DecisionsError(f"{name} is frozen with other reports, and never changes.")
            self.known += 1
            return
        frozen = Selection(
            line.selection_id[:36] or str(uuid.uuid4()), name, line.frozen_at or self._now,
            line.frozen_by or self._who, line.framework_id or self._framework.framework_id, line.note,
            tuple(found), _counts_of(line.flow or {}),
        )  # fmt: skip
        selection_store.freeze(self._db, frozen)
        self._frozen[name] = frozen
        self.selections += 1
        if line.in_use:
            selection_store.use(self._db, frozen.selection_id, self._now, self._who)
