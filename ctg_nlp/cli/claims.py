"""`ctg claims`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ctg_nlp.cli.output import json_option, print_json, print_table
from ctg_nlp.cli.project import Project, note_export, pass_project

if TYPE_CHECKING:
    from ctg_nlp.claims import Ledger


@click.group("claims")
def claims_command() -> None:
    """The figures in the text of a report, tied to the tables and checked."""


@claims_command.command("check")
@click.argument("narrative", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Also write the ledger as CSV."
)
@json_option
@pass_project
def claims_check(project: Project, narrative: Path | None, output: Path | None, as_json: bool) -> None:
    """Check every claim of the NARRATIVE, by default narrative.md of the home.

    Exits with 1 where a claim is false or cannot be checked, or a number or quantifier is tied to nothing.
    """
    from ctg_nlp.claims import check_file, ledger_lines, write_ledger
    from ctg_nlp.errors import CtgError

    home = project.home()
    path = narrative or home.narrative
    if not path.is_file():
        raise CtgError(f"There is no narrative {path}; write a first one with: ctg claims draft")
    with project.store(home) as store:
        found = check_file(store, home, path)
        if output is not None:
            write_ledger(output, found)
            note_export(store, "claims ledger")
            click.echo(f"Wrote {output}", err=True)
    if as_json:
        untied = [asdict(u) for u in found.untied]
        print_json({"sound": found.sound, "claims": list(ledger_lines(found)), "untied": untied})
    else:
        _say(found)
    if not found.sound:
        sys.exit(1)


def _say(found: Ledger) -> None:
    from ctg_nlp.claims import ledger_lines

    lines = list(ledger_lines(found))
    rows = [(x["line"], x["text"], x["query"], x["value"], x["verdict"], x["why"]) for x in lines]
    print_table("Claims", ("Line", "Text", "Query", "Now", "Found", "Why"), rows, ("Line",))
    if found.untied:
        click.echo()
        rest = [(u.line, u.text, u.kind, u.around) for u in found.untied]
        print_table("Tied to nothing", ("Line", "Text", "What it is", "Where"), rest, ("Line",))
    click.echo(
        f"\n{len(lines)} claims, {sum(x['verdict'] == 'true' for x in lines)} true; "
        f"{len(found.untied)} numbers or quantifiers tied to nothing. What queries can say: docs/claims.md."
    )


@claims_command.command("draft")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it; by default narrative.md of the home. - prints it.",
)  # fmt: skip
@pass_project
def claims_draft(project: Project, output: Path | None) -> None:
    """Write a first narrative with the figures of the tables as they are now, each tied to its cell."""
    from ctg_nlp.claim_draft import draft
    from ctg_nlp.errors import CtgError
    from ctg_nlp.export.files import whole_file

    home = project.home()
    path = output or home.narrative
    to_terminal = str(path) == "-"
    if not to_terminal and path.exists():
        raise CtgError(f"{path} is there already and is left alone; give another with -o, or - to print.")
    with project.store(home) as store:
        text = draft(store, home)
    if to_terminal:
        click.echo(text, nl=False)
        return
    with whole_file(path) as file:
        file.write(text)
    click.echo(f"Wrote {path}. Check it at any time with: ctg claims check", err=True)


@claims_command.command("words")
@json_option
@pass_project
def claims_words(project: Project, as_json: bool) -> None:
    """The quantifiers that are known, with the bounds that each stands for."""
    from ctg_nlp.claims import quantifiers

    words = {name: str(bounds) for name, bounds in quantifiers(project.home()).items()}
    if as_json:
        print_json(words)
    else:
        print_table("", ("Word", "Per cent of reports"), list(words.items()))
