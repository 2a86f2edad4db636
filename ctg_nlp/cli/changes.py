"""`ctg rebuilds`, and what `ctg tables --since` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from ctg_nlp.cell_changes import CellChange, Contribution, MovedReport, percent
from ctg_nlp.changes import Changes, changes_since
from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store
from ctg_nlp.store.rebuilds import rebuilds
from ctg_nlp.synthesis.changes import Asked, Count, dimensions


@click.command("rebuilds")
@json_option
@pass_project
def rebuilds_command(project: Project, as_json: bool) -> None:
    """List the states of the tables that were kept, oldest first."""
    with project.store(project.home()) as store, store.reading() as db:
        kept = rebuilds(db)
    if as_json:
        print_json([asdict(r) for r in kept])
        return
    rows = [
        (
            r.rebuild_id,
            _time(r.made_at),
            r.made_by,
            r.framework_id,
            r.reports,
            r.data_hash[:12],
        )
        for r in kept
    ]
    columns = ("Rebuild", "Kept (UTC)", "By", "Framework", "Reports", "Data")
    print_table("", columns, rows, numbers=("Reports",))


def show_changes(
    store: Store, home: Home, since: str, table: str | None, by: str, reports: bool, as_json: bool
) -> None:
    """Print which cells changed since a rebuild, and why."""
    if table is not None and not dimensions(home.framework, (table,)):
        raise CtgError(f"There is no table {table}.")
    changes = changes_since(store, home, since, Asked((table,) if table else (), by))
    if as_json:
        print_json(_plain(changes, reports))
        return
    r = changes.rebuild
    click.echo(f"Since {r.rebuild_id} of {_time(r.made_at)} UTC by {r.made_by} ({r.reports} reports):")
    if r.framework_id != changes.framework_id:
        click.echo(f"The framework was {r.framework_id} and is {changes.framework_id}.")
    if changes.erased and by:
        click.echo(f"Erased since: {_reports(changes.erased)}; the figures before are without them.")
    if not changes.cells:
        click.echo("No cell has changed.")
    for name in dict.fromkeys(c.table for c in changes.cells):
        _print_table([c for c in changes.cells if c.table == name], reports)


def _print_table(cells: list[CellChange], reports: bool) -> None:
    columns = ("", "Was", "Is", "Of was", "Of is", "% was", "% is", "Because")
    rows = [
        (c.label, *_pair(c, "n"), *_pair(c, "denominator"), percent(c.before), percent(c.after),
         "\n".join(_because(c, reports)))
        for c in cells
    ]  # fmt: skip
    print_table(cells[0].title, columns, rows, numbers=columns[1:7])
    click.echo("")


def _pair(c: CellChange, name: str) -> tuple[str, str]:
    def of(figures: Count | None) -> str:
        value = getattr(figures, name) if figures is not None else None
        return "-" if value is None else str(value)

    return of(c.before), of(c.after)


def _because(c: CellChange, reports: bool) -> Iterator[str]:
    for found in c.contributions:
        yield f"{found.cause}: {_reports(found.reports)} ({_effect(found)})"
        if reports:
            yield from (f"  {_name(m)}{_by(m)}: {_effect(m)}" for m in found.moved)
            if found.blind:
                yield f"  {_reports(found.blind)} that somebody still codes blind"


def _effect(m: Contribution | MovedReport) -> str:
    return f"{m.n:+d} of {m.denominator:+d}"


def _name(m: MovedReport) -> str:
    return m.name or m.report_id[:12]


def _by(m: MovedReport) -> str:
    return f", {m.coder} {_time(m.time)}" if m.coder else ""


def _time(time: str) -> str:
    return time[:16].replace("T", " ")


def _reports(n: int) -> str:
    return "1 report" if n == 1 else f"{n} reports"


def _plain(changes: Changes, reports: bool) -> dict[str, Any]:
    cells = []
    for c in changes.cells:
        said = asdict(c) | {"percent_before": percent(c.before), "percent_after": percent(c.after)}
        if not reports:
            for found in said["contributions"]:
                del found["moved"], found["blind"]
        cells.append(said)
    return {
        "rebuild": asdict(changes.rebuild),
        "framework": changes.framework_id,
        "erased": changes.erased,
        "cells": cells,
    }
