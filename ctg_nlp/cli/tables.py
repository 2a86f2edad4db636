"""`ctg tables`."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.settings import Home
from ctg_nlp.store.database import Store

_OF = {"all": "ALL", "indicated": "INDICATED", "sample": "SAMPLE"}


@click.command("tables")
@click.argument("table", required=False)
@click.option(
    "--by", default="", help="Broken down by a dimension, cohort, project year, region, any register column."
)
@click.option("--of", "of_what", type=click.Choice(list(_OF)), help="Percentages of these reports instead.")
@click.option("--response", "responding", is_flag=True, help="Who answered; of a TABLE, bounds of its cells.")
@click.option("--per-report", is_flag=True, help="How many codes reports have, of each dimension or a TABLE.")
@click.option("--write", is_flag=True, help="Also write tables and exports to data/coded.")
@click.option("--compare", "comparing", is_flag=True, help="Compare with the published tables, cell by cell.")
@click.option("--published", type=click.Path(path_type=Path), help="Another CSV of published tables.")
@click.option("--published-reports", type=int, help="How many reports that CSV's percentages are of.")
@click.option("--suggested", "machine", is_flag=True, help="What the machine suggests instead: not findings.")
@click.option("--since", help="Which cells changed since a rebuild (its id, a date or `last`), and why.")
@click.option("--reports", is_flag=True, help="With --since: name the reports that changed each cell.")
@click.option("--estimate", is_flag=True, help="Provisional figures with intervals instead: not findings.")
@click.option("--stage", type=click.Choice(["map", "indepth"]), default="map", help="Which stage's tables.")
@json_option
@pass_project
def tables_command(
    project: Project, table: str | None, by: str, of_what: str | None, responding: bool, per_report: bool,
    write: bool, comparing: bool, published: Path | None, published_reports: int | None, machine: bool,
    since: str | None, reports: bool, estimate: bool, stage: str, as_json: bool,
) -> None:  # fmt: skip
    """Synthesis tables rebuilt from coders' decisions; one TABLE by its number or dimension, or all."""
    from ctg_nlp.aggregation import compare_with_published, export_all, suggested

    home = project.home()
    _check_date(since or "")
    mode = _one_of(
        compare=comparing,
        suggested=machine,
        response=responding,
        per_report=per_report,
        since=since is not None,
        estimate=estimate,
    )
    _applying(mode, table=table, by=by, of=of_what, reports=reports, published=published,
              published_reports=published_reports, stage=_given("stage"))  # fmt: skip
    with project.store(home) as store:
        if estimate:
            from ctg_nlp.cli.estimates import print_estimates

            print_estimates(store, home, table, as_json)
        elif comparing:
            comparison = compare_with_published(store, home, published, published_reports)
            if comparison is None:
                raise CtgError("The framework names no published tables; give a CSV with --published.")
            _print_comparison(comparison, as_json)
        elif since is not None:
            from ctg_nlp.cli.changes import show_changes

            show_changes(store, home, since, table, by, reports, as_json)
        elif machine:
            _print_suggested(_chosen(suggested(store, home.framework), table), as_json)
        else:
            _print_asked(
                _Asked(store, home.framework, table, stage, by, of_what), responding, per_report, as_json
            )
        if write:
            note_export(store, "tables")
            for path in export_all(store, home, utc_now(), person("")):
                click.echo(f"Wrote {path}", err=True)
            _warn_of_claims(store, home)


def _warn_of_claims(store: Store, home: Home) -> None:
    """Say when the narrative does not fit the tables that were just written."""
    from ctg_nlp.claims import check_file

    if home.narrative.is_file() and not check_file(store, home, home.narrative).sound:
        click.echo("The narrative says what the tables do not: see ctg claims check", err=True)


def _one_of(**asked: bool) -> str:
    """The table other than the plain one that was asked for, or an empty text."""
    named = [f"--{name.replace('_', '-')}" for name, wanted in asked.items() if wanted]
    if len(named) > 1:
        raise click.UsageError(f"{named[0]} and {named[1]} are different tables: ask for one of them.")
    return named[0] if named else ""


_APPLIES = {
    "table": ("", "--suggested", "--response", "--per-report", "--since", "--estimate"),
    "by": ("", "--response", "--per-report", "--since"),  # --per-report says itself why not
    "of": ("", "--response"),
    "reports": ("--since",),
    "published": ("--compare",),
    "published_reports": ("--compare",),
    "stage": ("", "--response", "--per-report"),
}


def _applying(mode: str, **given: object) -> None:
    """Refuse what would have no effect: whoever gave it expects one."""
    for name, value in given.items():
        if value and mode not in _APPLIES[name]:
            said = "a TABLE" if name == "table" else f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"{said} cannot be combined with {mode}."
                if mode
                else f"{said} goes with {_APPLIES[name][0]}."
            )


def _given(name: str) -> bool:
    """Whether an option was given on the command line."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def _check_date(since: str) -> None:
    """Refuse what looks like a day and is none."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", since):
        try:
            date.fromisoformat(since)
        except ValueError as error:
            raise CtgError(f"There is no day {since}.") from error


class _Asked:
    """The tables that were asked for."""

    def __init__(
        self, store: Any, framework: Any, table: str | None, stage: str, by: str, of_what: str | None
    ) -> None:
        from ctg_nlp.dataset import dataset
        from ctg_nlp.synthesis.tables import Denominator
        from ctg_nlp.tabulation import Tabulation

        self.store = store
        self.tables = Tabulation(framework, dataset(store, framework))
        self.named = table is not None
        self.by = by
        self.of = Denominator[_OF[of_what]] if of_what else None
        self.dimensions = (self.tables.dimension(table),) if table else self.tables.tabulated(stage)

    @property
    def free(self) -> bool:
        """Whether a dimension of free text was named."""
        return self.named and self.dimensions[0].free

    def plain(self) -> list[Any]:
        """The tables, broken down or not."""
        if self.by:
            return [self.tables.cross(d, self.by, self.of) for d in self.dimensions]
        return [self.tables.table(d, self.of) for d in self.dimensions]

    def response(self) -> tuple[Any, ...]:
        """Who answered."""
        return self.tables.response(self.by)

    def bounds(self) -> list[Any]:
        """Bounds of the table that was named; none where none was."""
        return [self.tables.bounded(d, self.by, self.of) for d in self.dimensions] if self.named else []

    def per_report(self) -> tuple[Any, ...]:
        """Codes per report: of a single choice only where it was asked for by name."""
        if self.by:
            raise click.UsageError("--per-report cannot be combined with --by.")
        if self.named and not self.dimensions[0].coded:
            d = self.dimensions[0]
            raise CtgError(f"{d.id} is a {d.kind}: it has no codes that could be counted per report.")
        return self.tables.per_report(d for d in self.dimensions if self.named or d.kind == "multi")


def _print_answers(asked: _Asked, as_json: bool) -> None:
    """The answers to a dimension of free text, report by report."""
    from ctg_nlp.answers_in_words import answers_in_words

    (dimension,) = asked.dimensions
    if asked.by or asked.of is not None:
        raise CtgError(
            f"{dimension.id} is free text: no two answers need be alike, so nothing is counted. "
            f"ctg tables {dimension.id} lists them."
        )
    found = answers_in_words(asked.store, asked.tables.framework, dimension)
    if as_json:
        print_json([asdict(a) for a in found])
        return
    click.echo(f"{dimension.title}: free text, which no table counts.")
    for a in found:
        passages = f", {a.quotes} passage{'' if a.quotes == 1 else 's'} quoted" if a.quotes else ""
        click.echo(f"\n{a.group or a.report} ({a.report}), {a.coder}{passages}")
        click.echo(a.text if a.text is not None else "(nothing is told)")
    if not found:
        click.echo("No text is written yet.")


def _print_asked(asked: _Asked, responding: bool, per_report: bool, as_json: bool) -> None:
    from ctg_nlp.cli.table_text import print_shown
    from ctg_nlp.synthesis.shown import shown, shown_bounds, shown_per_report, shown_response

    if responding:
        answered, bounds = asked.response(), asked.bounds()
        if as_json:
            print_json({"response": [_response(r) for r in answered], "bounds": [_bounds(t) for t in bounds]})
        else:
            by = asked.tables.name_of(asked.by) if asked.by else ""
            print_shown([shown_response(answered, by), *map(shown_bounds, bounds)])
    elif per_report:
        counted = asked.per_report()
        if as_json:
            print_json([{**asdict(c), "mean": c.mean, "median": c.median} for c in counted])
        else:
            print_shown(map(shown_per_report, counted))
    elif asked.free:
        _print_answers(asked, as_json)
    elif as_json:
        print_json([_cross_values(t) if asked.by else _with_percent(t) for t in asked.plain()])
    else:
        print_shown(map(shown, asked.plain()))


def _response(found: Any) -> dict[str, Any]:
    return {**asdict(found), "percent": found.percent}


def _bounds(table: Any) -> dict[str, Any]:
    rows = [
        {**asdict(r), "bounds": [b and {**asdict(b), "percent": b.percent} for b in r.bounds]}
        for r in table.rows
    ]
    return {**asdict(table), "rows": rows}


def _cross_values(table: Any) -> dict[str, Any]:
    rows = [
        {**asdict(r), "cells": [{**asdict(c), "percent": c.percent} for c in r.cells]} for r in table.rows
    ]
    return {**asdict(table), "rows": rows}


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
