"""`ctg backup` and `ctg restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ctg_nlp.cli.output import json_option, print_json, program, typed
from ctg_nlp.cli.project import Project, pass_project, person, who_option
from ctg_nlp.clock import utc_now
from ctg_nlp.errors import RunIncomplete

_path = click.Path(path_type=Path)


@click.command("backup")
@click.argument("file", type=_path)
@click.option(
    "--without-raw", is_flag=True, help="Leave out the submitted files, which are backed up elsewhere."
)
@json_option
@pass_project
def backup_command(project: Project, file: Path, without_raw: bool, as_json: bool) -> None:
    """Write a backup of the project to FILE: database, settings, framework, models, exports, submitted files.

    Runs and the review page may go on meanwhile. The file holds all that is confidential in the project.
    """
    from ctg_nlp.backup import make_backup

    made = make_backup(project.home(), file, now=utc_now(), who=person(""), raw=not without_raw)
    if as_json:
        print_json({**asdict(made), "path": str(made.path)})
    else:
        click.echo(f"{made.path}: {made.files} files and {made.rows} rows of the database, "
                   f"{made.bytes / 1e6:.1f} MB.")  # fmt: skip
        click.echo(f"Check it with: {program()} restore {typed(made.path)} --check")
    if made.outside:
        said = "1 report was" if made.outside == 1 else f"{made.outside} reports were"
        click.echo(
            f"{said} read from outside the project, and what was submitted is not in the backup.",
            err=True,
        )
    if made.gone:
        shown = ", ".join(r[:12] for r in made.gone[:5])
        of = "file of 1 report" if len(made.gone) == 1 else f"files of {len(made.gone)} reports"
        click.echo(
            f"The {of} ({shown}): no more where submitted, and not in the backup. What to do: ctg doctor",
            err=True,
        )
    if made.strange:
        click.echo(
            f"The database also holds {', '.join(made.strange)}, which are none of ctg_nlp's: back them up "
            "by means of your own.",
            err=True,
        )
    if made.left_out:
        said = "; ".join(f"{name}: {why}" for name, why in made.left_out[:10])
        raise RunIncomplete(
            f"The backup was made without {len(made.left_out)} files or folders ({said}). "
            "Make another when that is mended."
        )


@click.command("restore")
@click.argument("file", type=_path)
@click.argument("home", required=False, type=_path)
@click.option("--check", is_flag=True, help="Only read all of the backup and say whether it is whole.")
@click.option(
    "--database", default="", help="Put the database into this empty one instead of HOME/ctg.sqlite."
)
@click.option("--replace", is_flag=True, help="Move aside what is in HOME, and keep it.")
@who_option
@json_option
def restore_command(
    file: Path, home: Path | None, check: bool, database: str, replace: bool, who: str, as_json: bool
) -> None:
    """Make the project at HOME again from a backup. Everything is checked before anything is replaced."""
    from ctg_nlp.restore import check_backup, restore

    if check:
        made_at, files, rows = check_backup(file)
        if as_json:
            print_json({"made_at": made_at, "files": files, "rows": rows})
        else:
            click.echo(
                f"{file} is whole: {files} files, {rows} rows of the database, made {made_at[:16]} UTC."
            )
        return
    if home is None:
        raise click.UsageError("Name the folder to restore to, or say --check.")
    done = restore(file, home, now=utc_now(), who=person(who), database=database, replace=replace)
    if as_json:
        print_json({**asdict(done), "home": str(done.home), "moved": str(done.moved or "")})
        return
    ctg = f"{program()} --home {typed(done.home)}"
    click.echo(f"{done.home} is as it was on {done.made_at[:16]} UTC: {done.files} files, {done.rows} rows.")
    if done.moved:
        click.echo(f"What was there before lies in {done.moved}; delete it when you are sure.")
    if done.broken_log:
        click.echo(f"The audit log in the backup is {done.broken_log}. See: {ctg} audit verify", err=True)
    if done.strange:
        click.echo(
            f"The tables {', '.join(done.strange)} of the backup are none of ctg_nlp's, and were not looked "
            "at.",
            err=True,
        )
    if done.erased is None and done.moved:
        click.echo(
            "The database that was there cannot be read, so nobody can tell which reports were erased since: "
            "they are in it again. Compare with your own list; withdraw and erase them once more.",
            err=True,
        )
    if done.erased:
        click.echo(
            f"{len(done.erased)} reports that were erased since are in it again. Withdraw and erase them "
            f"once more, and delete the backup when you can: {', '.join(r[:12] for r in done.erased)}",
            err=True,
        )
    click.echo("Everybody has to log in again.")
    click.echo(f"See that all is well with: {ctg} doctor")
