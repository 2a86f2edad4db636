"""`ctg doctor`."""

from __future__ import annotations

from dataclasses import asdict

import click

from ctg_nlp.cli.output import json_option, many, print_json
from ctg_nlp.cli.project import Project, pass_project, person
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import Unsound


@click.command("doctor")
@click.option(
    "--verify", is_flag=True, help="Read every submitted file again, also where size and time are known."
)
@click.option(
    "--mend", is_flag=True, help="Count anew what is derived, and delete leftovers of killed programs."
)
@json_option
@pass_project
def doctor_command(project: Project, verify: bool, mend: bool, as_json: bool) -> None:
    """Whether database, files, models, framework and audit log fit together, with the cure of each fault."""
    from ctg_nlp.doctor import examine

    tell = (lambda part: None) if as_json else (lambda part: click.echo(f"Looking at {part} …", err=True))
    found = examine(project.root, now=utc_now(), verify=verify, mend=mend, who=person(""), progress=tell)
    left = [f for f in found if not f.mended]
    if as_json:
        print_json({"sound": not left, "findings": [asdict(f) for f in found]})
    else:
        for finding in found:
            click.echo(f"{finding.part}: {finding.what}\n    {finding.cure}")
        if not left:
            click.echo("All is well." if not found else "All else is well.")
    if left:
        raise Unsound(f"{many(len(left), 'finding')}: not all is as it should be; each has its cure.")
