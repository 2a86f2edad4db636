"""`ctg db`."""

from __future__ import annotations

import click

from ctg_nlp.cli.output import json_option, print_json
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.store.database import upgrade


@click.group("db")
def db_command() -> None:
    """Look after the database."""


@db_command.command("upgrade")
@json_option
@pass_project
def db_upgrade(project: Project, as_json: bool) -> None:
    """Bring the database to the schema of this version; data is kept."""
    before, after = upgrade(project.home().database)
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        click.echo(f"The database has schema {after} already. Nothing was changed.")
    else:
        click.echo(f"The database was brought from {before or 'empty'} to schema {after}.")
