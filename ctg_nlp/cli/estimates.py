"""`ctg tables --estimate` and `ctg stop`: provisional figures, on the terminal only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.errors import CtgError

if TYPE_CHECKING:
    from ctg_nlp.provisional import Provisional, Stopping
    from ctg_nlp.settings import Home
    from ctg_nlp.store.database import Store
    from ctg_nlp.synthesis.provisional import ProvisionalCell, ProvisionalTable
    from ctg_nlp.synthesis.provisional_tables import Missed


NO_REPORTS = "No report counts yet, so there is nothing to estimate. Read some first: ctg run"


def print_estimates(store: Store, home: Home, table: str | None, as_json: bool) -> None:
    """The provisional tables, one of them or all. Raises `CtgError` where the one has none."""
    from ctg_nlp.provisional import provisional

    found = provisional(store, home)
    numbered = {str(d.table): d.id for d in home.framework.dimensions if d.table is not None}
    tables = _chosen(found, numbered.get(table, table) if table else None)
    if as_json:
        print_json({"tables": [asdict(t) for t in tables], "none_for": dict(found.without)})
        return
    if not any(t.reports for t in found.tables):
        click.echo(NO_REPORTS)
        return
    for t in tables:
        _print_table(t)
    if table is None and found.without:
        click.echo("No provisional figures:")
        for dimension, why in found.without:
            click.echo(f"  {dimension}: {why}.")


def _chosen(found: Provisional, table: str | None) -> Sequence[ProvisionalTable]:
    if table is None:
        return found.tables
    chosen = [t for t in found.tables if t.dimension == table]
    if not chosen:
        why = dict(found.without).get(table)
        known = ", ".join(f"{t.number} ({t.dimension})" if t.number else t.dimension for t in found.tables)
        raise CtgError(
            f"{table} has no provisional figures: {why}."
            if why
            else f"There are no provisional figures of a table {table}; there are of {known}."
        )
    return chosen


def _print_table(t: ProvisionalTable) -> None:
    click.echo(f"{t.label}.")
    columns = ("", "Confirmed", "Undecided", "Estimate", "95 % interval", "How")
    rows = [(c.label, c.confirmed, c.undecided, c.estimate, interval(c), _short(c)) for c in t.cells]
    title = f"Provisional, table {t.number}: {t.title}" if t.number is not None else f"Provisional, {t.title}"
    print_table(title, columns, rows, numbers=columns[1:4])
    for note in (f"Of: all {t.reports} reports that count.", *t.notes, *_reasons(t)):
        click.echo(note)
    click.echo("")


def interval(cell: ProvisionalCell) -> str:
    """The interval of a cell in words; empty where everything is decided."""
    if cell.low is None or cell.high is None:
        return ""
    if cell.kind == "between":
        return f"between {cell.low} and {cell.high}"
    if cell.kind == "at least, at most":
        return f"at least {cell.low}, at most {cell.high}"
    return f"{cell.low} to {cell.high}"


def _short(cell: ProvisionalCell) -> str:
    if cell.kind == "decided":
        return "all decided"
    if cell.kind == "between":
        return "no estimate yet"
    return f"{cell.reached} reached, {cell.audited} audited"


def _reasons(t: ProvisionalTable) -> list[str]:
    """What is to be said of a table's cells once: why there is no estimate, or nothing was reached."""
    waiting = [c.why for c in t.cells if c.kind == "between"]
    alone = [c.why.partition(". ")[2] for c in t.cells if c.kind in ("estimate", "at least, at most")]
    return list(dict.fromkeys([*waiting, *(w for w in alone if w)]))


@click.command("stop")
@click.option("--at-most", type=click.IntRange(min=0), default=0, show_default=True,
              help="How many missed reports of a code are few enough.")  # fmt: skip
@json_option
@pass_project
def stop_command(project: Project, at_most: int, as_json: bool) -> None:
    """What is missed if confirming stops now: at most so many reports of each code (95 %)."""
    from ctg_nlp.provisional import stopping

    home = project.home()
    with project.store(home) as store:
        found = stopping(store, home)
    if as_json:
        codes = [{**asdict(m), "may_stop": not why_go_on(m, found, at_most)} for m in found.codes]
        print_json({"reports": found.reports, "never": found.never, "at_most": at_most, "codes": codes})
        return
    _print_stopping(found, at_most)


def why_go_on(code: Missed, found: Stopping, at_most: int) -> str:
    """Why confirming a code is not to stop, in words, or empty where it may."""
    if not code.unreached and not code.poorly:
        return ""
    if found.never:
        return "too few reports to stop early"
    if code.poorly:
        return f"read the {code.poorly} that were read poorly"
    return "" if code.most <= at_most else f"up to {code.most} missed"


def _print_stopping(found: Stopping, at_most: int) -> None:
    if not found.reports:
        click.echo(NO_REPORTS)
        return
    columns = ("", "Unreached", "At most missed", "Audited there", "Read poorly", "Stop?")
    rows: list[tuple[Any, ...]] = []
    for m in found.codes:
        why = why_go_on(m, found, at_most)
        done = "all decided" if not (m.unreached or m.poorly) else "may stop"
        rows.append((f"{m.dimension}: {m.label}", m.unreached, m.most, m.audited, m.poorly, why or done))
    print_table(
        "What is missed if confirming stops now (95 %, each code by itself)", columns, rows, columns[1:5]
    )
    if found.never:
        click.echo(found.never)
    click.echo("Reports that were read poorly are read in any case and are not among the unreached.")
