"""`ctg select`: which reports are read in depth, and the flow of counts that led to them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, many, print_json, print_lines, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError, RunIncomplete

if TYPE_CHECKING:
    from ctg_nlp.desk import Desk
    from ctg_nlp.framework import Framework
    from ctg_nlp.records import FilterDecision, Flow, Selection
    from ctg_nlp.selecting import Judged, Standing
    from ctg_nlp.settings import Home
    from ctg_nlp.store.database import Store

_SHOWN = 10
_NEVER_AT = ("passed", "not reached")  # a report is listed at the first filter that it has not passed


@click.group("select")
def select_command() -> None:
    """Select reports for the second stage by filters, freeze the sample, count the flow."""


@contextmanager
def _desk(project: Project, who: str) -> Iterator[Desk]:
    from ctg_nlp.desk import Desk

    home = project.home()
    with project.store(home) as store:
        yield Desk(home, store, person(who), utc_now)


def _find(desk: Desk, name: str) -> str:
    from ctg_nlp.lookup import Lookup
    from ctg_nlp.store import reports as report_store

    with desk.store.reading() as db:
        return Lookup(report_store.reports(db), report_store.submissions(db)).find(name).report_id


@select_command.command("decide")
@click.argument("report")
@click.argument("filter_id", metavar="FILTER")
@click.argument("level")
@click.option("--reason", required=True, help="Why; it is kept with the decision.")
@click.option("--settle", "settling", is_flag=True, help="As adjudicator: settles what coders disagree on.")
@who_option
@json_option
@pass_project
def select_decide(
    project: Project, report: str, filter_id: str, level: str, reason: str, settling: bool, who: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Say by FILTER what LEVEL a REPORT (hash, file name or group) has, once its map is complete."""
    from ctg_nlp import selecting

    with _desk(project, who) as desk:
        judging = selecting.Judging(str(uuid.uuid4()), filter_id, level, reason)
        act = selecting.settle if settling else selecting.decide
        _say_judged(act(desk, _find(desk, report), judging), as_json)


@select_command.command("undo")
@click.argument("report")
@who_option
@json_option
@pass_project
def select_undo(project: Project, report: str, who: str, as_json: bool) -> None:
    """Undo your last filter decision or settlement on a REPORT; it is kept, and counts no more."""
    from ctg_nlp import selecting

    with _desk(project, who) as desk:
        report_id = _find(desk, report)
        last = selecting.judged(desk, report_id).last
        if last is None:
            raise CtgError(f"{desk.coder} has decided nothing by a filter on {report}.")
        _say_judged(selecting.undo(desk, report_id, last.decision_id), as_json)


def _say_judged(now: Judged, as_json: bool) -> None:
    if as_json:
        print_json([asdict(o) for o in now.outcomes])
        return
    for o in now.outcomes:
        click.echo(f"{o.filter}: {o.state}{f' ({o.level})' if o.level else ''}")


@select_command.command("list")
@click.option("--filter", "filter_id", default="", help="Only reports that are at this filter.")
@click.option("--state", default="", help="Only reports in this state: waiting, not passed, selected, ...")
@who_option
@json_option
@pass_project
def select_list(project: Project, filter_id: str, state: str, who: str, as_json: bool) -> None:
    """Where each report that counts is: which filter it is at, its level and the reasons."""
    from ctg_nlp.selecting import standings

    with _desk(project, who) as desk:
        _check_asked(desk.framework, filter_id, state)
        shown = [
            line for s in standings(desk) if (line := _line(s))["filter"] == (filter_id or line["filter"])
        ]
    shown = [line for line in shown if not state or line["state"] == state]
    if as_json:
        print_json(shown)
        return
    columns = ("report", "group", "filter", "state", "level", "reason")
    print_table("", columns, [tuple(line[c] for c in columns) for line in shown])


def _check_asked(framework: Framework, filter_id: str, state: str) -> None:
    """Refuse a filter or state that there is not: an empty list would say that no report is there."""
    from ctg_nlp.records import FilterState

    filters = [f.id for f in framework.filters]
    states = ["not mapped", *(str(s) for s in FilterState if s not in _NEVER_AT), "selected"]
    for what, asked, known in (("filter", filter_id, filters), ("state", state, states)):
        if asked and asked not in known:
            raise CtgError(f"There is no {what} {asked}; there are: {', '.join(known) or 'none'}.")


def _line(s: Standing) -> dict[str, Any]:
    line: dict[str, Any] = {
        "report": s.report.name,
        "group": s.report.group_id,
        "report_id": s.report.report_id,
    }
    if not s.fate.mapped:
        return line | {"filter": "", "state": "not mapped", "level": None, "reason": ""}
    at = s.at
    if at is None:
        said = s.fate.outcomes[-1].said if s.fate.outcomes else ()
        return line | {"filter": "", "state": "selected", "level": None, "reason": reasons(said)}
    return line | {"filter": at.filter, "state": str(at.state), "level": at.level, "reason": reasons(at.said)}


def reasons(said: tuple[FilterDecision, ...]) -> str:
    """What each who decided said, in a line."""
    return "; ".join(f"{d.coder}: {d.level}, {d.reason}" for d in said)


@select_command.command("freeze")
@click.argument("name")
@click.option("--note", default="", help="What is to be known of it.")
@who_option
@json_option
@pass_project
def select_freeze(project: Project, name: str, note: str, who: str, as_json: bool) -> None:
    """Freeze the reports that passed every filter as a sample called NAME, and use it."""
    from ctg_nlp.selecting import freeze
    from ctg_nlp.selection_flow import flow_from

    with _desk(project, who) as desk:
        frozen = freeze(desk, name, note)
    if as_json:
        print_json(asdict(frozen))
        return
    are = "is" if len(frozen.reports) == 1 else "are"
    click.echo(f"{many(len(frozen.reports), 'report')} {are} frozen as “{frozen.name}”. It never changes.")
    flow = flow_from(frozen.flow)
    waiting = (
        sum(s.waiting for s in flow.steps if s.id == "mapped" or s.id.startswith("filter ")) if flow else 0
    )
    if waiting:
        were = "was" if waiting == 1 else "were"
        click.echo(f"{many(waiting, 'report')} {were} not decided when it was frozen (see ctg select flow).")
    click.echo("Tables of the second stage are of these reports: ctg tables --stage indepth")


@select_command.command("use")
@click.argument("name")
@who_option
@json_option
@pass_project
def select_use(project: Project, name: str, who: str, as_json: bool) -> None:
    """Let another frozen sample be the one that tables of the second stage are of."""
    from ctg_nlp.selecting import use

    with _desk(project, who) as desk:
        found = use(desk, name)
    if as_json:
        print_json({"in_use": found.name, "reports": len(found.reports)})
    else:
        click.echo(f"“{found.name}” with {many(len(found.reports), 'report')} is in use.")


@select_command.command("show")
@click.argument("name", required=False)
@json_option
@pass_project
def select_show(project: Project, name: str | None, as_json: bool) -> None:
    """The frozen samples, or the reports of one with how far each is coded in depth."""
    from ctg_nlp.selecting import named
    from ctg_nlp.store import selection as selection_store

    home = project.home()
    with project.store(home) as store:
        with store.reading() as db:
            found = selection_store.selections(db)
            current = selection_store.in_use(db)
        if name is not None:
            found = (named(found, name),)
        members = [] if name is None or as_json else _members(store, home, found[0])
    used = current.selection_id if current else ""
    if as_json:
        print_json([asdict(s) | {"in_use": s.selection_id == used} for s in found])
        return
    rows = [
        (
            s.name,
            len(s.reports),
            s.frozen_at[:16],
            s.frozen_by,
            "yes" if s.selection_id == used else "",
            s.note,
        )
        for s in found
    ]
    print_table("", ("sample", "reports", "frozen (UTC)", "by", "in use", "note"), rows, numbers=("reports",))
    if members:
        print_table("", ("group", "report", "in depth", "not decided"), members, numbers=("not decided",))


def _members(store: Store, home: Home, sample: Selection) -> list[tuple[str | None, ...]]:
    """A line for each report of a sample: how far it is coded in depth, or why it counts no more."""
    from ctg_nlp.deep_work import work_on
    from ctg_nlp.store import reports as report_store
    from ctg_nlp.tallies import refresh

    refresh(store, home.framework)
    with store.reading() as db:
        known = {r.report_id: r for r in report_store.reports(db, sample.reports)}
        work = {w.report.report_id: w for w in work_on(db, home.framework, sample).reports}
    lines: list[tuple[str | None, ...]] = []
    for report_id in sample.reports:
        report, found = known.get(report_id), work.get(report_id)
        if report is None:
            lines.append(("", "erased", "", ""))
        elif found is None:
            gone = "withdrawn" if report.withdrawn_at else "counts no more"
            lines.append((report.group_id, report.name, gone, ""))
        else:
            left = f"{found.left} of {found.codes}"
            lines.append((report.group_id, report.name, str(found.state), left))
    return lines


@select_command.command("flow")
@click.argument("name", required=False)
@click.option("--svg", type=click.Path(path_type=Path), help="Write the figure as SVG.")
@click.option("--png", type=click.Path(path_type=Path), help="Write the figure as PNG.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write the table as CSV.")
@json_option
@pass_project
def select_flow(
    project: Project, name: str | None, svg: Path | None, png: Path | None, csv: Path | None, as_json: bool
) -> None:
    """The flow of counts as it is now, or as it was when the sample NAME was frozen."""
    from ctg_nlp.export.flow import COLUMNS, flow_rows, write_flow_csv, write_flow_svg

    flow = _flow(project, name)
    if as_json:
        print_json(asdict(flow))
    else:
        print_table("", COLUMNS, flow_rows(flow), numbers=COLUMNS[1:7])
    if svg is not None:
        write_flow_svg(svg, flow)
    if csv is not None:
        write_flow_csv(csv, flow)
    if png is not None:
        from ctg_nlp.export.drawing_picture import write_png
        from ctg_nlp.export.flow_layout import layout

        write_png(png, layout(flow))
    for path in filter(None, (svg, png, csv)):
        click.echo(f"Wrote {path}", err=True)


def _flow(project: Project, name: str | None) -> Flow:
    from ctg_nlp.selecting import named
    from ctg_nlp.selection_flow import flow_from, flow_now
    from ctg_nlp.store import selection as selection_store

    home = project.home()
    with project.store(home) as store:
        if name is None:
            return flow_now(store, home.framework)
        with store.reading() as db:
            flow = flow_from(named(selection_store.selections(db), name).flow)
    if flow is None:
        raise CtgError(f"{name} was frozen elsewhere, and no counts came with it.")
    return flow


@select_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@who_option
@json_option
@pass_project
def select_import(project: Project, file: Path, who: str, as_json: bool) -> None:
    """Take in a FILE of filter decisions and frozen samples (docs/selection.md tells the form)."""
    from ctg_nlp.selection_files import import_file

    home = project.home()
    with project.store(home) as store:
        done = import_file(store, home.framework, file, now=utc_now(), who=person(who))
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(
            f"Taken from {many(done.lines, 'line')}: {many(done.decisions, 'filter decision')} and "
            f"{many(done.selections, 'frozen sample')}; {done.known} known."
        )
        for line, reason in done.refused[:_SHOWN]:
            click.echo(f"  refused: line {line}: {reason}")
    if done.refused:
        raise RunIncomplete(f"{len(done.refused)} of {done.lines} lines were refused; see above.")


@select_command.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "_as_json", is_flag=True, help="JSON lines, which is what is written anyway.")
@pass_project
def select_export(project: Project, file: Path | None, _as_json: bool) -> None:
    """Give out all filter decisions and frozen samples, to FILE or to stdout.

    Importing them again here changes nothing.
    """
    from ctg_nlp.export.files import write_jsonl
    from ctg_nlp.selection_files import exported_lines

    home = project.home()
    with project.store(home) as store:
        note_export(store, "selection")
        if file is None:
            print_lines(exported_lines(store))
            return
        count = write_jsonl(file, exported_lines(store))
    click.echo(f"{count} lines written to {file}.")
