"""`ctg framework`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.codebook import codebook, differences
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.settings import is_home

if TYPE_CHECKING:
    from ctg_nlp.effects import Effects
    from ctg_nlp.worklist import ToDo


@click.group("framework")
def framework_command() -> None:
    """Check, show, compare and print a framework."""


def _framework(project: Project, source: str) -> Framework:
    return load_framework(_source(project, source))


def _source(project: Project, source: str) -> str | Path:
    """The framework that was named; else the home's, else the bundled one."""
    return source or (project.home().framework_source if is_home(project.root) else "ctg")


@framework_command.command("check")
@click.argument("source", default="")
@json_option
@pass_project
def framework_check(project: Project, source: str, as_json: bool) -> None:
    """Say whether the framework SOURCE (a path or a bundled id; by default the home's) keeps all rules."""
    from ctg_nlp.suggest.propose import Proposer

    framework = _framework(project, source)
    model = Proposer(framework).model_id  # compiles every cue, so a wrong one is told here
    examples = len(load_examples(_source(project, source), framework))
    dimensions, codes = len(framework.dimensions), sum(len(d.codes) for d in framework.dimensions)
    if as_json:
        values = {"dimensions": dimensions, "codes": codes, "examples": examples}
        print_json({"framework": framework.framework_id, **values})
        return
    click.echo(
        f"{framework.framework_id} is valid: {dimensions} dimensions, {codes} codes, {examples} examples "
        f"({model})."
    )


@framework_command.command("show")
@click.argument("source", default="")
@json_option
@pass_project
def framework_show(project: Project, source: str, as_json: bool) -> None:
    """List the dimensions and codes of a framework, as dimension.code."""
    framework = _framework(project, source)
    if as_json:
        print_json(asdict(framework))
        return
    rows: list[tuple[str, str, str]] = []
    for d in framework.dimensions:
        rows.append((d.id, d.kind, f"{d.title} ({d.stage}{f', table {d.table}' if d.table else ''})"))
        rows += [(f"{d.id}.{c.id}", "", c.label) for c in d.codes]
    print_table(framework.title, ("id", "kind", "label"), rows)


@framework_command.command("diff")
@click.argument("old")
@click.argument("new")
@json_option
def framework_diff(old: str, new: str, as_json: bool) -> None:
    """Say what changed from the framework OLD to NEW (paths or bundled ids)."""
    changes = differences(load_framework(old), load_framework(new))
    if as_json:
        print_json(list(changes))
        return
    for change in changes:
        click.echo(change)
    click.echo(f"{len(changes)} differences.")


@framework_command.command("print")
@click.argument("source", default="")
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@pass_project
def framework_print(project: Project, source: str, output: Path | None) -> None:
    """A codebook for coders, in Markdown: every code with its definition and what counts."""
    from ctg_nlp.export.files import whole_file

    text = codebook(_framework(project, source))
    if output is None:
        click.echo(text)
        return
    with whole_file(output) as file:
        file.write(text + "\n")
    click.echo(f"Wrote {output}")


@framework_command.command("effects")
@click.argument("new")
@json_option
@pass_project
def framework_effects(project: Project, new: str, as_json: bool) -> None:
    """Say what the framework NEW would do in place of the home's: to decisions, and to figures of tables."""
    from ctg_nlp.effects import effects

    home = project.home()
    with project.store(home) as store:
        found = effects(store, home.framework, load_framework(new))
    if as_json:
        print_json(asdict(found))
        return
    print_effects(found)


def print_effects(found: Effects) -> None:
    """What a switch to another framework would do, as tables."""
    click.echo(f"{found.old} would become {found.new}. Nothing was changed.")
    for edit in found.edits:
        click.echo(f"  {edit}")
    for warning in found.warnings:
        click.echo(f"  not told in the history: {warning}")
    for said in found.orphaned:
        click.echo(f"  would lose its place: {said}")
    click.echo(f"To look at again: {_codes_in(found.decisions, len(found.worklist))}{_of_sample(found)}.")
    _print_worklist(found.worklist)
    columns = (
        "",
        f"In {found.rebuild_id or 'no rebuild'}",
        "Now",
        "After",
        "At least",
        "At most",
        "Published",
    )
    rows = [
        (
            f"{c.table}.{c.row}" + (f", {c.part}" if c.part else ""),
            *("-" if n is None else n for n in (c.last, c.now, c.after)),
            c.low,
            c.high,
            ", ".join(f"{n} in {release}" for release, n in c.published),
        )
        for c in found.cells
    ]
    print_table("Cells that move or can move", columns, rows, numbers=columns[1:-1])


def _codes_in(codes: int, reports: int) -> str:
    return f"{codes} code{'' if codes == 1 else 's'} in {reports} report{'' if reports == 1 else 's'}"


def _of_sample(found: Effects) -> str:
    """How many of the reports to look at again tables of the second stage are of."""
    if found.sampled is None or not found.worklist:
        return ""
    return f" ({found.sampled} of these of the selected sample)"


@framework_command.command("worklist")
@json_option
@pass_project
def framework_worklist(project: Project, as_json: bool) -> None:
    """List what edits of the framework left open in reports that have decisions; the queue has it too."""
    from ctg_nlp.worklist import to_look_at_again

    home = project.home()
    with project.store(home) as store:
        found = to_look_at_again(store, home.framework)
    if as_json:
        print_json([asdict(w) for w in found])
        return
    click.echo(f"To look at again: {_codes_in(sum(len(w.codes) for w in found), len(found))}.")
    _print_worklist(found)


def _print_worklist(found: Sequence[ToDo]) -> None:
    if found:
        rows = [(w.report, w.group_id, ", ".join(w.codes)) for w in found]
        print_table("", ("Report", "Group", "Codes"), rows)
