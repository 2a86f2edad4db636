"""`ctg db`."""

from __future__ import annotations

import click

from ctg_nlp.cli.output import json_option, print_json
from ctg_nlp.cli.project import Project, pass_project
from ctg_nlp.store.database import address_shown, upgrade


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


@db_command.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
def db_copy(source: str, target: str, as_json: bool) -> None:
    """Copy a database into another, empty one, SQLite or PostgreSQL, and compare both.

    FROM and TO are addresses, as sqlite:///ctg.sqlite or postgresql+psycopg://user@host/name. What is stored
    in FROM while this runs is not copied: stop runs and the review page first when you move for good.
    """
    from ctg_nlp.store.transfer import copy

    copied = copy(source, target)
    rows = sum(t.rows for t in copied.values())
    if as_json:
        print_json({name: {"rows": t.rows, "checksum": t.checksum} for name, t in copied.items()})
        return
    click.echo(
        f"{rows} rows of {len(copied)} tables were copied to {address_shown(target)}; counts and checksums "
        "of every table are the same there."
    )
    click.echo("To use it, name it as `database` in ctg.toml.")
