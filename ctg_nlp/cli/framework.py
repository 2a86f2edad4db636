"""`ctg framework`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.codebook import codebook, differences
from ctg_nlp.framework import Framework
from ctg_nlp.framework_file import load_examples, load_framework
from ctg_nlp.settings import is_home


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
