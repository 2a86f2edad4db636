"""The selection for the second stage as its pages show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ctg_nlp.deep_work import deep_work
from ctg_nlp.desk import Desk, NotYours
from ctg_nlp.errors import CtgError
from ctg_nlp.export.flow import COLUMNS, flow_rows, flow_svg
from ctg_nlp.framework import Filter
from ctg_nlp.records import FilterDecision, FilterOutcome, FilterState, Flow, Selection
from ctg_nlp.selecting import Judged, Standing, named, overview, standings_of
from ctg_nlp.selection_flow import flow_from, flow_now
from ctg_nlp.store import selection as selection_store
from ctg_nlp.synthesis.flow import Fate, code_label, without_reasons

Plain = dict[str, Any]
PAGE = 100
UNMAPPED, SELECTED = "not mapped", "passed every filter"
_HERE = (FilterState.WAITING, FilterState.CONFLICT, FilterState.NOT_PASSED, FilterState.BLOCKED)


def filters_state(desk: Desk, now: Judged) -> Plain:
    """The panel of the filters of one report, as JSON values."""
    return {
        "complete": not now.open,
        "open": [d.title for d in now.open],
        "blind": now.blind,
        "filters": [
            _filter(desk, wanted, outcome, now.mine.get(wanted.id))
            for wanted, outcome in zip(desk.framework.filters, now.outcomes, strict=True)
        ],
        "undo": now.last.decision_id if now.last else None,
    }


def _filter(desk: Desk, wanted: Filter, outcome: FilterOutcome, mine: FilterDecision | None) -> Plain:
    others = [d for d in outcome.said if mine is None or d.coder != mine.coder or d.role != mine.role]
    return {
        "id": wanted.id,
        "label": wanted.label,
        "definition": wanted.definition,
        "criteria": list(wanted.criteria),
        "levels": [{"id": x.id, "label": x.label, "passes": x.passes} for x in wanted.levels],
        "state": str(outcome.state),
        "level": level_label(wanted, outcome.level),
        "blocked_by": [code_label(desk.framework, code) for code in outcome.blocked_by],
        "mine": {"level": mine.level, "reason": mine.reason} if mine else None,
        "others": [
            {"coder": d.coder, "role": d.role, "level": level_label(wanted, d.level), "reason": d.reason}
            for d in others
            if d.coder != desk.coder or d.role == "adjudicator"
        ],
    }


def level_label(wanted: Filter, level_id: str | None) -> str:
    """The label of a step of a filter's scale; empty where there is none."""
    level = wanted.level(level_id or "")
    return level.label if level else ""


@dataclass(frozen=True, slots=True)
class Word:
    """What one person said of a report by a filter, in the words of the framework."""

    filter: str
    level: str
    decision: FilterDecision


@dataclass(frozen=True, slots=True)
class Line:
    """A report in the list: its state, the filter that it is at (None where it passed all, or is not mapped),
    what was said of it by that filter and those before, and the codes that bar it from passing."""

    standing: Standing
    state: str
    filter: Filter | None = None
    words: tuple[Word, ...] = ()
    barred_by: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[Word, ...]:
        """What was said by the filter that it is at."""
        return tuple(w for w in self.words if self.filter and w.decision.filter == self.filter.id)


At = tuple[str, str]
"""The filter that a report is at (empty where it passed all, or is not mapped), and its state."""


def selection_page(desk: Desk, filter_id: str, state: str, page: int) -> Plain:
    """What waits for which filter, what was decided and why, the samples, and the flow of counts."""
    now = overview(desk)
    alike, apart = _at(now.fates.alike), {i: _at(f) for i, f in now.fates.apart.items()}
    at = [apart.get(i, alike) for i in now.shown]
    chosen = [
        i for i, (of, is_) in zip(now.shown, at, strict=True)
        if filter_id in ("", of) and state in ("", is_)
    ]  # fmt: skip
    differing = [i for i in now.shown if apart.get(i, alike)[1] == FilterState.CONFLICT]
    with desk.store.reading() as db:
        samples, current = selection_store.selections(db), selection_store.in_use(db)
        seen = desk.sight(db)
        deep = None if seen.waiting else deep_work(db, desk.framework, seen.only)
        lines = standings_of(db, now, chosen[(page - 1) * PAGE : page * PAGE])
        disputes = standings_of(db, now, differing)
    counts = Counter(at)
    return {
        "summary": _summary(desk, counts),
        "states": [UNMAPPED, *map(str, _HERE), SELECTED],
        "filters": desk.framework.filters,
        "disputes": [_line(desk, s) for s in disputes],
        "lines": [_line(desk, s) for s in lines],
        "found": len(chosen),
        "more": len(chosen) > page * PAGE,
        "page": page,
        "asked": {"filter": filter_id, "state": state},
        "selected": counts["", SELECTED],
        "samples": [_sample(s, current) for s in samples],
        "deep": deep,
        "flow": None if now.flow is None else _flow(now.flow),
    }


def _at(fate: Fate) -> At:
    if not fate.mapped:
        return "", UNMAPPED
    return ("", SELECTED) if fate.at is None else (fate.at.filter, str(fate.at.state))


def _line(desk: Desk, s: Standing) -> Line:
    words, (filter_id, state) = tuple(_words(desk, s)), _at(s.fate)
    barred = s.at.blocked_by if s.at is not None and state == FilterState.BLOCKED else ()
    labels = tuple(code_label(desk.framework, code) for code in barred)
    return Line(s, state, desk.framework.filter(filter_id), words, labels)


def _words(desk: Desk, s: Standing) -> Iterator[Word]:
    for wanted, outcome in zip(desk.framework.filters, s.fate.outcomes, strict=True):
        if outcome.state is not FilterState.LATER:
            for d in outcome.said:
                yield Word(wanted.label, level_label(wanted, d.level), d)


def _summary(desk: Desk, at: Mapping[At, int]) -> list[Plain]:
    """A row for each filter: how many reports are at it in each state, and how many passed it: those that are
    at a later one, or passed all."""
    passed, rows = at.get(("", SELECTED), 0), list[Plain]()
    for wanted in reversed(desk.framework.filters):
        counts = [(str(s), at.get((wanted.id, str(s)), 0)) for s in _HERE]
        rows.append({"filter": wanted, "counts": counts, "passed": passed})
        passed += sum(n for _, n in counts)
    return rows[::-1]


def _sample(s: Selection, current: Selection | None) -> Plain:
    return {"selection": s, "in_use": current is not None and current.selection_id == s.selection_id,
            "counted": flow_from(s.flow) is not None}  # fmt: skip


def _flow(flow: Flow) -> Plain:
    return {
        "svg": Markup(flow_svg(flow)),
        "columns": COLUMNS,
        "rows": flow_rows(flow),
    }  # its text is escaped there


def flow_figure(desk: Desk, name: str) -> str:
    """The figure of the flow, as it is now or as it was when the sample `name` was frozen. Raises `NotYours`
    while the visitor codes anything blind, and `CtgError` where there is no such flow."""
    with desk.store.reading() as db:
        seen = desk.sight(db)
        if seen.waiting:
            raise NotYours("The flow is shown once you have locked the reports that you code blind.")
        frozen = named(selection_store.selections(db), name) if name else None
    flow = flow_from(frozen.flow) if frozen else flow_now(desk.store, desk.framework)
    if flow is None:
        raise CtgError(f"{name} was frozen elsewhere, and no counts came with it.")
    return flow_svg(flow if seen.only is None else without_reasons(flow))
