"""`ctg inductive`."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.framework import print_effects
from ctg_nlp.cli.output import json_option, many, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import CtgError
from ctg_nlp.framework import Code, Dimension, Framework
from ctg_nlp.records import InductiveCode

if TYPE_CHECKING:
    from ctg_nlp.promotion import Promotion

_file = click.Path(dir_okay=False, path_type=Path)


@click.group("inductive")
def inductive_command() -> None:
    """Codes that coders named under "Other": list and merge them, take one into the framework."""


@inductive_command.command("list")
@click.option("--dimension", default="", help="Only this one.")
@click.option("--quotes", is_flag=True, help="With each passage.")
@json_option
@pass_project
def inductive_list(project: Project, dimension: str, quotes: bool, as_json: bool) -> None:
    """List inductive codes by dimension: how many reports (of those that count) and passages have each."""
    from ctg_nlp.inductive import inductive_codes

    with project.store(project.home()) as store:
        found = [c for c in inductive_codes(store) if dimension in ("", c.dimension)]
    if as_json:
        print_json([asdict(c) for c in found])
        return
    rows = [(c.dimension or "-", c.label, c.reports, len(c.memos), _also(c)) for c in found]
    if not rows:
        click.echo("No code is named under “Other”" + (f" in {dimension}." if dimension else " yet."))
        return
    columns = ("Dimension", "Code", "Reports", "Passages", "Also written")
    print_table("Inductive codes", columns, rows, numbers=("Reports", "Passages"))
    for code in found if quotes else ():
        click.echo(f"\n{code.dimension or '-'}: {code.label}")
        for memo in code.memos:
            click.echo(f'  {memo.coder}: "{memo.quote}" {memo.text}'.rstrip())


def _also(code: InductiveCode) -> str:
    return ", ".join(s for s in code.spellings if s != code.label)


@inductive_command.command("merge")
@click.argument("dimension")
@click.argument("labels", nargs=-1, required=True)
@click.option("--into", required=True, help="The name that all of them get.")
@who_option
@json_option
@pass_project
def inductive_merge(
    project: Project, dimension: str, labels: tuple[str, ...], into: str, who: str, as_json: bool
) -> None:
    """Give the codes LABELS of a DIMENSION one name; what each was named before stays in its note."""
    from ctg_nlp.inductive import merge

    home = project.home()
    with project.store(home) as store:
        now = utc_now()
        renamed = merge(store, home.framework, dimension, labels, into, now=now, who=person(who))
    if as_json:
        print_json({"dimension": dimension, "into": into, "renamed": renamed})
        return
    are = "is" if renamed == 1 else "are"
    click.echo(f"{many(renamed, 'passage')} {are} named “{into}” now.")


@inductive_command.command("promote")
@click.argument("dimension")
@click.argument("label")
@click.argument("output", type=_file)
@click.option("--id", "code_id", default="", help="The new code's id; by default made of its label.")
@click.option("--name", default="", help="The new code's label; by default LABEL.")
@click.option("--definition", default="", help="What the code means, so that two coders decide alike.")
@click.option("--version", default="", help="The framework's new version; by default the next number.")
@click.option("--decisions", type=_file, help="Write what coders said by naming it as a file to import.")
@json_option
@pass_project
def inductive_promote(
    project: Project, dimension: str, label: str, output: Path, code_id: str, name: str, definition: str,
    version: str, decisions: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Write a framework to OUTPUT in which the inductive code LABEL of a DIMENSION is a code of its own.

    The home's framework stays as it is, and so do all comments of its file. The new version says in its
    history that the code was split from "other" (or is new), and what the switch would do is told.
    """
    from ctg_nlp.dataset import dataset
    from ctg_nlp.effects import effects
    from ctg_nlp.export.files import whole_file, write_jsonl
    from ctg_nlp.framework_file import framework_text
    from ctg_nlp.inductive import as_decisions, find
    from ctg_nlp.promoting import promoted
    from ctg_nlp.promotion import promotion
    from ctg_nlp.synthesis.cells import Columns

    home = project.home()
    _not_there(output, decisions)
    with project.store(home) as store:
        found = find(store, dimension, label)
        code = Code(code_id or id_of(name or found.label), name or found.label, definition)
        text = framework_text(home.framework_source)
        made = promoted(str(home.framework_source), text, dimension, code, version)
        switch = effects(store, home.framework, made.framework)
        columns = Columns(home.framework, dataset(store, home.framework))
        told = promotion(columns, _dimension(home.framework, dimension), found)
        lines = list(as_decisions(store, found, code.id, made.framework.framework_id))
        if decisions is not None:
            note_export(store, "decisions")
            write_jsonl(decisions, lines)
    with whole_file(output) as file:
        file.write(made.text)
    if as_json:
        plain = {"framework": made.framework.framework_id, "edits": list(made.edits), "named": asdict(told)}
        print_json(plain | {"effects": asdict(switch)})
        return
    click.echo(f"Wrote {output}: {made.framework.framework_id} with {dimension}.{code.id}, “{code.label}”.")
    _say_promotion(found.label, told, made_of=len(found.memos))
    print_effects(switch)
    _say_next(output, decisions, len(lines))


def _dimension(framework: Framework, dimension_id: str) -> Dimension:
    found = framework.dimension(dimension_id)
    assert found is not None, "a code was promoted in it"
    return found


def _say_promotion(label: str, told: Promotion, made_of: int) -> None:
    """How often the code was named, and how much of that its table can count."""
    times = "once" if made_of == 1 else f"{made_of} times"
    reports = f"{many(told.named, 'report')} that count{'s' if told.named == 1 else ''}"
    click.echo(
        f"“{label}” was named {times}, in {reports}. Its table is of the {told.base} {told.among}, "
        f"{told.entering} of which have the name."
    )


def _not_there(*files: Path | None) -> None:
    for file in files:
        if file is not None and file.exists():
            raise CtgError(f"{file} is there already; name a new file, so that nothing is lost.")


def id_of(label: str) -> str:
    """An id made of a label: its words in small letters with underscores. Raises `CtgError` where nothing is
    left of it."""
    made = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:40].strip("_")
    if not made:
        raise CtgError(f"No id can be made of “{label}”; give one with --id.")
    return made


def _say_next(output: Path, decisions: Path | None, lines: int) -> None:
    click.echo(
        f'To switch: write framework = "{output.name}" into ctg.toml (the file beside it), then: ctg run'
    )
    if decisions is not None:
        click.echo(
            f"Then take in the {many(lines, 'line')} of {decisions}, one for each coder and report with the "
            f"name: ctg decisions import {decisions}"
        )
    click.echo(
        "The examples and published tables that the file names must lie beside it, unless they are bundled."
    )
