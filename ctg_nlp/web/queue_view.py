"""The queue as its page shows it, and the report that comes next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection

from ctg_nlp.deep_work import DeepReport, DeepState, DeepWork, deep_work
from ctg_nlp.desk import Desk
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Framework
from ctg_nlp.records import Report
from ctg_nlp.run_lock import in_words, running_now
from ctg_nlp.store import acts as act_store
from ctg_nlp.store import queue as queue_store
from ctg_nlp.store import reports as report_store
from ctg_nlp.store import suggestions as suggestion_store
from ctg_nlp.store.queue import Choice, Waiting, Wanted
from ctg_nlp.web.enquiry_view import depth_order

PAGE = 50
DEPTH = "depth"
STATES = {"todo": "to do", "begun": "begun", "done": "done", "all": "all"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which queue, and how far down: `by` "report", by "code" or in "depth". `code` is "dimension.code" of
    the queue of one code."""

    by: str = "report"
    code: str = ""
    state: str = "todo"
    group: str = ""
    cohort: str = ""
    dimension: str = ""
    page: int = 1

    @property
    def wanted(self) -> Wanted:
        """As the store knows it: for the queue of one code its state is that code's."""
        state = "all" if self.key else self.state
        return Wanted(state, self.group, self.cohort, self.dimension)

    @property
    def key(self) -> tuple[str, str] | None:
        """The (dimension, code) of the queue of one code."""
        if self.by != "code" or not self.code:
            return None
        dimension, _, code = self.code.partition(".")
        return dimension, code

    def query(self, **changed: Any) -> str:
        """The query string of this queue, without what is as by default."""
        default = asdict(Asked())
        values: Mapping[str, Any] = asdict(self) | changed
        return urlencode({k: v for k, v in values.items() if v != default[k]})


def queue_page(desk: Desk, asked: Asked) -> dict[str, Any]:
    """What the page of the queue shows. Raises `CtgError` for a code or dimension that there is not."""
    _check(desk, asked)
    framework = desk.framework
    with desk.store.reading() as db:
        seen = desk.sight(db)
        deep = None if seen.waiting or asked.by != DEPTH else deep_work(db, desk.framework, seen.only)
        if seen.waiting:  # neither scores nor their order are shown before the audit sample is coded
            lines: tuple[Waiting, ...] = ()
        else:
            lines = _lines(desk, db, asked, PAGE + 1, (asked.page - 1) * PAGE, only=seen.only)
        # What is left in all rises where coders differ, which nobody who codes blind is to know.
        left = None if seen.waiting else queue_store.left(db, framework.framework_id, seen.only)
        last = act_store.last_act(db, desk.coder)
        resumed = report_store.report(db, last.report_id) if last else None
        return {
            "asked": asked,
            "blind": _blind(db, seen.waiting),
            "lines": lines[:PAGE],
            "more": len(lines) > PAGE,
            "left": left,
            "run": _under_way(desk) if left and not left.reports else "",
            "resumed": resumed if resumed and not resumed.withdrawn_at else None,
            "cohorts": report_store.cohorts(db),
            "dimensions": desk.framework.dimensions,
            "in_stage": depth_order(framework) if asked.by == DEPTH else framework.stage("map"),
            "has_depth": bool(framework.stage("indepth")),
            "states": STATES,
            "deep": deep,
            **_deep_lines(desk, asked, deep),
        }


def _under_way(desk: Desk) -> str:
    """The run that is under way, in words; empty where there is none."""
    run = running_now(desk.store)
    return in_words(run) if run else ""


def _deep_lines(desk: Desk, asked: Asked, work: DeepWork | None) -> dict[str, Any]:
    """What is put into the page of the queue in depth: its lines, each with its address."""
    if work is None:
        return {}
    found = _wanted(asked, work)
    start = (asked.page - 1) * PAGE
    lines = [(r, deep_address(desk.framework, r, asked)) for r in found[start : start + PAGE]]
    return {"deep_lines": lines, "more": len(found) > start + PAGE}


def _wanted(asked: Asked, work: DeepWork) -> list[DeepReport]:
    """The reports of the sample that are asked for."""
    return [
        r
        for r in work.reports
        if r.state in _DEEP[asked.state]
        and asked.group in ("", r.report.group_id)
        and asked.cohort in ("", r.cohort)
        and (not asked.dimension or any(d.id == asked.dimension for d in r.open))
    ]


_DEEP = {
    "todo": {DeepState.BEGUN, DeepState.WAITING},
    "begun": {DeepState.BEGUN},
    "done": {DeepState.COMPLETE},
    "all": set(DeepState),
}


def _blind(db: Connection, waiting: Collection[str]) -> list[Report]:
    """The reports to be coded blind, in their order."""
    known = {r.report_id: r for r in report_store.reports(db, waiting)} if waiting else {}
    return [known[r] for r in waiting if r in known]


def next_address(desk: Desk, asked: Asked, passed: list[str]) -> str:
    """The address of the first report of the queue that was not passed yet; empty where nothing is left.

    Once all that wait were passed, it begins anew with those: only the last one passed stays behind.
    """
    _check(desk, asked)
    with desk.store.reading() as db:
        seen = desk.sight(db)
        if seen.waiting:
            return address(seen.waiting[0], Asked())
        found = _first(desk, db, asked, passed, seen.only)
        if not found and len(passed) > 1:
            passed[:] = [passed[-1]]
            found = _first(desk, db, asked, passed, seen.only)
    return found


def _first(
    desk: Desk, db: Connection, asked: Asked, passed: Collection[str], only: Collection[str] | None
) -> str:
    """The address of the first report of a queue that was not passed; empty where there is none."""
    if asked.by == DEPTH:
        work = deep_work(db, desk.framework, only)
        left = (r for r in _wanted(asked, work) if r.report.report_id not in passed) if work else iter(())
        return next((deep_address(desk.framework, r, asked) for r in left), "")
    found = _lines(desk, db, asked, 1, 0, passed, only=only)
    return address(found[0].report_id, asked) if found else ""


def deep_address(framework: Framework, line: DeepReport, asked: Asked) -> str:
    """The address of a report's page at the dimension that is asked for, or the first of the second stage in
    which something is open."""
    open_in = {d.id for d in line.open}
    order = depth_order(framework)
    first = next((d for d in order if d.id in open_in), order[0])
    return address(line.report.report_id, asked) + "#" + urlencode({"d": asked.dimension or first.id})


def address(report_id: str, asked: Asked) -> str:
    """The address of a report's page that remembers its queue."""
    query = asked.query(page=1)
    key = asked.key
    place = "#" + urlencode({"d": key[0], "c": key[1]}) if key else ""
    return f"/reports/{report_id}" + (f"?{query}" if query else "") + place


def _lines(
    desk: Desk,
    db: Connection,
    asked: Asked,
    limit: int,
    offset: int,
    passed: Collection[str] = (),
    *,
    only: Collection[str] | None,
) -> tuple[Waiting, ...]:
    framework_id = desk.framework.framework_id
    if asked.by == DEPTH or (asked.by == "code" and asked.key is None):
        return ()
    choice = Choice(limit, offset, tuple(passed), None if only is None else tuple(only))
    if asked.key is None:
        return queue_store.waiting(db, framework_id, asked.wanted, choice)
    model = suggestion_store.last_model(db, framework_id) or ""
    made_by = (framework_id, model)
    return queue_store.waiting_for_code(db, made_by, asked.key, asked.wanted, asked.state, choice)


def _check(desk: Desk, asked: Asked) -> None:
    if asked.state not in STATES or asked.by not in ("report", "code", DEPTH):
        raise CtgError("There is no such queue.")
    if asked.dimension and desk.framework.dimension(asked.dimension) is None:
        raise CtgError(f"The framework has no dimension {asked.dimension}.")
    if asked.key is not None:
        dimension = desk.framework.dimension(asked.key[0])
        if dimension is None or (dimension.coded and dimension.code(asked.key[1]) is None):
            raise CtgError(f"The framework has no code {asked.code}.")
