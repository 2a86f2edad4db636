"""`ctg tables`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError


@click.command("tables")
@click.argument("table", required=False)
@click.option("--write", is_flag=True, help="Also write tables and exports to data/coded.")
@click.option("--compare", "comparing", is_flag=True, help="Compare with the published tables, cell by cell.")
@click.option("--published", type=click.Path(path_type=Path), help="Another CSV of published tables.")
@click.option("--published-reports", type=int, help="How many reports that CSV's percentages are of.")
@click.option("--suggested", "machine", is_flag=True, help="What the machine suggests instead: not findings.")
@click.option("--estimate", is_flag=True, help="Provisional figures with intervals instead: not findings.")
@click.option("--stage", type=click.Choice(["map", "indepth"]), default="map", help="Which stage's tables.")
@json_option
@pass_project
def tables_command(
    project: Project, table: str | None, write: bool, comparing: bool, published: Path | None,
    published_reports: int | None, machine: bool, estimate: bool, stage: str, as_json: bool,
) -> None:  # fmt: skip
    """Synthesis tables rebuilt from coders' decisions; one TABLE by its number or dimension, or all."""
    from ctg_nlp.aggregation import compare_with_published, export_all, suggested, tables

    home = project.home()
    with project.store(home) as store:
        if estimate:
            from ctg_nlp.cli.estimates import print_estimates

            print_estimates(store, home, table, as_json)
        elif comparing:
            comparison = compare_with_published(store, home, published, published_reports)
            if comparison is None:
                raise CtgError("The framework names no published tables; give a CSV with --published.")
            _print_comparison(comparison, as_json)
        elif machine:
            _print_suggested(_chosen(suggested(store, home.framework), table), as_json)
        else:
            _print_tables(_chosen(tables(store, home.framework, stage), table), as_json)
        if write:
            note_export(store, "tables")
            for path in export_all(store, home, utc_now()):
                click.echo(f"Wrote {path}", err=True)


def _chosen(found: tuple[Any, ...], table: str | None) -> tuple[Any, ...]:
    if table is None:
        return found
    chosen = tuple(t for t in found if table in (t.dimension, str(t.number)))
    if not chosen:
        known = ", ".join(f"{t.number} ({t.dimension})" if t.number else t.dimension for t in found)
        raise CtgError(f"There is no table {table}; there are {known}.")
    return chosen


def _with_percent(table: Any) -> dict[str, Any]:
    rows = [{**asdict(r), "percent": r.percent} for r in table.rows]
    return {**asdict(table), "rows": rows}


def _print_tables(found: tuple[Any, ...], as_json: bool) -> None:
    from ctg_nlp.export.tables import title_of

    if as_json:
        print_json([_with_percent(t) for t in found])
        return
    columns = ("", "No.", "Per cent", "Of", "Undecided", "In conflict")
    for t in found:
        rows = [(r.label, r.n, r.percent, r.denominator, r.undecided, r.conflicts) for r in t.rows]
        print_table(title_of(t), columns, rows, numbers=columns[1:])
        click.echo(f"Of: {t.denominator}. One decimal, halves rounded up.{' ' + t.note if t.note else ''}\n")


def _print_suggested(found: tuple[Any, ...], as_json: bool) -> None:
    from ctg_nlp.export.tables import SUGGESTED_LABEL, title_of

    if as_json:
        print_json([{"label": SUGGESTED_LABEL, **asdict(t)} for t in found])
        return
    click.echo(f"{SUGGESTED_LABEL}.")
    for t in found:
        rows = [(r.label, r.n, t.reports) for r in t.rows]
        print_table(f"Suggested, {title_of(t)}", ("", "Suggested", "Reports"), rows, ("Suggested", "Reports"))


def _print_comparison(comparison: Any, as_json: bool) -> None:
    from ctg_nlp.synthesis.published import Finding

    if as_json:
        print_json(asdict(comparison))
        return
    columns = (
        "table",
        "row",
        "published",
        "printed %",
        "computed %",
        "rebuilt",
        "rebuilt %",
        "of",
        "undecided",
    )
    rows = [
        (c.cell.table, c.cell.label, c.cell.n, c.cell.printed, c.computed,
         c.rebuilt, c.rebuilt_percent, c.denominator, c.undecided)
        for c in comparison.cells
    ]  # fmt: skip
    print_table(f"Published ({comparison.source}) and rebuilt", columns, rows, numbers=columns[2:])
    odd = [c for c in comparison.cells if c.finding is not Finding.FOLLOWS]
    click.echo(
        f"\nRule: n of {comparison.reports}, one decimal, halves rounded up. "
        f"{len(odd)} of {len(comparison.cells)} printed percentages do not follow from their own counts:"
    )
    for c in odd:
        cell = c.cell
        said = f"{cell.n} is {c.computed}, printed {cell.printed}: {c.finding}"
        click.echo(f"  Table {cell.table}, {cell.label}: {said}")
    for dimension, total, rebuilt in comparison.totals:
        click.echo(f"Total of {dimension}: published {total}, rebuilt {rebuilt}.")
    for s in comparison.sums:
        click.echo(f"Table {s.table} ({s.dimension}): its counts add up to {s.total} of {s.reports}.")
